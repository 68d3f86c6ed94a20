// SPDX-License-Identifier: MIT
#include "sys/apply.h"

#include "base/function_ref.h"
#include "core/late_group.h"
#include "core/plan.h"
#include "core/viability.h"
#include "sys/boot_display.h"
#include "sys/driver.h"
#include "sys/modules.h"
#include "sys/scan.h"
#include "sys/undo.h"
#include "sys/vfio_group.h"

namespace vfio_early {

namespace {

using Step = Failure::Step;

Address address_of(Decision const& decision, Session const& session)
{
    return device_of(decision, session.inventory)->address;
}

Result<void> set_override(Root const& root, Address const& address, std::string_view driver)
{
    return root.write(device_path(address, "driver_override"), driver);
}

// Calls `action` for each decision of the group that `leader` belongs to, until it fails for one, which then
// has the failure. True if it failed for none.
bool all_of_group(Session& session, Decision const& leader, Step step,
    FunctionRef<Result<void>(Address const&, Target)> action)
{
    for (auto& decision : session.plan.decisions) {
        if (!share_group(leader, decision, session.inventory))
            continue;
        decision.failure.step = step;
        auto const result = action(address_of(decision, session), decision.target);
        if (result.is_error()) {
            decision.failure.error_number = result.error().number;
            fail(decision, reason_of(decision.failure, *device_of(decision, session.inventory)));
            return false;
        }
        decision.failure.step = Step::None;
    }
    return true;
}

// True for the first decision of a group that is still to be bound and has no member that failed.
bool is_group_to_bind(Session const& session, Decision const& leader)
{
    if (leader.outcome != Outcome::WouldBind || !is_open(leader))
        return false;
    auto const* device = device_of(leader, session.inventory);
    return !device->group || refused_members(*device->group, session.plan, session.inventory).empty();
}

// Nothing is written for a device of which it is not known what it was.
Result<void> note_and_set_override(Session& session, Root const& root, Decision const& decision)
{
    auto const driver = driver_name(decision.target);
    TRY(note_what_it_was(root, session, decision, *decision.device, driver));
    return set_override(root, address_of(decision, session), driver);
}

void set_overrides(Session& session, Root const& root)
{
    for (auto& decision : session.plan.decisions) {
        if (!is_open(decision))
            continue;
        decision.failure.step = Step::Override;
        auto const result = note_and_set_override(session, root, decision);
        if (!result.is_error()) {
            decision.failure.step = Step::None;
            continue;
        }
        decision.failure.error_number = result.error().number;
        fail(decision, Reason::BindFailed);
    }
}

// Before a driver is loaded, which binds what its override names.
void darken_boot_displays(Session& session, Root const& root)
{
    for (auto const& decision : session.plan.decisions) {
        auto const* device = device_of(decision, session.inventory);
        if (!is_group_to_bind(session, decision) || !device->is_boot_display)
            continue;
        auto const target = decision.target;
        if (has_driver(root, target) || (root.is_machine() && could_load_driver(root, session, target)))
            darken(session, root, device->address);
    }
}

void look_at_boot_displays(Session& session, Root const& root)
{
    for (auto const& decision : session.plan.decisions) {
        auto const* device = device_of(decision, session.inventory);
        if (decision.outcome == Outcome::Bound && device->is_boot_display)
            look_for_holder(session, root, device->address);
    }
}

// Settles what was to be bound to a driver that is not there.
template <typename IsThere> void settle_without_drivers(Session& session, IsThere is_there)
{
    for (auto const target : {Target::VfioPci, Target::PciStub}) {
        if (needs_driver(session.plan, target) && !is_there(target))
            settle_without_driver(session, target);
    }
}

Result<void> unbind_from_other_driver(Root const& root, Address const& address, Target target)
{
    auto const driver = TRY(bound_driver(root, address));
    if (driver.empty() || driver.view() == driver_name(target))
        return {};
    return unbind(root, address, driver.view());
}

// Loading a driver has bound the devices whose override names it. What is left is bound here, where the
// kernel answers with an errno (drivers_probe reports success in any case).
Result<void> bind_to_target(Root const& root, Address const& address, Target target)
{
    if (is_bound_to(root, address, driver_name(target)))
        return {};
    auto const result = root.write(
        path_of("sys/bus/pci/drivers/%s/bind", driver_name(target)), path_of("%a", address).view());
    // EBUSY (5.10: ENODEV) also means that it was bound in between: the link decides.
    if (is_bound_to(root, address, driver_name(target)))
        return {};
    return result;
}

Result<void> verify(Root const& root, Address const& address, Target target)
{
    auto const driver = TRY(bound_driver(root, address));
    if (driver.view() == driver_name(target))
        return {};
    return Error{"verifying the driver"};
}

// As its driver was read.
void set_bound(Session& session, Decision& decision)
{
    session.inventory.devices[*decision.device].driver = DriverName(driver_name(decision.target));
    decision.outcome = Outcome::Bound;
}

// The group of a device that had none until it was bound.
void check_late_group(Session& session, Root const& root, Decision& decision)
{
    rescan_group(root, session.inventory, *decision.device);
    scan_card(root, session.inventory, address_of(decision, session));
    judge_late_group(session.plan, session.inventory, decision);
    if (is_open(decision))
        set_bound(session, decision);
}

// Loading a driver binds the devices whose override names it.
bool is_group_bound(Session const& session, Root const& root, Decision const& leader)
{
    for (auto const& decision : session.plan.decisions) {
        if (share_group(leader, decision, session.inventory)
            && !is_bound_to(root, address_of(decision, session), driver_name(decision.target)))
            return false;
    }
    return true;
}

// Two passes, never member by member: a member still on its host driver can make the first bind fail.
void bind_group(Session& session, Root const& root, Decision& leader)
{
    auto const on = [&](auto step) {
        return [&root, step](Address const& address, Target target) { return step(root, address, target); };
    };
    if (!is_group_bound(session, root, leader)
        && !(all_of_group(session, leader, Step::Unbind, on(unbind_from_other_driver))
            && all_of_group(session, leader, Step::Bind, on(bind_to_target))
            && all_of_group(session, leader, Step::Verify, on(verify))))
        return;
    if (!device_of(leader, session.inventory)->group)
        return check_late_group(session, root, leader);
    for (auto& decision : session.plan.decisions) {
        if (share_group(leader, decision, session.inventory))
            set_bound(session, decision);
    }
}

void bind_groups(Session& session, Root const& root)
{
    for (auto& decision : session.plan.decisions) {
        if (is_group_to_bind(session, decision))
            bind_group(session, root, decision);
    }
}

// Takes a bridge from shpchp, and keeps it from it: whatever asks for drivers later, as udev does, is told of
// pcieport, which does not drive a conventional bridge.
Result<void> free_bridge(Session& session, Root const& root, Decision const& decision, DeviceIndex bridge)
{
    auto const address = session.inventory.devices[bridge].address;
    TRY(note_what_it_was(root, session, decision, bridge, port_driver));
    auto& entry = session.undo_log.last();
    entry.state = UndoEntry::State::Stuck; // for whoever finds it half done
    TRY(set_override(root, address, port_driver));
    auto const driver = TRY(bound_driver(root, address));
    if (driver.view() == hotplug_driver)
        TRY(unbind(root, address, hotplug_driver));
    entry.state = UndoEntry::State::Written;
    return {};
}

// Of the groups that are bound. What does not succeed is told, as the drivers of all members are read later.
void free_bridges(Session& session, Root const& root)
{
    for (size_t i = 0; i < session.inventory.devices.size(); ++i) {
        auto const& device = session.inventory.devices[i];
        if (!device.group || !is_for_shpchp(device))
            continue;
        auto const* decision = first_for_guests(*device.group, session.plan, session.inventory);
        if (decision)
            static_cast<void>(free_bridge(session, root, *decision, static_cast<DeviceIndex>(i)));
    }
}

// What the kernel itself says of the groups that are bound. It is true so far: a driver that comes later can
// still take a member.
void ask_groups(Session& session, Root const& root)
{
    for (auto& group : session.inventory.groups) {
        if (!first_for_guests(group.number, session.plan, session.inventory))
            continue;
        auto const status = ask_group(root, group.number);
        if (status == GroupStatus::Viable || status == GroupStatus::NotViable)
            group.is_viable = status == GroupStatus::Viable;
    }
}

} // namespace

void rehearse(Session& session, Root const& root)
{
    // What is in the kernel that runs says nothing of another one.
    bool const is_other_kernel = !session.kernel.empty();
    settle_without_drivers(session, [&](Target target) {
        if (is_other_kernel || !has_driver(root, target))
            return could_load_driver(root, session, target);
        session.loading_of(target).is_ours = is_loaded_module(root, target);
        return true;
    });
    refuse_unviable_groups(session.plan, session.inventory);
    for (auto const target : {Target::VfioPci, Target::PciStub}) {
        if (!needs_driver(session.plan, target))
            session.loading_of(target).is_ours = false;
    }
}

void apply(Session& session, Root const& root)
{
    set_overrides(session, root);
    darken_boot_displays(session, root);
    session.is_loading = root.is_machine();
    if (session.is_loading)
        load_drivers(root, session);
    session.is_loading = false;
    settle_without_drivers(session, [&](Target target) { return has_driver(root, target); });
    bind_groups(session, root);
    refuse_unviable_groups(session.plan, session.inventory);
    undo(session, root);
    free_bridges(session, root);
    undo_what_was_lost(session, root);
    ask_groups(session, root);
    look_at_boot_displays(session, root);
}

} // namespace vfio_early
