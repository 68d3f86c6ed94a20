// SPDX-License-Identifier: MIT
#pragma once

#include "core/decision.h"

namespace vfio_early {

// What drives ports of PCI Express, and the hotplug controllers of conventional bridges
// (drivers/pci/pcie/portdrv.c, drivers/pci/hotplug/shpchp_core.c).
inline constexpr std::string_view port_driver = "pcieport";
inline constexpr std::string_view hotplug_driver = "shpchp";

// Whether the kernel, now or once host drivers have loaded, would let a guest have a group in which this peer
// is neither listed nor parked. "It has no driver now" says nothing in the initramfs: the driver comes later.
//
// What the kernel enforces: vfio_dev_viable() in drivers/vfio/vfio.c up to 5.18; from 5.19 on
// iommu_group_claim_dma_owner() in drivers/iommu/iommu.c, where every driver without driver_managed_dma
// counts.
//  - a bridge (header type 1 or 2) is never given away and does not count, whatever drives it now
//  - a host bridge, AMD's dummy ones among them, does not count either: nothing drives it in the initramfs,
//    and what does later can be kept away from it
//  - what is on vfio-pci or pci-stub now and not listed counts: nothing says that the next boot puts it there
bool stands_in_the_way(Device const& peer);

// Members of a group that stand in the way and that no entry selects, by address.
DeviceIndices peers_in_the_way(uint32_t group, Plan const&, Inventory const&);

// Listed members of a group that were refused or failed for a reason of their own, in the plan's order.
DeviceIndices refused_members(uint32_t group, Plan const&, Inventory const&);

// Refuses what shares its group with the host, and then what shares its group with a refused device. Called
// once for each plan, and again when a group has appeared that was not there before or a member could not be
// bound.
void refuse_unviable_groups(Plan&, Inventory const&);

// The second of these two: refuses the rest of every group in which a device was refused or failed.
void refuse_rest_of_groups(Plan&, Inventory const&);

// The first device of this group that is bound to vfio-pci, or would be; nullptr where guests get none of it.
Decision const* first_for_guests(uint32_t group, Plan const&, Inventory const&);

// The member has a driver that the kernel does not let a guest have its group beside: every one that is not
// pcieport, pci-stub, vfio-pci or another of VFIO's (those with driver_managed_dma, see above).
bool has_host_driver(Device const&);

// A bridge or host bridge with a driver that is not pcieport. From 5.19 on the kernel has no exception for
// header types: it makes the whole group non-viable until it is unbound. The devices are bound all the same
// (the bridge can be freed later without a reboot, they cannot).
bool has_troublesome_driver(Device const&);

// Functions of the chipset that the host cannot do without (include/linux/pci_ids.h), where giving one to
// pci-stub would be bad advice. Intel's chipsets have theirs at 0000:00:1f.
bool is_platform_part(Device const&);

// These, and what no guest has a use for: memory controllers and system peripherals (base classes 05 and 08),
// signal processing such as thermal sensors (11), and functions that are there for the others (13).
bool is_board_part(Device const&);

// A bridge that shpchp drives, or comes to drive when it is loaded. It is taken from it, because it can be
// given back at any time: shpchp frees the slots that it manages, and switches no power.
bool is_for_shpchp(Device const&);

} // namespace vfio_early
