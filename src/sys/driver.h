// SPDX-License-Identifier: MIT
#pragma once

#include "core/inventory.h"
#include "sys/root.h"

namespace vfio_early {

// The name of the driver that a device is bound to now, empty where there is none. An error where that cannot
// be read.
Result<DriverName> bound_driver(Root const&, Address const&);

// The driver_override of a device, empty where none is set.
Result<DriverName> read_override(Root const&, Address const&);

// True if it is certain that the device is bound to this driver.
bool is_bound_to(Root const&, Address const&, std::string_view driver);

// Unbinds a device from a driver, which may be just being bound.
Result<void> unbind(Root const&, Address const&, std::string_view driver);

} // namespace vfio_early
