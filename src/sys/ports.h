// SPDX-License-Identifier: MIT
#pragma once

#include "core/why.h"
#include "sys/root.h"

namespace vfio_early {

// Whether each function is PCI Express: only those have a `max_link_speed` (pcie_dev_attrs_are_visible() in
// drivers/pci/pci-sysfs.c). Anyone may read that, unlike the capabilities.
void read_kinds(Root const&, Inventory&);

// What only root can read: the capabilities of the joint and the boundary, and the firmware's table of slots.
// Ports that say that they have no slot are taken from the places.
void read_details(Root const&, Why&);

} // namespace vfio_early
