// SPDX-License-Identifier: MIT
#include "base/address.h"

#include "base/text.h"

namespace vfio_early {

std::optional<Address> parse_address(std::string_view text)
{
    auto const domain = parse_hex(take_until(text, ':'), 8);
    auto const bus = parse_hex(take_until(text, ':'), 2);
    auto const device = parse_hex(take_until(text, '.'), 2);
    auto const function = parse_hex(text, 1);
    if (!domain || !bus || !device || !function)
        return {};
    if (*device > max_device_number || *function >= functions_per_device)
        return {};
    return Address{
        *domain, static_cast<uint8_t>(*bus), static_cast<uint8_t>(*device), static_cast<uint8_t>(*function)};
}

} // namespace vfio_early
