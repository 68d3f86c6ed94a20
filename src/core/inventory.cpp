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

DeviceIndices Inventory::by_group() const
{
    auto const is_before = [this](DeviceIndex left, DeviceIndex right) {
        auto const& one = devices[left];
        auto const& other = devices[right];
        if (one.group != other.group)
            return one.group && (!other.group || *one.group < *other.group);
        return one.address < other.address;
    };
    DeviceIndices sorted;
    for (size_t i = 0; i < devices.size(); ++i)
        sorted.append(static_cast<DeviceIndex>(i));
    // Shell's sort, as there are many, and in no order.
    for (auto gap = sorted.size() / 2; gap > 0; gap /= 2) {
        for (auto start = gap; start < sorted.size(); ++start) {
            for (auto i = start; i >= gap && is_before(sorted[i], sorted[i - gap]); i -= gap)
                std::swap(sorted[i], sorted[i - gap]);
        }
    }
    return sorted;
}

} // namespace vfio_early
