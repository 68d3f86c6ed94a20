// SPDX-License-Identifier: MIT
#pragma once

#include "core/session.h"
#include "sys/root.h"

namespace vfio_early {

// True when the driver is there, built in or loaded. This, and never an exit status of modprobe, says whether
// loading worked: with a blacklist in force modprobe returns 0 and loads nothing.
bool has_driver(Root const&, Target);

// Loads the drivers that the plan needs and that are not there, each with a call of kmod's modprobe that
// gives it an empty ids= and runs no 'install' line: so nothing is taken that no line selects. How that went
// is in the session's `loading`.
void load_drivers(Root const&, Session&);

// Loads the modules of the host that drive this device, as udev would: by its modalias, and none that is
// blacklisted.
void load_host_driver(Root const&, Address const&);

// Loads the driver of a virtio-iommu if the machine has one that is not in use yet: without the driver there
// are no groups.
void load_iommu_driver(Root const&);

// False where the driver could not be loaded: the kernel that is asked about does not have it, as its lists
// of modules say, or would not take it. Whether we would load it, and whether that is unknown, is in the
// session's `loading`. Runs nothing.
bool could_load_driver(Root const&, Session&, Target);

// The kernel whose modules count: the one that is named, the one that runs, or below another root the only
// one. Empty where that is not known.
KernelVersion find_kernel(Root const&, KernelVersion const& named);

// True where the lists of this kernel's modules say that it has the driver built in.
bool is_built_in(Root const&, KernelVersion const&, Target);

// True when the driver is there and was loaded as a module: then the next boot loads it anew.
bool is_loaded_module(Root const&, Target);

} // namespace vfio_early
