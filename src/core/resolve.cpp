#include "core/resolve.h"

namespace vfio_early {

namespace {

bool means_several(Selector const& selector)
{
    return selector.allow_all == AllowAll::Yes || (selector.location && selector.location->every_function);
}

DeviceIndices devices_at(Location const& location, Inventory const& inventory)
{
    DeviceIndices found;
    auto const arrival = follow(location, inventory);
    if (arrival.kind != Arrival::Kind::Arrived)
        return found;
    for (auto const address : addresses_at(location, arrival.address)) {
        if (auto const device = inventory.find(address))
            static_cast<void>(found.append(*device));
    }
    return found;
}

DeviceIndices every_device(Inventory const& inventory)
{
    DeviceIndices all;
    for (size_t i = 0; i < inventory.devices.size(); ++i)
        static_cast<void>(all.append(static_cast<DeviceIndex>(i)));
    return all;
}

template <typename Predicate>
DeviceIndices only(DeviceIndices const& devices, Inventory const& inventory, Predicate predicate)
{
    DeviceIndices kept;
    for (auto const index : devices) {
        if (predicate(inventory.devices[index]))
            static_cast<void>(kept.append(index));
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
        auto const behind = inventory.devices[*bridge].secondary_bus;
        if (!behind)
            return {Arrival::Kind::NotABridge, at};
        at.bus = *behind;
        at.device = step.device;
        at.function = step.function;
    }
    return {Arrival::Kind::Arrived, at};
}

FixedVector<Address, functions_per_device> addresses_at(Location const& location, Address arrived)
{
    FixedVector<Address, functions_per_device> addresses;
    if (!location.every_function) {
        static_cast<void>(addresses.append(arrived));
        return addresses;
    }
    for (arrived.function = 0; arrived.function < functions_per_device; ++arrived.function)
        static_cast<void>(addresses.append(arrived));
    return addresses;
}

bool matches_id(IdPattern const& pattern, Device const& device)
{
    return device.is_readable && device.id == pattern.id
        && (!pattern.subsystem || device.subsystem == *pattern.subsystem);
}

bool may_match_id(IdPattern const& pattern, Device const& device)
{
    bool const is_unread = !device.is_readable && device.id == DeviceId{};
    return is_unread || matches_id(pattern, device);
}

Resolution resolve(Selector const& selector, Inventory const& inventory)
{
    using Kind = Resolution::Kind;
    auto const there =
        selector.location ? devices_at(*selector.location, inventory) : every_device(inventory);
    auto matching = !selector.id
        ? there
        : only(there, inventory, [&](Device const& device) { return matches_id(*selector.id, device); });
    if (matching.empty()) {
        bool const is_other_model = selector.location && !there.empty();
        return {is_other_model ? Kind::IdMismatch : Kind::NotFound, is_other_model ? there : DeviceIndices{}};
    }
    inventory.sort_by_address(matching);
    if (means_several(selector)) {
        auto const not_bridges = only(matching, inventory,
            [](Device const& device) { return !device.is_readable || is_endpoint(device); });
        return {Kind::Found, not_bridges.empty() ? matching : not_bridges};
    }
    if (matching.size() > 1)
        return {Kind::Ambiguous, matching};
    if (!selector.location) {
        auto possible =
            only(there, inventory, [&](Device const& device) { return may_match_id(*selector.id, device); });
        if (possible.size() > 1) {
            inventory.sort_by_address(possible);
            return {Kind::Unsure, possible};
        }
    }
    return {Kind::Found, matching};
}

} // namespace vfio_early
