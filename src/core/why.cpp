// SPDX-License-Identifier: MIT
#include "core/why.h"

#include "core/topology.h"
#include "core/viability.h"

namespace vfio_early {

namespace {

// Functions of one card go to a guest together. For a bridge, this is about what is behind it.
bool has_another_card(Inventory const& inventory, Device const& device)
{
    auto const* card = stands_in_the_way(device) ? &device : nullptr;
    for (auto const& member : inventory.devices) {
        if (!is_peer(member, device) || !stands_in_the_way(member))
            continue;
        if (!card)
            card = &member;
        if (!is_same_card(member.address, card->address))
            return true;
    }
    auto const* group = inventory.find_group(device.group);
    return group && !group->others.empty();
}

// False if nothing can be seen that joins the device with the others of its group, or there are none.
bool ties_anything(Why const& why)
{
    for (auto const& member : why.inventory->devices) {
        if (is_peer(member, *why.device) && &member != why.device && tie_of(why, member) != Tie::Unknown)
            return true;
    }
    return false;
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
    if (!device.group)
        return;
    for (auto const* at = &device; at; at = bridge_above(inventory, at->address)) {
        if (!is_peer(*at, device))
            continue;
        why.joint = at;
        if (begins_conventional_bus(inventory, *at))
            why.requester = at;
    }
    why.boundary = bridge_above(inventory, why.joint->address);
    why.is_shared = has_another_card(inventory, device);
    if (!ties_anything(why))
        why.joint = nullptr;
    // A card takes what joins its own functions along, and a conventional one does not fit into a port.
    if (!why.is_shared || !why.joint || why.joint == &device || !device.is_express)
        return;
    why.places =
        find_devices(inventory, [&](Device const& port) { return is_place_for(device, port, inventory); });
}

Tie tie_of(Why const& why, Device const& member)
{
    if (why.requester && (&member == why.requester || is_below(member.address, *why.requester)))
        return Tie::RequesterId;
    if (!why.joint)
        return Tie::Unknown;
    if (is_below(member.address, *why.joint))
        return Tie::Behind;
    for (auto const& function : why.inventory->devices) {
        if (is_same_card(function.address, why.joint->address)
            && (&member == &function || is_below(member.address, function)))
            return Tie::Function;
    }
    return Tie::Unknown;
}

} // namespace vfio_early
