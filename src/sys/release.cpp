// SPDX-License-Identifier: MIT
#include "sys/release.h"

#include "core/release.h"
#include "core/viability.h"
#include "sys/modules.h"
#include "sys/scan.h"
#include "sys/undo.h"

namespace vfio_early {

namespace {

using State = UndoEntry::State;
using Step = Failure::Step;

void fail_at(Decision& decision, Step step, Error const& error)
{
    decision.failure = {step, error.number};
    fail(decision, Reason::ReleaseFailed);
}

// A device that is with the host, and without an override of ours, is left as it is.
void note_device(Session& session, Root const& root, Decision& decision)
{
    auto const device = *decision.device;
    auto const noted = note_what_it_was(root, session, decision, device, driver_name(decision.target));
    if (noted.is_error())
        return fail_at(decision, Step::None, noted.error());
    auto const& entry = session.undo_log.last();
    if (!is_with_host(session.inventory.devices[device]) || entry.had_our_override)
        return;
    session.undo_log.shrink(session.undo_log.size() - 1);
    decision.outcome = Outcome::Released;
}

bool is_given_back(Session const& session, DeviceIndex device)
{
    auto const position = find_decision(session.plan, device);
    return position && is_open(session.plan.decisions[*position]);
}

// The decision with which a bridge gets its hotplug driver back: when the last of its group is given back.
Decision const* last_of_group(Session const& session, uint32_t group)
{
    auto const& devices = session.inventory.devices;
    for (size_t i = 0; i < devices.size(); ++i) {
        if (devices[i].group == group && is_on_ours(devices[i])
            && !is_given_back(session, static_cast<DeviceIndex>(i)))
            return nullptr;
    }
    for (auto const& decision : session.plan.decisions) {
        auto const* device = device_of(decision, session.inventory);
        if (device && device->group == group && decision.outcome == Outcome::WouldBind)
            return &decision;
    }
    return nullptr;
}

void note_bridges(Session& session, Root const& root)
{
    for (size_t i = 0; i < session.inventory.devices.size(); ++i) {
        auto const& bridge = session.inventory.devices[i];
        auto const* decision =
            bridge.group && is_for_shpchp(bridge) ? last_of_group(session, *bridge.group) : nullptr;
        if (!decision)
            continue;
        auto const before = session.undo_log.size();
        auto const noted =
            note_what_it_was(root, session, *decision, static_cast<DeviceIndex>(i), port_driver);
        // Without our override nothing was taken from it.
        if (!noted.is_error() && !session.undo_log[before].had_our_override)
            session.undo_log.shrink(before);
    }
}

// Whole groups or none of them: what was noted for a group of which a part cannot be given back is left.
void leave_groups_that_failed(Session& session)
{
    refuse_rest_of_groups(session.plan, session.inventory);
    for (auto& entry : session.undo_log) {
        if (session.plan.decisions[entry.decision].reason != Reason::None)
            entry.state = State::Left;
    }
}

// Before anything is unbound. A group of which one override stays gets all of them again.
void clear_overrides(Session& session, Root const& root)
{
    bool was_cleared[max_devices] = {};
    for (auto& entry : session.undo_log) {
        auto& decision = session.plan.decisions[entry.decision];
        if (decision.reason != Reason::None || !entry.had_our_override)
            continue;
        was_cleared[entry.device] = true;
        auto const written = write_override(root, session, entry, "");
        if (written.is_error())
            fail_at(decision, Step::Override, written.error());
    }
    leave_groups_that_failed(session);
    for (auto const& entry : session.undo_log) {
        if (entry.state == State::Left && was_cleared[entry.device])
            static_cast<void>(write_override(root, session, entry, entry.wanted));
    }
}

} // namespace

void release(Session& session, Root const& root)
{
    for (auto& decision : session.plan.decisions) {
        if (is_open(decision))
            note_device(session, root, decision);
    }
    note_bridges(session, root);
    leave_groups_that_failed(session);
    session.is_releasing = true;
    clear_overrides(session, root);
    session.is_loading = root.is_machine();
    for (auto const& decision : session.plan.decisions) {
        if (session.is_loading && decision.outcome == Outcome::WouldBind)
            load_host_driver(root, session.inventory.devices[*decision.device].address);
    }
    session.is_loading = false;
    undo(session, root);
    judge_release(session);
}

} // namespace vfio_early
