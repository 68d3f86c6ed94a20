// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.h"
#include "base/device_id.h"
#include "base/fixed_string.h"
#include "base/fixed_vector.h"
#include "core/limits.h"

namespace vfio_early {

// The layout of a function's configuration space, byte 0x0e without its multifunction bit
// (PCI_HEADER_TYPE and PCI_HEADER_TYPE_MASK, include/uapi/linux/pci_regs.h).
// Endpoints have Normal, and so do host bridges.
enum class HeaderType : uint8_t { Normal = 0, Bridge = 1, CardBus = 2, Unknown = 0x7f };

// A longer name is cut. That does no harm: it is shown, and compared only with names that are shorter than
// the limit, which a cut name never equals.
using DriverName = FixedString<max_driver_name_bytes>;

// One PCI function as sysfs showed it.
struct Device {
    Address address;
    DeviceId id;
    DeviceId subsystem;
    uint32_t class_code = 0; // base class, sub-class and programming interface, one byte each
    HeaderType header = HeaderType::Unknown;
    DriverName driver; // empty when no driver is bound
    std::optional<uint32_t> group;
    std::optional<uint8_t> secondary_bus; // bridges only
    uint8_t last_bus = 0; // bridges only: the last of the buses below
    bool is_express = false; // read only where the whole machine is
    bool has_hotplug_controller = false; // bridges only: of the standard kind, which shpchp drives
    std::optional<uint64_t> serial; // read only where it is compared with a remembered one
    bool is_boot_display = false; // the firmware booted on it
    bool may_be_boot_display = false; // as not all that tells could be read
    bool is_in_its_group = false; // its group lists it
    // Its `uevent` was read: id, subsystem and class are known.
    bool is_identified = false;
    // False when any attribute was missing or invalid: nothing that it says is to be relied on.
    bool is_readable = false;
};

// Class codes without the programming interface (include/linux/pci_ids.h).
constexpr uint32_t class_host_bridge = 0x0600;
constexpr uint32_t class_pci_bridge = 0x0604;
constexpr uint32_t class_cardbus_bridge = 0x0607;

bool is_host_bridge(Device const&);
bool is_display(Device const&);

// A function that can be given away: header type 0 and not a host bridge.
bool is_endpoint(Device const&);

// An IOMMU group that some device of the inventory belongs to.
struct Group {
    uint32_t number = 0;
    bool is_no_iommu = false; // VFIO's no-IOMMU mode
    bool is_readable = true; // false when its members could not be listed
    // Members that are not PCI functions, such as platform devices; they count as peers like any other. Their
    // names are only shown, so cutting one does no harm.
    FixedVector<FixedString<max_member_name_bytes>, max_other_members> others = {};
    uint32_t others_left_out = 0; // of these, as they did not fit
    // Whether the kernel lets guests use it, as it was asked after binding; nothing where it did not say.
    std::optional<bool> is_viable = {};
    // Whether a guest has it while it is undone; nothing where that was not asked so far.
    std::optional<bool> has_guest = {};
};

// The state of the machine's IOMMU.
enum class Iommu {
    Absent,
    On,
    OffInKernel, // the firmware describes one, and the kernel does not use it
    NoDriver, // the machine has a virtio-iommu, and its module is not loaded
    OffInFirmware, // the processor is of a kind that has one, and the firmware describes none
};

using DeviceIndex = uint16_t;
using DeviceIndices = FixedVector<DeviceIndex, max_devices>;

// What was read of the machine: the devices that the configuration can mean, and all members of their groups.
// An index into `devices` stays valid, because devices are only ever added.
struct Inventory {
    Iommu iommu = Iommu::Absent;
    // This kind of IOMMU gives a device its group only when a driver binds to it (SMMUv3 and virtio-iommu
    // before Linux 6.15 or so).
    bool groups_appear_late = false;
    // pcie_acs_override= is on the kernel command line.
    bool acs_is_overridden = false;

    // More devices were selected, or share a group with them, than fit: nothing can be decided.
    bool is_overfull = false;

    // There is no /sys/bus/pci: nothing can be found, and not because it is not there.
    bool has_no_sysfs = false;

    // Not all devices could be listed: one that was not may have the id that a line names.
    bool is_incomplete = false;

    FixedVector<Device, max_devices> devices;
    FixedVector<Group, max_devices> groups;

    std::optional<DeviceIndex> find(Address const&) const;
    Group const* find_group(std::optional<uint32_t> number) const;
    void sort_by_address(DeviceIndices&) const;

    // All devices by group and then by address; those without a group last.
    DeviceIndices by_group() const;
};

} // namespace vfio_early
