// SPDX-License-Identifier: MIT
#include "sys/undo.h"

#include "base/function_ref.h"
#include "base/text.h"
#include "core/plan.h"
#include "core/viability.h"
#include "sys/driver.h"
#include "sys/scan.h"
#include "sys/vfio_group.h"
#include "sys/worker.h"

#include <errno.h>

namespace vfio_early {

namespace {

using State = UndoEntry::State;

// What goes wrong once may not the next time.
constexpr int attempts = 3;

// The kernel failed for the device or did not return, and may not return this time either. A worker that died
// did not hang.
bool may_hang(Decision const& decision)
{
    return decision.failure.step != Failure::Step::None && decision.failure.step != Failure::Step::Worker;
}

Decision const& decision_of(Session const& session, UndoEntry const& entry)
{
    return session.plan.decisions[entry.decision];
}

bool may_group_hang(Session const& session, UndoEntry const& entry)
{
    auto const& decision = decision_of(session, entry);
    for (auto const& other : session.plan.decisions) {
        if (may_hang(other) && share_group(decision, other, session.inventory))
            return true;
    }
    return false;
}

bool is_to_be_undone(Session const& session, UndoEntry const& entry)
{
    return decision_of(session, entry).outcome != Outcome::Bound && entry.state != State::PutBack
        && entry.state != State::Left;
}

// pcieport is what a bridge has that is kept from shpchp.
bool is_of_ours(DriverName const& name)
{
    return name.view() == driver_name(Target::VfioPci) || name.view() == driver_name(Target::PciStub)
        || name.view() == port_driver;
}

// False where it failed each time.
bool try_to(FunctionRef<Result<void>()> action)
{
    for (int i = 0; i < attempts; ++i) {
        if (!action().is_error())
            return true;
    }
    return false;
}

struct Undoing {
    Session& session;
    Root const& root;

    Address address_of(UndoEntry const& entry) const
    {
        return session.inventory.devices[entry.device].address;
    }

    bool is_on_ours(UndoEntry const& entry) const
    {
        auto const driver = bound_driver(root, address_of(entry));
        return driver.is_error() || driver.value().view() == entry.wanted;
    }

    // A guest may have it by then: only one opener at a time has a group. It is asked before the first member
    // is taken, as what then has a part of it would never get the rest.
    bool has_guest(UndoEntry const& entry) const
    {
        auto const& number = session.inventory.devices[entry.device].group;
        for (auto& group : session.inventory.groups) {
            if (!session.is_undone_late || session.mode == Mode::Release || group.number != number)
                continue;
            if (!group.has_guest)
                group.has_guest = ask_group(root, group.number) == GroupStatus::Taken;
            return *group.has_guest;
        }
        return false;
    }

    void release(UndoEntry const& entry) const
    {
        if (entry.driver_was.view() == entry.wanted || !is_on_ours(entry) || has_guest(entry))
            return;
        during(entry, Failure::Step::Unbind,
            [&] { try_to([&] { return unbind(root, address_of(entry), entry.wanted); }); });
    }

    // In a release a step is noted while it lasts, for whoever goes on with it.
    void during(UndoEntry const& entry, Failure::Step step, FunctionRef<void()> action) const
    {
        auto& now = session.plan.decisions[entry.decision].failure.step;
        bool const is_noted = session.mode == Mode::Release && now == Failure::Step::None;
        if (is_noted)
            now = step;
        action();
        if (is_noted)
            now = Failure::Step::None;
    }

    // What somebody wrote into `new_id` of the driver, or into its ids=, would let it take the device again.
    // One at a time is removed, and ENODEV is the answer when there is none (remove_id_store() in
    // drivers/pci/pci-driver.c).
    void forget_id(UndoEntry& entry) const
    {
        constexpr int most = 8;
        auto const& id = session.inventory.devices[entry.device].id;
        auto const file = path_of("sys/bus/pci/drivers/%s/remove_id", entry.wanted);
        auto const text = printed<DriverName>("%4x %4x", id.vendor, id.device);
        for (int i = 0; i < most && !root.write(file, text.view()).is_error(); ++i)
            entry.was_id_removed = true;
    }

    void ask_host_driver(UndoEntry& entry) const
    {
        auto const name = path_of("%a", address_of(entry));
        auto const has_driver = [&] {
            auto const driver = bound_driver(root, address_of(entry));
            return !driver.is_error() && !driver.value().empty();
        };
        // Without a driver and with this override, it was for vfio-pci to take: asking would let it.
        bool const was_free_for_ours = entry.driver_was.empty() && entry.override_was.view() == entry.wanted;
        if (was_free_for_ours || has_driver() || has_guest(entry))
            return;
        entry.was_asked_for = try_to([&] { return root.write("sys/bus/pci/drivers_probe", name.view()); });
        if (entry.driver_was.empty() || has_driver())
            return;
        try_to([&] {
            return root.write(path_of("sys/bus/pci/drivers/%s/bind", entry.driver_was), name.view());
        });
    }

