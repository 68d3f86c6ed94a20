// SPDX-License-Identifier: MIT
#include "core/topology.h"

namespace vfio_early {

DeviceIndices find_devices(Inventory const& inventory, FunctionRef<bool(Device const&)> is_wanted)
{
    DeviceIndices found;
    for (size_t i = 0; i < inventory.devices.size(); ++i) {
        if (is_wanted(inventory.devices[i]))
            found.append(static_cast<DeviceIndex>(i));
    }
    inventory.sort_by_address(found);
    return found;
}

bool is_peer(Device const& one, Device const& other)
{
    return one.group && one.group == other.group;
}

bool is_below(Address address, Device const& bridge)
{
    return bridge.secondary_bus && address.domain == bridge.address.domain
        && address.bus >= *bridge.secondary_bus
        && (address.bus <= bridge.last_bus || address.bus == *bridge.secondary_bus);
}

// Of the bridges that it is below, the one with the highest bus. The bus that a bridge is on is always lower
// than the one below it, so that going up comes to an end.
Device const* bridge_above(Inventory const& inventory, Address address)
{
    Device const* nearest = nullptr;
    for (auto const& device : inventory.devices) {
        if (is_below(address, device) && (!nearest || *device.secondary_bus > *nearest->secondary_bus))
            nearest = &device;
    }
    return nearest;
}

bool begins_conventional_bus(Inventory const& inventory, Device const& bridge)
{
    if (!bridge.secondary_bus)
        return false;
    bool is_express = bridge.is_express;
    for (auto const& device : inventory.devices) {
        bool const is_right_below =
            device.address.domain == bridge.address.domain && device.address.bus == *bridge.secondary_bus;
        is_express &= device.is_express || !is_right_below;
    }
    return !is_express;
}

} // namespace vfio_early
