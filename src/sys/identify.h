// SPDX-License-Identifier: MIT
#pragma once

#include "core/facts.h"
#include "sys/root.h"

namespace vfio_early {

// Where a device sits, from its link in sysfs. Nothing where that cannot be read.
std::optional<Slot> read_slot(Root const&, Address const&);

// The root bus that was looked for last, and what it is now: most slots of a machine are below one.
struct RootBusSought {
    std::optional<RootBus> wanted = {};
    std::optional<RootBus> found = {};
};

// Where a function in this slot is, or would be, by the bus numbers of now. Nothing where a bridge on the way
// is missing.
std::optional<Address> find_slot(Root const&, Slot const&, RootBusSought& last);

// The serial number of a device, or of function 0 of its card, which the other functions share. Needs
// privileges: without them there is none.
std::optional<uint64_t> read_serial(Root const&, Address);

// True where the kernel shows the first 64 bytes of the configuration space and no more, as it does to all
// but root (pci_read_config() in drivers/pci/pci-sysfs.c): no capability can be read.
bool is_config_cut(Root const&, Address const&);

// True for a virtual function of SR-IOV, which comes and goes with its physical function.
bool is_virtual_function(Root const&, Address const&);

// What a device is, to be recorded. Nothing where it cannot be read.
std::optional<Identity> identify(Root const&, Address const&);

} // namespace vfio_early
