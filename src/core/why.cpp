// SPDX-License-Identifier: MIT
#include "core/why.h"

#include "core/topology.h"
#include "core/viability.h"

namespace vfio_early {

namespace {

// Functions of one card go to a guest together. For a bridge, this is about what is behind it.
bool has_another_card(Why const& why)
{
    auto const* card = stands_in_the_way(*why.device) ? why.device : nullptr;
    for (auto const index : why.members) {
        auto const& member = why.inventory->devices[index];
        if (!stands_in_the_way(member))
            continue;
        if (card && !is_same_card(member.address, card->address))
            return true;
        card = &member;
    }
    auto const* group = why.inventory->find_group(why.device->group);
    return group && !group->others.empty();
}

// A port that a card could be put into, and share its group with nothing that is not below the port.
bool is_place_for(Device const& device, Device const& port, Inventory const& inventory)
{
    if (port.class_code >> 8 != class_pci_bridge || !port.secondary_bus || is_peer(port, device)
        || is_below(device.address, port) || begins_conventional_bus(inventory, port))
        return false;
    for (auto const& other : inventory.devices) {
        bool const is_in_it = is_below(other.address, port);
        if (is_in_it && other.header == HeaderType::Bridge)
            return false;
        if (!is_in_it && is_peer(other, port) && &other != &port && !is_host_bridge(other))
            return false;
    }
    return port.group.has_value();
}

} // namespace

void find_why(Inventory const& inventory, Device const& device, Why& why)
{
    why.inventory = &inventory;
    why.device = &device;
    why.members = find_devices(
        inventory, [&](Device const& member) { return is_peer(member, device) && &member != &device; });
    for (auto const* at = &device; at; at = bridge_above(inventory, at->address)) {
        if (!is_peer(*at, device))
            continue;
        why.joint = at;
        if (begins_conventional_bus(inventory, *at))
            why.requester = at;
    }
    if (!why.joint)
        return;
    why.boundary = bridge_above(inventory, why.joint->address);
    why.is_shared = has_another_card(why);
    bool is_explained = false;
    for (auto const member : why.members)
        is_explained |= tie_of(why, inventory.devices[member]) != Tie::Unknown;
    if (!is_explained)
        why.joint = nullptr;
    // A card takes what joins its own functions along, and a conventional one does not fit into a port.
    if (why.is_shared && is_explained && why.joint != &device && device.is_express)
        why.places = find_devices(
            inventory, [&](Device const& port) { return is_place_for(device, port, inventory); });
}

Tie tie_of(Why const& why, Device const& member)
{
    for (auto const* at = &member; at && why.joint; at = bridge_above(*why.inventory, at->address)) {
        if (at == why.requester)
            return Tie::RequesterId;
        if (at == why.joint)
            return Tie::Behind;
        if (is_same_card(at->address, why.joint->address))
            return Tie::Function;
    }
    return Tie::Unknown;
}

} // namespace vfio_early
