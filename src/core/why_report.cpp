// SPDX-License-Identifier: MIT
#include "core/explain.h"
#include "core/report.h"
#include "core/smbios.h"
#include "core/topology.h"
#include "core/version.h"
#include "core/why.h"

namespace vfio_early {

namespace {

constexpr struct {
    char const* name;
    char const* heading;
} ties[] = {
    {"behind", "behind the joint, which does not keep them apart:"},
    {"function", "functions of the joint's device, which do not isolate each other, with what is below:"},
    {"requester-id", "sharing a requester id, as their bus is conventional PCI:"},
    {"unknown", "joined by the kernel; why cannot be seen from here:"},
};

DeviceIndices devices_below(Why const& why, Device const& port)
{
    return find_devices(*why.inventory, [&](Device const& device) { return is_below(device.address, port); });
}

void write_device(Sink& sink, char const* before, Device const& device, char const* after)
{
    auto const driver = device.driver.empty() ? "-" : device.driver.view();
    print(sink, "%c%a ", before, device.address);
    put_id(sink, device);
    print(sink, " %n%c\n", driver, after);
}

// What config space says, and whether the groups, which isolate or not as `does_isolate` says, agree.
void write_isolation(Sink& sink, Isolation const& isolation, bool does_isolate)
{
    if (!isolation.is_known)
        return;
    if (isolation.control)
        print(sink, "  its ACS: capability %4x, control %4x, asked for %4x", isolation.control->capability,
            isolation.control->control, required_access_control);
    else
        print(sink, "  it has no ACS");
    if (isolates(isolation) != does_isolate)
        print(sink, ", but the kernel treats it as %cisolating: a quirk", does_isolate ? "" : "not ");
    else if (does_isolate && !isolation.control)
        print(sink, " and needs none");
    print(sink, "\n");
}

void write_members(Sink& sink, Why const& why, Tie tie)
{
    auto const* heading = ties[static_cast<unsigned>(tie)].heading;
    auto const put_heading = [&] {
        if (heading)
            print(sink, "%c\n", heading);
        heading = nullptr;
    };
    for (auto const index : why.members) {
        auto const& member = why.inventory->devices[index];
        if (&member == why.joint || tie_of(why, member) != tie)
            continue;
        put_heading();
        write_device(sink, "  ", member, "");
    }
    auto const* group = why.inventory->find_group(why.device->group);
    if (tie != Tie::Unknown || !group)
        return;
    for (auto const& other : group->others) {
        put_heading();
        print(sink, "  %n\n", other);
    }
}

void write_why_no_group(Sink& sink, Inventory const& inventory)
{
    if (inventory.iommu != Iommu::On) {
        explain_no_iommu(sink, inventory.iommu);
        return print(sink, ", and what would share a group is not predicted\n");
    }
    print(sink, "%c\n",
        inventory.groups_appear_late ? "this IOMMU gives it one when a driver binds to it"
                                     : "the kernel gave it none");
}

void write_place(Sink& sink, Why const& why, Device const& port)
{
    auto const name = slot_name(why.board, port);
    print(sink, "  %a, group %u", port.address, *port.group);
    if (!name.empty())
        print(sink, ", slot %q", name);
    auto const cards = devices_below(why, port);
    print(sink, "%c\n", cards.empty() ? ": empty" : "");
    for (auto const index : cards)
        write_device(sink, "    ", why.inventory->devices[index], "");
}

void write_what_helps(Sink& sink, Why const& why)
{
    if (why.joint == why.device)
        return print(sink, "another place does not help: what joins them goes with the device\n");
    if (!why.device->is_express)
        return print(sink, "what helps: giving all of the conventional bus to one guest\n");
    print(sink, "what helps: another place for the card; ports that isolate now:%c\n",
        why.places.empty() ? " none is seen" : "");
    for (auto const index : why.places)
        write_place(sink, why, why.inventory->devices[index]);
    print(sink, "firmware hides most empty slots, and pcie_acs_override= would only pretend\n");
}

} // namespace

void write_why(Sink& sink, Why const& why)
{
    auto const& device = *why.device;
    if (!device.group) {
        print(sink, "%a has no IOMMU group: ", device.address);
        return write_why_no_group(sink, *why.inventory);
    }
    print(sink, "%a is in group %u, %c\n", device.address, *device.group,
        why.is_shared             ? "with other cards"
            : why.members.empty() ? "alone"
                                  : "with no other card");
    if (why.inventory->acs_is_overridden)
        print(sink, "%c\n", acs_is_overridden_text);
    if (why.joint) {
        write_device(sink, "joint: ", *why.joint,
            why.joint == &device ? ", itself, as no bridge above it is in its group"
                                 : ", the topmost bridge above it that is in its group");
        write_isolation(sink, why.joint_isolation, false);
    }
    for (unsigned tie = 0; tie < std::size(ties); ++tie)
        write_members(sink, why, static_cast<Tie>(tie));
    if (why.boundary) {
        write_device(sink, "isolation begins at ", *why.boundary, "");
        write_isolation(sink, why.boundary_isolation, true);
    }
    if (why.is_shared && why.joint && device.header != HeaderType::Bridge)
        write_what_helps(sink, why);
    if ((why.joint && !why.joint_isolation.is_known) || (why.boundary && !why.boundary_isolation.is_known))
        print(sink, "run as root, it also tells ACS bits, and which ports have slots\n");
}

namespace {

void write_bridge_json(
    Sink& sink, char const* key, Device const* bridge, Isolation const& isolation, bool does_isolate)
{
    if (!bridge)
        return print(sink, R"(, "%c": null)", key);
    print(sink, R"(, "%c": {"address": "%a", "acs": )", key, bridge->address);
    if (isolation.control)
        print(sink, R"({"capability": "%4x", "control": "%4x"})", isolation.control->capability,
            isolation.control->control);
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
    auto const& inventory = *why.inventory;
    print(sink, R"({"vfio_early": "%s", "command": "why", "address": "%a", "iommu": "%s", "group": )",
        version, device.address, name_of(inventory.iommu));
    if (device.group)
        print(sink, "%u", *device.group);
    else
        print(sink, "null");
    print(sink, R"(, "acs_is_overridden": %c, "is_shared": %c)",
        inventory.acs_is_overridden ? "true" : "false", why.is_shared ? "true" : "false");
    write_bridge_json(sink, "joint", why.joint, why.joint_isolation, false);
    write_bridge_json(sink, "boundary", why.boundary, why.boundary_isolation, true);
    print(sink, ",\n \"members\": [");
    char const* comma = "";
    for (auto const index : why.members) {
        auto const& member = inventory.devices[index];
        print(sink, R"(%c{"address": "%a", "tie": "%c"})", comma, member.address,
            &member == why.joint ? "joint" : ties[static_cast<unsigned>(tie_of(why, member))].name);
        comma = ",\n   ";
    }
    print(sink, "],\n \"others\": [");
    comma = "";
    if (auto const* group = inventory.find_group(device.group)) {
        for (auto const& other : group->others) {
            print(sink, "%c%j", comma, other);
            comma = ", ";
        }
    }
    print(sink, "],\n \"places\": [");
    comma = "";
    for (auto const index : why.places) {
        auto const& port = inventory.devices[index];
        auto const name = slot_name(why.board, port);
        print(sink, R"(%c{"address": "%a", "group": %u, "slot": %o, "holds": [)", comma, port.address,
            *port.group, name);
        comma = "";
        for (auto const card : devices_below(why, port)) {
            print(sink, "%c\"%a\"", comma, inventory.devices[card].address);
            comma = ", ";
        }
        print(sink, "]}");
        comma = ",\n   ";
    }
    print(sink, "]}\n");
}

} // namespace vfio_early
