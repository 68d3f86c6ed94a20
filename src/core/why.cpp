// SPDX-License-Identifier: MIT
#include "core/why.h"

#include "base/function_ref.h"
#include "core/explain.h"
#include "core/report.h"
#include "core/smbios.h"
#include "core/topology.h"
#include "core/version.h"
#include "core/viability.h"

namespace vfio_early {

namespace {

bool is_peer(Device const& one, Device const& other)
{
    return one.group && one.group == other.group;
}

// Those that are wanted, by address.
void find_devices(
    Inventory const& inventory, DeviceIndices& found, FunctionRef<bool(Device const&)> is_wanted)
{
    for (size_t i = 0; i < inventory.devices.size(); ++i) {
        if (is_wanted(inventory.devices[i]))
            found.append(static_cast<DeviceIndex>(i));
    }
    inventory.sort_by_address(found);
}

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
    why.joint = &device;
    if (begins_conventional_bus(inventory, device))
        why.requester = &device;
    auto const* bridge = bridge_above(inventory, device.address);
    for (; bridge; bridge = bridge_above(inventory, bridge->address)) {
        if (!is_peer(*bridge, device))
            continue;
        why.joint = bridge;
        if (begins_conventional_bus(inventory, *bridge))
            why.requester = bridge;
    }
    why.boundary = bridge_above(inventory, why.joint->address);
    why.is_shared = has_another_card(inventory, device);
    if (!ties_anything(why))
        why.joint = nullptr;
    // A card takes what joins its own functions along, and a conventional one does not fit into a port.
    if (!why.is_shared || !why.joint || why.joint == &device || !device.is_express)
        return;
    find_devices(
        inventory, why.places, [&](Device const& port) { return is_place_for(device, port, inventory); });
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

namespace {

struct TieText {
    char const* name;
    char const* heading;
};
constexpr TieText ties[] = {
    {"behind", "behind the joint, which does not keep them apart:"},
    {"function", "functions of the joint's device, which do not isolate each other, and what is below them:"},
    {"requester-id", "sharing a requester id, as their bus is conventional PCI:"},
    {"unknown", "joined by the kernel; why cannot be seen from here:"},
};

// The other members of the device's group, by address.
void find_members(Why const& why, DeviceIndices& members)
{
    find_devices(*why.inventory, members,
        [&](Device const& device) { return is_peer(device, *why.device) && &device != why.device; });
}

void find_devices_below(Why const& why, Device const& port, DeviceIndices& devices)
{
    find_devices(
        *why.inventory, devices, [&](Device const& device) { return is_below(device.address, port); });
}

void write_device(Sink& sink, Device const& device)
{
    auto const driver = device.driver.empty() ? "-" : device.driver.view();
    print(sink, "%o %o %n", device.address, device.id, driver);
}

// `does_isolate` is what the groups say.
void write_isolation(Sink& sink, Isolation const& isolation, bool does_isolate)
{
    constexpr char const* names[] = {"SrcValid", "TransBlk", "ReqRedir", "CmpltRedir", "UpstreamFwd"};
    if (!isolation.is_known)
        return;
    print(sink, "  its ACS:");
    if (!isolation.control)
        print(sink, " none%c", does_isolate && isolates(isolation) ? ", and it needs none" : "");
    for (unsigned bit = 0; isolation.control && bit < std::size(names); ++bit) {
        if ((isolation.control->capability & required_access_control & 1u << bit) != 0)
            print(sink, " %c%c", names[bit], (isolation.control->control & 1u << bit) != 0 ? "+" : "-");
    }
    if (isolates(isolation) != does_isolate)
        print(
            sink, "; the kernel treats it as %cisolating all the same: a quirk", does_isolate ? "" : "not ");
    print(sink, "\n");
}

void write_members(Sink& sink, Why const& why, Tie tie, DeviceIndices const& members)
{
    auto const* heading = ties[static_cast<unsigned>(tie)].heading;
    for (auto const index : members) {
        auto const& member = why.inventory->devices[index];
        if (&member == why.joint || tie_of(why, member) != tie)
            continue;
        if (heading)
            print(sink, "%c\n", heading);
        heading = nullptr;
        print(sink, "  ");
        write_device(sink, member);
        print(sink, "\n");
    }
    auto const* group = why.inventory->find_group(why.device->group);
    if (tie != Tie::Unknown || !group || group->others.empty())
        return;
    if (heading)
        print(sink, "%c\n", heading);
    for (auto const& other : group->others)
        print(sink, "  %n\n", other);
}

void write_without_group(Sink& sink, Inventory const& inventory)
{
    if (inventory.iommu != Iommu::On) {
        explain_no_iommu(sink, inventory.iommu);
        print(sink, "; what would share a group then cannot be told before");
    } else {
        print(sink, "%c",
            inventory.groups_appear_late ? "this IOMMU gives it one when a driver binds to it"
                                         : "the kernel gave it none");
    }
}

void write_place(Sink& sink, Why const& why, Device const& port)
{
    print(sink, "  %o, group %u", port.address, *port.group);
    auto const name = slot_name(why.board, port);
    if (!name.empty())
        print(sink, ", slot %q", name);
    DeviceIndices cards;
    find_devices_below(why, port, cards);
    print(sink, "%c\n", cards.empty() ? ": empty" : "");
    for (auto const index : cards) {
        print(sink, "    ");
        write_device(sink, why.inventory->devices[index]);
        print(sink, "\n");
    }
}

void write_what_helps(Sink& sink, Why const& why)
{
    if (!why.joint)
        return;
    if (why.joint == why.device)
        return print(sink, "another place does not help: what joins them goes with the device\n");
    if (!why.device->is_express)
        return print(sink, "what helps: giving all that is on the conventional bus to the same guest\n");
    print(sink, "what helps: another place for the card; ports that isolate now:%c\n",
        why.places.empty() ? " none is seen" : "");
    for (auto const index : why.places)
        write_place(sink, why, why.inventory->devices[index]);
    print(sink,
        "firmware hides most empty slots, so there may be more; pcie_acs_override= would only pretend\n");
}

} // namespace

void write_why(Sink& sink, Why const& why)
{
    auto const& device = *why.device;
    if (!device.group) {
        print(sink, "%o has no IOMMU group: ", device.address);
        write_without_group(sink, *why.inventory);
        return print(sink, "\n");
    }
    DeviceIndices members;
    find_members(why, members);
    print(sink, "%o is in group %u, %c\n", device.address, *device.group,
        why.is_shared         ? "with other cards"
            : members.empty() ? "alone"
                              : "with no other card");
    if (why.inventory->acs_is_overridden)
        print(sink, "%c\n", acs_is_overridden_text);
    if (why.joint) {
        print(sink, "joint: ");
        write_device(sink, *why.joint);
        print(sink, ", %c\n",
            why.joint == &device ? "itself, as no bridge above it is in its group"
                                 : "the topmost bridge above it that is in its group");
        write_isolation(sink, why.joint_isolation, false);
    }
    for (auto const tie : {Tie::Behind, Tie::Function, Tie::RequesterId, Tie::Unknown})
        write_members(sink, why, tie, members);
    if (why.boundary) {
        print(sink, "isolation begins at ");
        write_device(sink, *why.boundary);
        print(sink, "\n");
        write_isolation(sink, why.boundary_isolation, true);
    }
    if (why.is_shared && device.header != HeaderType::Bridge)
        write_what_helps(sink, why);
    if ((why.joint && !why.joint_isolation.is_known) || (why.boundary && !why.boundary_isolation.is_known))
        print(sink,
            "run as root, it shows ACS bits and names of slots too, and leaves out ports that have no "
            "slot\n");
}

namespace {

void write_bridge_json(
    Sink& sink, char const* key, Device const* bridge, Isolation const& isolation, bool does_isolate)
{
    if (!bridge)
        return print(sink, R"(, "%c": null)", key);
    print(sink, R"(, "%c": {"address": "%o", "acs": )", key, bridge->address);
    if (isolation.control)
        print(sink, R"({"capability": "%x", "control": "%x"})", Hex{isolation.control->capability, 4},
            Hex{isolation.control->control, 4});
    else
        print(sink, "null");
    print(sink, R"(, "quirk": %c})",
        !isolation.is_known                       ? "null"
            : isolates(isolation) != does_isolate ? "true"
                                                  : "false");
}

} // namespace

void write_why_json(Sink& sink, Why const& why)
{
    auto const& device = *why.device;
    print(sink, R"({"vfio_early": "%s", "command": "why", "address": "%o", "iommu": "%s", "group": )",
        version, device.address, name_of(why.inventory->iommu));
    if (device.group)
        print(sink, "%u", *device.group);
    else
        print(sink, "null");
    print(sink, R"(, "acs_is_overridden": %c, "is_shared": %c)",
        why.inventory->acs_is_overridden ? "true" : "false", why.is_shared ? "true" : "false");
    write_bridge_json(sink, "joint", why.joint, why.joint_isolation, false);
    write_bridge_json(sink, "boundary", why.boundary, why.boundary_isolation, true);
    print(sink, ",\n \"members\": [");
    DeviceIndices members;
    find_members(why, members);
    char const* comma = "";
    for (auto const index : members) {
        auto const& member = why.inventory->devices[index];
        print(sink, "%c{\"address\": \"%o\", \"tie\": \"%c\"}", comma, member.address,
            &member == why.joint ? "joint" : ties[static_cast<unsigned>(tie_of(why, member))].name);
        comma = ",\n   ";
    }
    print(sink, "],\n \"others\": [");
    comma = "";
    if (auto const* group = why.inventory->find_group(device.group)) {
        for (auto const& other : group->others) {
            print(sink, "%c%j", comma, other);
            comma = ", ";
        }
    }
    print(sink, "],\n \"places\": [");
    comma = "";
    for (auto const index : why.places) {
        auto const& port = why.inventory->devices[index];
        auto const name = slot_name(why.board, port);
        print(sink, R"(%c{"address": "%o", "group": %u, "slot": )", comma, port.address, *port.group);
        if (name.empty())
            print(sink, "null");
        else
            print(sink, "%j", name);
        print(sink, R"(, "holds": [)");
        char const* inner_comma = "";
        DeviceIndices cards;
        find_devices_below(why, port, cards);
        for (auto const card : cards) {
            print(sink, R"(%c"%o")", inner_comma, why.inventory->devices[card].address);
            inner_comma = ", ";
        }
        print(sink, "]}");
        comma = ",\n   ";
    }
    print(sink, "]}\n");
}

} // namespace vfio_early
