// SPDX-License-Identifier: MIT
#include "core/viability.h"

namespace vfio_early {

namespace {

bool is_bridge(Device const& device)
{
    return device.is_readable
        && (device.header == HeaderType::Bridge || device.header == HeaderType::CardBus);
}

// A device without a group is a group of its own, so nothing else can be in its way.
bool is_in_group(std::optional<DeviceIndex> device, uint32_t group, Inventory const& inventory)
{
    return device && inventory.devices[*device].group == group;
}

// The group of a decision that is open, if it has one.
std::optional<uint32_t> open_group(Decision const& decision, Inventory const& inventory)
{
    return is_open(decision) ? inventory.devices[*decision.device].group : std::nullopt;
}

// Refuses every decision of the group that is still open.
void refuse_group(
    Plan& plan, uint32_t group, Inventory const& inventory, Reason reason, DeviceIndices const& why)
{
    auto const recorded = record(plan, why);
    for (auto& decision : plan.decisions) {
        if (is_open(decision) && is_in_group(decision.device, group, inventory))
            refuse(decision, reason, recorded);
    }
}

} // namespace

bool stands_in_the_way(Device const& peer)
{
    return !is_bridge(peer) && !(peer.is_readable && is_host_bridge(peer));
}

DeviceIndices peers_in_the_way(uint32_t group, Plan const& plan, Inventory const& inventory)
{
    bool is_listed[max_devices] = {};
    for (auto const& decision : plan.decisions) {
        if (decision.device)
            is_listed[*decision.device] = true;
    }
    DeviceIndices peers;
    for (size_t i = 0; i < inventory.devices.size(); ++i) {
        auto const& peer = inventory.devices[i];
        if (peer.group == group && !is_listed[i] && stands_in_the_way(peer))
            peers.append(static_cast<DeviceIndex>(i));
    }
    inventory.sort_by_address(peers);
    return peers;
}

DeviceIndices refused_members(uint32_t group, Plan const& plan, Inventory const& inventory)
{
    DeviceIndices members;
    for (auto const& decision : plan.decisions) {
        bool const has_own_reason =
            decision.reason != Reason::None && decision.reason != Reason::GroupRefused;
        if (has_own_reason && is_in_group(decision.device, group, inventory))
            members.append(*decision.device);
    }
    return members;
}

void refuse_unviable_groups(Plan& plan, Inventory const& inventory)
{
    std::optional<uint32_t> judged; // one group can have all devices of a plan
    for (auto const& decision : plan.decisions) {
        auto const number = open_group(decision, inventory);
        if (!number || number == judged)
            continue;
        judged = number;
        auto const peers = peers_in_the_way(*number, plan, inventory);
        auto const* group = inventory.find_group(*number);
        if (!peers.empty() || (group && !group->others.empty()))
            refuse_group(plan, *number, inventory, Reason::SharedGroup, peers);
    }
    refuse_rest_of_groups(plan, inventory);
}

void refuse_rest_of_groups(Plan& plan, Inventory const& inventory)
{
    std::optional<uint32_t> judged;
    for (auto const& decision : plan.decisions) {
        auto const number = open_group(decision, inventory);
        if (!number || number == judged)
            continue;
        judged = number;
        auto const refused = refused_members(*number, plan, inventory);
        if (!refused.empty())
            refuse_group(plan, *number, inventory, Reason::GroupRefused, refused);
    }
}

Decision const* first_for_guests(uint32_t group, Plan const& plan, Inventory const& inventory)
{
    for (auto const& decision : plan.decisions) {
        if (decision.target == Target::VfioPci && open_group(decision, inventory) == group)
            return &decision;
    }
    return nullptr;
}

bool has_host_driver(Device const& device)
{
    auto const driver = device.driver.view();
    return !driver.empty() && driver != port_driver && driver != driver_name(Target::PciStub)
        && driver.find("vfio") == std::string_view::npos;
}

bool has_troublesome_driver(Device const& device)
{
    return !stands_in_the_way(device) && !device.driver.empty() && device.driver.view() != port_driver;
}

bool is_for_shpchp(Device const& device)
{
    if (!is_bridge(device))
        return false;
    return device.driver.empty() ? device.has_hotplug_controller : device.driver.view() == hotplug_driver;
}

bool is_platform_part(Device const& device)
{
    constexpr uint32_t isa_bridge = 0x0601;
    constexpr uint32_t smbus = 0x0c05;
    constexpr uint32_t system_peripheral = 0x0880;
    constexpr uint32_t signal_processing = 0x1180;
    constexpr Address chipset = {.device = 0x1f};
    auto const kind = device.is_identified ? device.class_code >> 8 : 0;
    if (kind == system_peripheral || kind == signal_processing)
        return is_same_card(device.address, chipset);
    return kind == isa_bridge || kind == smbus;
}

bool is_board_part(Device const& device)
{
    auto const base_class = device.is_identified ? device.class_code >> 16 : 0;
    return is_platform_part(device) || base_class == 0x05 || base_class == 0x08 || base_class == 0x11
        || base_class == 0x13;
}

} // namespace vfio_early