    State state_of(UndoEntry const& entry) const
    {
        auto const driver = bound_driver(root, address_of(entry));
        auto const override_now = read_override(root, address_of(entry));
        session.inventory.devices[entry.device].driver = driver.is_error() ? DriverName{} : driver.value();
        if (driver.is_error() || override_now.is_error())
            return State::Stuck;
        auto const is_override_back = override_now.value().view() == entry.override_was.view();
        auto const& now = driver.value();
        bool const is_driver_back =
            entry.driver_was.empty() ? now.view() != entry.wanted : now.view() == entry.driver_was.view();
        if (session.mode == Mode::Release && now.empty() && !entry.was_asked_for)
            return State::Stuck;
        return is_override_back && is_driver_back ? State::PutBack : State::Stuck;
    }

    void for_each(FunctionRef<bool(UndoEntry const&)> is_meant, FunctionRef<void(UndoEntry&)> action) const
    {
        for (auto i = session.undo_log.size(); i-- > 0;) {
            auto& entry = session.undo_log[i];
            if (is_to_be_undone(session, entry) && is_meant(entry))
                action(entry);
        }
    }

    void put_overrides_back(FunctionRef<bool(UndoEntry const&)> is_meant) const
    {
        for_each(is_meant, [&](UndoEntry const& entry) {
            static_cast<void>(write_override(root, session, entry, entry.override_was.view()));
        });
    }

    // A host driver can be asked only when the last member is free of ours.
    void undo_where(FunctionRef<bool(UndoEntry const&)> is_meant) const
    {
        for_each(is_meant, [&](UndoEntry const& entry) { release(entry); });
        if (session.mode == Mode::Release)
            for_each(is_meant, [&](UndoEntry& entry) { forget_id(entry); });
        for_each(is_meant,
            [&](UndoEntry& entry) { during(entry, Failure::Step::Probe, [&] { ask_host_driver(entry); }); });
        for_each(is_meant, [&](UndoEntry& entry) { entry.state = state_of(entry); });
    }
};

} // namespace

Result<void> note_what_it_was(
    Root const& root, Session& session, Decision const& decision, DeviceIndex device, std::string_view wanted)
{
    auto const address = session.inventory.devices[device].address;
    UndoEntry entry = {.device = device,
        .decision = static_cast<uint16_t>(&decision - session.plan.decisions.begin()),
        .wanted = wanted};
    entry.driver_was = TRY(bound_driver(root, address));
    entry.override_was = TRY(read_override(root, address));
    if (session.mode == Mode::Release) {
        entry.driver_was = {};
        entry.had_our_override = is_of_ours(entry.override_was);
        entry.override_was = {};
    }
    session.undo_log.append(entry);
    return {};
}

Result<void> write_override(
    Root const& root, Session const& session, UndoEntry const& entry, std::string_view text)
{
    // An empty line clears an override (driver_override_store() in drivers/pci/pci-sysfs.c).
    auto const path = device_path(session.inventory.devices[entry.device].address, "driver_override");
    Result<void> written;
    try_to([&] { return written = root.write(path, text.empty() ? "\n" : text); });
    return written;
}

void undo(Session& session, Root const& root)
{
    Undoing const undoing{session, root};
    for (auto& group : session.inventory.groups)
        group.has_guest.reset();
    auto const none_of = [](auto predicate) {
        return [predicate](UndoEntry const& entry) { return !predicate(entry); };
    };
    auto const hangs = [&](UndoEntry const& entry) { return may_hang(decision_of(session, entry)); };
    auto const is_in_group_that_hangs = [&](UndoEntry const& entry) {
        return may_group_hang(session, entry);
    };
    // Overrides first: what a driver that is just being loaded has not attached yet then stays free. What it
    // has attached can be unbound when it is loaded. A device that hangs keeps no other group waiting.
    undoing.put_overrides_back(none_of(hangs));
    if (session.is_loading)
        wait_for_end_of(session.left_behind);
    undoing.undo_where(none_of(is_in_group_that_hangs));
    wait_for_end_of(session.left_behind);
    undoing.put_overrides_back(hangs);
    undoing.undo_where(is_in_group_that_hangs);
}

bool judge_what_was_lost(Session& session, Root const& root)
{
    for (auto& device : session.inventory.devices) {
        try_to([&]() -> Result<void> {
            device.driver = TRY(bound_driver(root, device.address));
            return {};
        });
    }
    bool is_any = false;
    for (auto& decision : session.plan.decisions) {
        if (decision.outcome != Outcome::Bound)
            continue;
        // It was read once that it is: the opposite has to be read more than once.
        auto& device = session.inventory.devices[*decision.device];
        try_to([&]() -> Result<void> {
            if (device.driver.view() == driver_name(decision.target))
                return {};
            device.driver = TRY(bound_driver(root, device.address));
            return Error{"verifying the driver"};
        });
        if (device.driver.view() == driver_name(decision.target))
            continue;
        decision.failure = {Failure::Step::Verify, 0};
        fail(decision, Reason::BindFailed);
        is_any = true;
    }
    if (is_any)
        refuse_unviable_groups(session.plan, session.inventory);
    return is_any;
}

void undo_what_was_lost(Session& session, Root const& root)
{
    if (!judge_what_was_lost(session, root))
        return;
    undo(session, root);
    if (judge_what_was_lost(session, root))
        give_up_on_what_is_left(session.undo_log, session.plan); // lost in between: nobody undoes it any more
}

} // namespace vfio_early
