// SPDX-License-Identifier: MIT
#pragma once

#include "core/inventory.h"

#include <string_view>

namespace vfio_early {

// The name that is printed beside a slot of the board, such as 'PCIEX16_1', by the table of the firmware
// (/sys/firmware/dmi/tables/DMI; System Slots, type 9 of the SMBIOS specification). Firmware gives a slot the
// address of its port, or of what is in it. Empty where the table does not have it.
std::string_view slot_name(std::string_view table, Device const& port);

} // namespace vfio_early
