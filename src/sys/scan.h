// SPDX-License-Identifier: MIT
#pragma once

#include "core/config.h"
#include "core/facts.h"
#include "core/inventory.h"
#include "sys/root.h"

namespace vfio_early {

// Reads from sysfs what the configuration can mean, and no more: an address costs its own device and the
// members of its group, an id costs one file per device. Devices that are not there are left out; what cannot
// be read is in the inventory as unreadable.
void scan(Root const&, Config const&, Facts&, Inventory&);

// Reads every device of the machine that fits, and all groups.
void scan_all(Root const&, Facts&, Inventory&);

// Reads the state of the machine's IOMMU, which scan() does too.
void scan_iommu(Root const&, Inventory&);

// Reads the group that appeared when a driver bound to the device, with all its members.
void rescan_group(Root const&, Inventory&, DeviceIndex);

// Reads one device into the inventory, where it is not there yet. Nothing where there is none at this
// address.
std::optional<DeviceIndex> scan_device(Root const&, Inventory&, Address const&);

// Reads the functions of the card at this address that are not in the inventory yet.
void scan_card(Root const&, Inventory&, Address);

// What the `uevent` of a device says, with one read: class, id, subsystem, driver.
Device read_device(Root const&, Address const&);

// The number of the bus below a bridge. Nothing where it is none, or was not set up.
std::optional<uint8_t> read_secondary_bus(Root const&, Address const&);

// The text of /proc/iomem, until it is read again.
Result<std::string_view> read_iomem(Root const&);

Path device_path(Address const&, std::string_view attribute);

} // namespace vfio_early
