// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace vfio_early {

// Where a PCI function is. Linux prints it as DDDD:BB:DD.F; a domain can have more than four digits (Intel
// VMD: 10000:). Limits of device and function: PCI_SLOT and PCI_FUNC in include/uapi/linux/pci.h.
struct Address {
    uint32_t domain = 0;
    uint8_t bus = 0;
    uint8_t device = 0;
    uint8_t function = 0;

    auto operator<=>(Address const&) const = default;
};

constexpr uint8_t max_device_number = 0x1f;
constexpr uint8_t functions_per_device = 8;

// Functions of one device, which is a card, or a part of the board.
constexpr bool is_same_card(Address const& one, Address const& other)
{
    return one.domain == other.domain && one.bus == other.bus && one.device == other.device;
}

// The whole text must be an address as sysfs writes it, DOMAIN:BUS:DEV.FN; otherwise nothing is returned.
std::optional<Address> parse_address(std::string_view text);

} // namespace vfio_early
