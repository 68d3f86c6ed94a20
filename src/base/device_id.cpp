// SPDX-License-Identifier: MIT
#include "base/device_id.h"

#include "base/text.h"

namespace vfio_early {

std::optional<DeviceId> parse_device_id(std::string_view text)
{
    if (text.size() != 9 || text[4] != ':')
        return {};
    auto const vendor = parse_hex(slice(text, 0, 4), 4);
    auto const device = parse_hex(slice(text, 5), 4);
    if (!vendor || !device)
        return {};
    return DeviceId{static_cast<uint16_t>(*vendor), static_cast<uint16_t>(*device)};
}

} // namespace vfio_early
