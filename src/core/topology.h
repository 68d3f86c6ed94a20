// SPDX-License-Identifier: MIT
#pragma once

#include "base/function_ref.h"
#include "core/inventory.h"

namespace vfio_early {

// How the functions of a machine hang together, by the numbers of the buses below its bridges.

// Those that are wanted, by address.
DeviceIndices find_devices(Inventory const&, FunctionRef<bool(Device const&)> is_wanted);

// True if both are in one group.
bool is_peer(Device const&, Device const&);

// True if the function is somewhere below the bridge. A virtual function can be on a bus of its own, which no
// bridge leads to, within the range of the bridge above (virtfn_add_bus() in drivers/pci/iov.c).
bool is_below(Address, Device const& bridge);

// The bridge that leads to the function's bus; nullptr on a root bus.
Device const* bridge_above(Inventory const&, Address);

// True if a conventional bus begins at this bridge: it, or a function right below, is not PCI Express. All
// that is below uses one requester id, which belongs to the bridge (pci_for_each_dma_alias() in
// drivers/pci/search.c).
bool begins_conventional_bus(Inventory const&, Device const& bridge);

} // namespace vfio_early
