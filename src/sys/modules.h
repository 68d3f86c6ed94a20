// SPDX-License-Identifier: MIT
#pragma once

#include "core/session.h"
#include "sys/root.h"

namespace vfio_early {

// True when the driver is there, built in or loaded. This, and never an exit status of modprobe, says whether
// loading worked: with a blacklist in force modprobe returns 0 and loads nothing.
bool has_driver(Root const&, Target);

// Loads the modules that the targets of the plan need and that are not there, with one call of kmod's
// modprobe. The last line that modprobe writes goes to the session's loader_message.
void load_drivers(Root const&, Session&);

// Loads the driver of a virtio-iommu if the machine has one that is not in use yet: without the driver there
// are no groups.
void load_iommu_driver(Root const&);

// True when modprobe would find the driver. Loads nothing.
bool could_load_driver(Root const&, Target);

} // namespace vfio_early
