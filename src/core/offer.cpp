// SPDX-License-Identifier: MIT
#include "core/offer.h"

#include "core/viability.h"

#include <algorithm>

namespace vfio_early {

namespace {

constexpr struct {
    std::string_view answer;
    std::string_view name;
} texts[] = {
    {"YES", "alone"}, {"YES", "together"}, {"WITH OTHERS", "with-others"}, {"NO", "no"}, {"-", "nothing"}};

// A line for a device, which is as protected as by the one that the configuration has for it.
Entry entry_for(Device const& device, Entry const* line)
{
    Entry entry;
    entry.is_unprotected = line && line->is_unprotected;
    entry.target = device.is_readable && is_board_part(device) ? Target::PciStub : Target::VfioPci;
    entry.selector.location.emplace().start = device.address;
    if (device.is_identified)
        entry.selector.id = IdPattern{device.id, {}};
    return entry;
}

// What is in the way where it has no line, and can have one.
bool is_to_be_listed(Device const& device)
{
    return stands_in_the_way(device) && !(device.is_readable && is_platform_part(device));
}

} // namespace

std::string_view answer_of(Offer offer)
{
    return texts[static_cast<size_t>(offer)].answer;
}

std::string_view name_of(Offer offer)
{
    return texts[static_cast<size_t>(offer)].name;
}

Offer offer(std::span<DeviceIndex const> members, Session const& session, Trial& trial)
{
    auto const& devices = session.inventory.devices;
    trial.config.options = session.config.options;
    trial.config.entries.clear();
    Address const* first = nullptr;
    bool are_of_one_card = true;
    bool is_too_large = false;
    size_t for_guests = 0;
    for (auto const member : members) {
        auto const& device = devices[member];
        if (!is_to_be_listed(device))
            continue;
        auto const entry = entry_for(device, line_of(member, session));
        is_too_large |= !trial.config.entries.try_append(entry);
        if (entry.target == Target::PciStub)
            continue;
        first = first ? first : &device.address;
        are_of_one_card &= is_same_card(*first, device.address);
        ++for_guests;
    }
    make_plan(trial.config, session.facts, session.inventory, trial.plan, trial.problems);
    if (for_guests == 0)
        return Offer::Nothing;
    if (is_too_large || !std::ranges::all_of(trial.plan.decisions, is_open))
        return Offer::No;
    if (for_guests == 1)
        return Offer::Alone;
    return are_of_one_card ? Offer::Together : Offer::WithOthers;
}

Offer offer(uint32_t group, Session const& session, Trial& trial)
{
    DeviceIndices members;
    for (size_t i = 0; i < session.inventory.devices.size(); ++i) {
        if (session.inventory.devices[i].group == group)
            members.append(static_cast<DeviceIndex>(i));
    }
    return offer({members.begin(), members.size()}, session, trial);
}

Entry const* line_of(DeviceIndex device, Session const& session)
{
    auto const position = find_decision(session.plan, device);
    return position ? &session.config.entries[session.plan.decisions[*position].entry] : nullptr;
}

} // namespace vfio_early
