// SPDX-License-Identifier: MIT
#pragma once

#include "core/config_space.h"
#include "core/inventory.h"

namespace vfio_early {

// Why a device shares its IOMMU group. The groups are the answer, and not the capabilities of the bridges:
// the kernel goes up from a device to the topmost bridge that does not isolate (pci_device_group() in
// drivers/iommu/iommu.c), asks its quirks first whether one does (pci_dev_specific_acs_enabled() in
// drivers/pci/quirks.c), and shows the result of that alone.
struct Why {
    Inventory const* inventory = nullptr;
    Device const* device = nullptr;
    DeviceIndices members = {}; // the others of its group, by address
    // What joins the device with others: the topmost bridge above it that is in its group, or itself. nullptr
    // where nothing is seen that does.
    Device const* joint = nullptr;
    // The bridge above the joint, where isolation begins; nullptr on a root bus.
    Device const* boundary = nullptr;
    // The topmost bridge that makes one requester id of all that is below, of those from the device up to the
    // joint; nullptr for none.
    Device const* requester = nullptr;
    // Another card than the device, or than one of a bridge's, is in the group.
    bool is_shared = false;
    // Other ports where it would not share its group, as far as can be seen: they are alone with what is
    // below. None where no other place helps.
    DeviceIndices places = {};

    // What config space says, for who may read it.
    Isolation joint_isolation = {};
    Isolation boundary_isolation = {};
    // The SMBIOS tables, which outlive this; empty for who may not read them.
    std::string_view board = {};
};

// What ties a member of the group to the device.
enum class Tie : uint8_t { Behind, Function, RequesterId, Unknown };

// Fills in all but what config space and SMBIOS say.
void find_why(Inventory const&, Device const&, Why&);

Tie tie_of(Why const&, Device const& member);

void write_why(Sink&, Why const&);
void write_why_json(Sink&, Why const&);

} // namespace vfio_early
