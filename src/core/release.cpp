// SPDX-License-Identifier: MIT
#include "core/release.h"

#include "core/viability.h"

#include <algorithm>

namespace vfio_early {

namespace {

bool has(DeviceIndices const& devices, DeviceIndex device)
{
    return std::ranges::find(devices, device) != devices.end();
}

// The entry that speaks of a device which was named by its place: the first line that means it, or else the
// place itself.
uint16_t entry_of(Session const& session, uint16_t place, DeviceIndex device)
{
    auto const& entries = session.config.entries;
    for (size_t i = 0; i < entries.size(); ++i) {
        if (entries[i].line != 0
            && has(recall(entries[i].selector, session.facts, session.inventory).resolution.devices, device))
            return static_cast<uint16_t>(i);
    }
    return place;
}

void plan_place(Session& session, uint16_t place)
{
    auto& plan = session.plan;
    auto const found = resolve(session.config.entries[place].selector, session.inventory);
    if (found.devices.empty()) {
        plan.decisions.append({.entry = place, .arrival = found.arrival});
        refuse(plan.decisions.last(), session.inventory.has_no_sysfs ? Reason::Unreadable : Reason::NotFound);
    }
    for (auto const device : found.devices) {
        if (find_decision(plan, device))
            continue;
        auto const entry = entry_of(session, place, device);
        plan.decisions.append({.entry = entry, .device = device});
    }
}

// What was handed over under another line than the one that is named is undone all the same.
void find_handovers(Session& session)
{
    for (auto const& handover : session.config.handovers) {
        auto const& selector = session.config.entries[handover.entry].selector;
        auto const recalled = recall(selector, session.facts, session.inventory);
        for (auto& decision : session.plan.decisions) {
            if (decision.device && !decision.handover && has(recalled.resolution.devices, *decision.device))
                decision.handover = handover.entry;
        }
    }
}

// What cannot be read may be on one of them.
void leave_out_what_is_not_on_ours(Session& session)
{
    auto& decisions = session.plan.decisions;
    size_t kept = 0;
    for (auto const& decision : decisions) {
        auto const* device = device_of(decision, session.inventory);
        if (device && (is_on_ours(*device) || !device->is_identified))
            decisions[kept++] = decision;
    }
    decisions.shrink(kept);
}

// What keeps a guest from losing the device; empty where nothing does.
std::string_view guest_of(Decision const& decision, Session const& session)
{
    auto const& devices = session.inventory.devices;
    auto const& mine = devices[*decision.device];
    for (auto const& use : session.uses.uses) {
        auto const other = session.inventory.find(use.device);
        bool const is_of_group =
            use.device == mine.address || (other && mine.group && devices[*other].group == mine.group);
        if (use.kind == UseKind::Guest && is_of_group)
            return use.what.view();
    }
    return session.uses.is_incomplete ? session.uses.doubt.view() : std::string_view{};
}

} // namespace

bool is_with_host(Device const& device)
{
    return !device.driver.empty() && !is_on_ours(device);
}

bool is_on_ours(Device const& device)
{
    return device.driver.view() == driver_name(Target::VfioPci)
        || device.driver.view() == driver_name(Target::PciStub);
}

void plan_release(Session& session, std::span<std::string_view const> labels)
{
    auto const& entries = session.config.entries;
    bool is_any_named = false;
    for (auto const& entry : entries)
        is_any_named |= entry.line == 0 || std::ranges::find(labels, entry.label.view()) != labels.end();
    session.plan.decisions.clear();
    session.plan.recorded.clear();
    for (size_t i = 0; i < entries.size(); ++i) {
        auto const& entry = entries[i];
        if (entry.line != 0
            && (!is_any_named || std::ranges::find(labels, entry.label.view()) != labels.end()))
            plan_entry(session.config, static_cast<uint16_t>(i), session.facts, session.inventory,
                session.plan, session.problems);
    }
    for (size_t i = 0; i < entries.size(); ++i) {
        if (entries[i].line == 0)
            plan_place(session, static_cast<uint16_t>(i));
    }
    find_handovers(session);
    if (!is_any_named)
        leave_out_what_is_not_on_ours(session);
    for (auto& decision : session.plan.decisions) {
        auto const* device = device_of(decision, session.inventory);
        if (is_open(decision) && !device->is_identified)
            refuse(decision, Reason::Unreadable); // its driver too
        else if (device && is_on_ours(*device))
            decision.target =
                device->driver.view() == driver_name(Target::VfioPci) ? Target::VfioPci : Target::PciStub;
    }
}

void refuse_what_guests_have(Session& session)
{
    for (auto& decision : session.plan.decisions) {
        if (!is_open(decision) || is_with_host(*device_of(decision, session.inventory)))
            continue;
        decision.host_use = guest_of(decision, session);
        if (decision.host_use.empty())
            continue;
        if (session.is_forced)
            decision.failure.step = Failure::Step::Unbind; // which waits for the guest: after all others
        else
            refuse(decision, Reason::InUse);
    }
    refuse_rest_of_groups(session.plan, session.inventory);
}

void judge_release(Session& session)
{
    for (auto& decision : session.plan.decisions) {
        auto const* entry = decision.device ? find_entry(session.undo_log, *decision.device) : nullptr;
        if (!entry)
            continue;
        if (entry->state == UndoEntry::State::PutBack) {
            decision.reason = Reason::None;
            decision.outcome = Outcome::Released;
        } else if (entry->state == UndoEntry::State::Stuck && is_open(decision)) {
            fail(decision, Reason::ReleaseFailed);
        }
    }
}

} // namespace vfio_early
