#pragma once

#include "core/config.h"
#include "core/inventory.h"
#include "sys/root.h"

namespace vfio_early {

// Reads from sysfs what the configuration can mean, and no more: an address costs its own device and the
// members of its group, an id costs one file a device. Devices that are not there are left out; what cannot
// be read is in the inventory as unreadable.
void scan(Root const&, Config const&, Inventory&);

// Reads what the machine has to isolate devices with, which scan() does too.
void scan_iommu(Root const&, Inventory&);

// Reads the group that appeared when a driver bound to the device, with all its members.
void rescan_group(Root const&, Inventory&, DeviceIndex);

// Reads the functions of the card at this address that are not in the inventory yet.
void scan_card(Root const&, Inventory&, Address);

// What the `uevent` of a device says, with one read: class, id, subsystem, driver.
Device read_device(Root const&, Address);

// The name of the driver that a device is bound to now, empty where there is none.
DriverName bound_driver(Root const&, Address);

Path device_path(Address, std::string_view attribute);

} // namespace vfio_early
