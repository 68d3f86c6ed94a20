#pragma once

#include "core/config.h"
#include "core/inventory.h"
#include "sys/root.h"

namespace vfio_early {

// Reads from sysfs what the configuration can mean, and no more: an address costs its own device and the
// members of its group, an id costs one file a device. Devices that are not there are left out; what cannot
// be read is in the inventory as unreadable.
void scan(Root const&, Config const&, Inventory&);

// Reads a device's group, with all members, into the inventory again: some groups appear only when a driver
// binds.
void rescan_group(Root const&, Inventory&, DeviceIndex);

// The name of the driver that a device is bound to now, empty where there is none.
FixedString<31> bound_driver(Root const&, Address);

Path device_path(Address, std::string_view attribute);

} // namespace vfio_early
