// SPDX-License-Identifier: MIT
#include "core/inventory.h"

#include <utility>

namespace vfio_early {

bool is_host_bridge(Device const& device)
{
    return device.class_code >> 8 == class_host_bridge && device.header == HeaderType::Normal;
}

bool is_display(Device const& device)
{
    constexpr uint32_t base_class_display = 0x03;
    return device.class_code >> 16 == base_class_display;
}

bool is_endpoint(Device const& device)
{
    return device.header == HeaderType::Normal && !is_host_bridge(device);
}

std::optional<DeviceIndex> Inventory::find(Address const& address) const
{
    for (size_t i = 0; i < devices.size(); ++i) {
        if (devices[i].address == address)
            return static_cast<DeviceIndex>(i);
    }
    return {};
}

Group const* Inventory::find_group(std::optional<uint32_t> number) const
{
    for (auto const& group : groups) {
        if (group.number == number)
            return &group;
    }
    return nullptr;
}

void Inventory::sort_by_address(DeviceIndices& indices) const
{
    auto const is_before = [this](DeviceIndex left, DeviceIndex right) {
        return devices[left].address < devices[right].address;
    };
    // By insertion, as there are few.
    for (auto* next = indices.begin(); next != indices.end(); ++next) {
        for (auto* moved = next; moved != indices.begin() && is_before(*moved, moved[-1]); --moved)
            std::swap(moved[0], moved[-1]);
    }
}

} // namespace vfio_early
