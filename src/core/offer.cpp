// SPDX-License-Identifier: MIT
#include "core/offer.h"

#include "core/viability.h"

namespace vfio_early {

namespace {

constexpr struct {
    std::string_view answer;
    std::string_view name;
} texts[] = {
    {"YES", "alone"}, {"YES", "together"}, {"WITH OTHERS", "with-others"}, {"NO", "no"}, {"", "nothing"}};

// A line under [bind] for a device, with the label of the configuration where it has one there.
Entry entry_for(Device const& device, Entry const* line)
{
    Entry entry;
    if (line)
        entry = *line;
    entry.target = Target::VfioPci;
    entry.selector = {};
    entry.selector.location.emplace().start = device.address;
    if (device.is_identified)
        entry.selector.id = IdPattern{device.id, {}};
    return entry;
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

Offer offer(uint32_t group, Session const& session, Trial& trial)
{
    auto const& inventory = session.inventory;
    trial.config.options = session.config.options;
    trial.config.entries.clear();
    Device const* first = nullptr;
    bool are_of_one_card = true;
    bool is_too_large = false;
    for (size_t i = 0; i < inventory.devices.size(); ++i) {
        auto const& device = inventory.devices[i];
        if (device.group != group || (device.is_readable && (!is_endpoint(device) || is_board_part(device))))
            continue;
        auto const* line = line_of(static_cast<DeviceIndex>(i), session);
        is_too_large |= !trial.config.entries.try_append(entry_for(device, line));
        first = first ? first : &device;
        are_of_one_card &= is_same_card(first->address, device.address);
    }
    make_plan(trial.config, session.facts, inventory, trial.plan, trial.problems);
    if (!first)
        return Offer::Nothing;
    if (is_too_large)
        return Offer::No;
    for (auto const& decision : trial.plan.decisions) {
        if (decision.reason != Reason::None)
            return Offer::No;
    }
    if (trial.plan.decisions.size() == 1)
        return Offer::Alone;
    return are_of_one_card ? Offer::Together : Offer::WithOthers;
}

Entry const* line_of(DeviceIndex device, Session const& session)
{
    auto const position = find_decision(session.plan, device);
    return position ? &session.config.entries[session.plan.decisions[*position].entry] : nullptr;
}

} // namespace vfio_early
