// SPDX-License-Identifier: MIT
#include "core/undo_log.h"

namespace vfio_early {

namespace {

using State = UndoEntry::State;

bool is_of_group(UndoEntry const& entry, Decision const& decision, Inventory const& inventory)
{
    if (!decision.device)
        return false;
    auto const& group = inventory.devices[*decision.device].group;
    return entry.device == *decision.device || (group && inventory.devices[entry.device].group == group);
}

} // namespace

UndoEntry const* find_entry(UndoLog const& log, DeviceIndex device)
{
    for (auto const& entry : log) {
        if (entry.device == device)
            return &entry;
    }
    return nullptr;
}

void give_up_on_what_is_left(UndoLog& log, Plan const& plan)
{
    for (auto& entry : log) {
        if (entry.state == State::Written && plan.decisions[entry.decision].outcome != Outcome::Bound)
            entry.state = State::Stuck;
    }
}

GivenBack given_back(Decision const& decision, UndoLog const& log, Inventory const& inventory)
{
    auto result = GivenBack::Unneeded;
    for (auto const& entry : log) {
        if (entry.state == State::Left || !is_of_group(entry, decision, inventory))
            continue;
        if (entry.state == State::Stuck)
            return GivenBack::No;
        bool const was_ours =
            entry.driver_was.view() == entry.wanted || entry.override_was.view() == entry.wanted;
        auto const answer = entry.state == State::Written ? GivenBack::NotYet
            : was_ours                                    ? GivenBack::AsBefore
                                                          : GivenBack::Yes;
        if (result < answer)
            result = answer;
    }
    return result;
}

DeviceIndices stuck_members(Decision const& decision, UndoLog const& log, Inventory const& inventory)
{
    DeviceIndices members;
    for (auto const& entry : log) {
        if (entry.state == State::Stuck && is_of_group(entry, decision, inventory))
            members.append(entry.device);
    }
    return members;
}

} // namespace vfio_early
