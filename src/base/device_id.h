// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vfio_early {

// The model of a device, VENDOR:DEVICE. The same shape names a subsystem, SUBVENDOR:SUBDEVICE.
struct DeviceId {
    uint16_t vendor = 0;
    uint16_t device = 0;

    bool operator==(DeviceId const&) const = default;
};

// The whole text must be four hexadecimal digits, a colon and four hexadecimal digits; otherwise nothing is
// returned.
std::optional<DeviceId> parse_device_id(std::string_view text);

} // namespace vfio_early
