// SPDX-License-Identifier: MIT
#include "core/resolve.h"

#include "base/function_ref.h"

namespace vfio_early {

namespace {

bool means_several(Selector const& selector)
{
    return selector.allow_all == AllowAll::Yes || (selector.location && selector.location->every_function);
}

DeviceIndices devices_at(Location const& location, Arrival const& arrival, Inventory const& inventory)
{
    DeviceIndices found;
    if (arrival.kind != Arrival::Kind::Arrived)
        return found;
    for (auto const address : addresses_at(location, arrival.address)) {
        if (auto const device = inventory.find(address))
            found.append(*device);
    }
    return found;
}

DeviceIndices every_device(Inventory const& inventory)
{
    DeviceIndices all;
    for (size_t i = 0; i < inventory.devices.size(); ++i)
        all.append(static_cast<DeviceIndex>(i));
    return all;
}

DeviceIndices only(
    DeviceIndices const& devices, Inventory const& inventory, FunctionRef<bool(Device const&)> predicate)
{
    DeviceIndices kept;
    for (auto const index : devices) {
        if (predicate(inventory.devices[index]))
            kept.append(index);
    }
    return kept;
}

} // namespace

Arrival follow(Location const& location, Inventory const& inventory)
{
    Address at = location.start;
    for (auto const step : location.steps) {
        auto const bridge = inventory.find(at);
        if (!bridge)
            return {Arrival::Kind::NotRead, at};
        auto const secondary_bus = inventory.devices[*bridge].secondary_bus;
        if (!secondary_bus)
            return {Arrival::Kind::NotABridge, at};
        at.bus = *secondary_bus;
        at.device = step.device;
        at.function = step.function;
    }
    return {Arrival::Kind::Arrived, at};
}

FixedVector<Address, functions_per_device> addresses_at(Location const& location, Address arrived)
{
    FixedVector<Address, functions_per_device> addresses;
    if (!location.every_function) {
        addresses.append(arrived);
        return addresses;
    }
    for (arrived.function = 0; arrived.function < functions_per_device; ++arrived.function)
        addresses.append(arrived);
    return addresses;
}

bool matches_id(IdPattern const& pattern, Device const& device)
{
    return device.is_identified && device.id == pattern.id
        && (!pattern.subsystem || device.subsystem == *pattern.subsystem);
}

bool may_match_id(IdPattern const& pattern, Device const& device)
{
    return !device.is_identified || matches_id(pattern, device);
}

Resolution resolve(Selector const& selector, Inventory const& inventory)
{
    using Kind = Resolution::Kind;
    std::optional<Arrival> arrival;
    if (selector.location)
        arrival = follow(*selector.location, inventory);
    auto const there =
        arrival ? devices_at(*selector.location, *arrival, inventory) : every_device(inventory);
    auto matching = !selector.id
        ? there
        : only(there, inventory, [&](Device const& device) { return matches_id(*selector.id, device); });
    // One that was not listed may have the id too.
    if (!selector.location && inventory.is_incomplete)
        return {Kind::Unsure, matching, arrival};
    // 'all' leaves nothing out: of one whose id cannot be read it is said that it is not bound.
    if (!selector.location && selector.allow_all == AllowAll::Yes && !matching.empty())
        matching =
            only(there, inventory, [&](Device const& device) { return may_match_id(*selector.id, device); });
    if (matching.empty()) {
        if (selector.location && !there.empty())
            return {Kind::IdMismatch, there, arrival};
        return {Kind::NotFound, {}, arrival};
    }
    inventory.sort_by_address(matching);
    if (means_several(selector)) {
        auto const not_bridges = only(matching, inventory,
            [](Device const& device) { return !device.is_readable || is_endpoint(device); });
        return {Kind::Found, not_bridges.empty() ? matching : not_bridges, arrival};
    }
    if (matching.size() > 1)
        return {Kind::Ambiguous, matching, arrival};
    if (!selector.location) {
        auto possible =
            only(there, inventory, [&](Device const& device) { return may_match_id(*selector.id, device); });
        if (possible.size() > 1) {
            inventory.sort_by_address(possible);
            return {Kind::Unsure, possible, arrival};
        }
    }
    return {Kind::Found, matching, arrival};
}

} // namespace vfio_early
