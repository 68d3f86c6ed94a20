// SPDX-License-Identifier: MIT
#include "sys/apply.h"

#include "core/late_group.h"
#include "core/plan.h"
#include "core/viability.h"
#include "sys/modules.h"
#include "sys/scan.h"

#include <errno.h>
#include <poll.h>

namespace vfio_early {

namespace {

using Step = Failure::Step;

// An empty line clears an override (driver_override_store() in drivers/pci/pci-sysfs.c).
constexpr std::string_view no_override = "\n";

void wait_milliseconds(int milliseconds)
{
    poll(nullptr, 0, milliseconds);
}

Address address_of(Decision const& decision, Session const& session)
{
    return device_of(decision, session.inventory)->address;
}

Result<void> set_override(Root const& root, Address address, std::string_view driver)
{
    return root.write(device_path(address, "driver_override"), driver);
}

// While a host driver is just being bound, its `driver` link is there before its `unbind` file (seen on 6.12
// and 7.2): ENOENT then means "not yet".
Result<void> unbind(Root const& root, Address address)
{
    constexpr int attempts = 20;
    constexpr int pause_milliseconds = 10;
    auto const name = path_of(address);
    auto result = root.write(device_path(address, "driver/unbind"), name.view());
    for (int i = 1; i < attempts && result.is_error() && result.error().number == ENOENT; ++i) {
        if (bound_driver(root, address).empty())
            return {};
        wait_milliseconds(pause_milliseconds);
        result = root.write(device_path(address, "driver/unbind"), name.view());
    }
    return result;
}

// Calls `action` for each decision of the group that `leader` belongs to, until it fails for one, which then
// has the failure. True if it failed for none.
template <typename Action>
bool all_of_group(Session& session, Decision const& leader, Step step, Action action)
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

void set_overrides(Session& session, Root const& root)
{
    for (auto& decision : session.plan.decisions) {
        if (!is_open(decision))
            continue;
        decision.is_written_to = true;
        decision.failure.step = Step::Override;
        auto const result = set_override(root, address_of(decision, session), driver_name(decision.target));
        if (!result.is_error()) {
            decision.failure.step = Step::None;
            continue;
        }
        decision.failure.error_number = result.error().number;
        fail(decision, Reason::BindFailed);
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

Result<void> unbind_from_other_driver(Root const& root, Address address, Target target)
{
    auto const driver = bound_driver(root, address);
    if (driver.empty() || driver.view() == driver_name(target))
        return {};
    return unbind(root, address);
}

// Loading a driver has bound the devices whose override names it. What is left is bound here, where the
// kernel answers with an errno (drivers_probe reports success in any case).
Result<void> bind_to_target(Root const& root, Address address, Target target)
{
    if (bound_driver(root, address).view() == driver_name(target))
        return {};
    auto const result =
        root.write(path_of("sys/bus/pci/drivers/", driver_name(target), "/bind"), path_of(address).view());
    // EBUSY (5.10: ENODEV) also means that it was bound in between: the link decides.
    if (bound_driver(root, address).view() == driver_name(target))
        return {};
    return result;
}

Result<void> verify(Root const& root, Address address, Target target)
{
    if (bound_driver(root, address).view() == driver_name(target))
        return {};
    return Error{"verifying the driver"};
}

// The group of a device that had none until it was bound.
void check_late_group(Session& session, Root const& root, Decision& decision)
{
    rescan_group(root, session.inventory, *decision.device);
    scan_card(root, session.inventory, address_of(decision, session));
    judge_late_group(session.plan, session.inventory, decision);
    if (is_open(decision))
        decision.outcome = Outcome::Bound;
}

// Two passes, never member by member: a member still on its host driver can make the first bind fail.
void bind_group(Session& session, Root const& root, Decision& leader)
{
    auto const on = [&](auto step) {
        return [&root, step](Address address, Target target) { return step(root, address, target); };
    };
    if (!all_of_group(session, leader, Step::Unbind, on(unbind_from_other_driver)))
        return;
    if (!all_of_group(session, leader, Step::Bind, on(bind_to_target)))
        return;
    if (!all_of_group(session, leader, Step::Verify, on(verify)))
        return;
    if (!device_of(leader, session.inventory)->group)
        return check_late_group(session, root, leader);
    for (auto& decision : session.plan.decisions) {
        if (share_group(leader, decision, session.inventory))
            decision.outcome = Outcome::Bound;
    }
}

void bind_groups(Session& session, Root const& root)
{
    for (auto& decision : session.plan.decisions) {
        if (is_group_to_bind(session, decision))
            bind_group(session, root, decision);
    }
}

void read_drivers_back(Session& session, Root const& root)
{
    for (auto& device : session.inventory.devices)
        device.driver = bound_driver(root, device.address);
}

// In two passes, as when binding: first all of them are released, then the host drivers are asked. If this
// fails, nothing more can be done: the report says which driver each device ended on.
void undo_where(Session& session, Root const& root, FunctionRef<bool(Decision const&)> is_undone)
{
    for (auto const& decision : session.plan.decisions) {
        if (!is_undone(decision))
            continue;
        auto const address = address_of(decision, session);
        static_cast<void>(set_override(root, address, no_override));
        if (bound_driver(root, address).view() == driver_name(decision.target))
            static_cast<void>(unbind(root, address));
    }
    for (auto const& decision : session.plan.decisions) {
        if (!is_undone(decision))
            continue;
        auto const name = path_of(address_of(decision, session));
        static_cast<void>(root.write(Path("sys/bus/pci/drivers_probe"), name.view()));
    }
}

} // namespace

void rehearse(Session& session, Root const& root)
{
    settle_without_drivers(session,
        [&](Target target) { return has_driver(root, target) || could_load_driver(root, session, target); });
    refuse_unviable_groups(session.plan, session.inventory);
    for (auto const target : {Target::VfioPci, Target::PciStub})
        session.loading_of(target).is_ours = needs_driver(session.plan, target)
            && (!has_driver(root, target) || is_loaded_module(root, target));
}

void apply(Session& session, Root const& root)
{
    set_overrides(session, root);
    load_drivers(root, session);
    settle_without_drivers(session, [&](Target target) { return has_driver(root, target); });
    bind_groups(session, root);
    refuse_unviable_groups(session.plan, session.inventory);
    undo(session, root);
    read_drivers_back(session, root);
}

void undo(Session& session, Root const& root)
{
    auto const is_ours = [](Decision const& decision) {
        return decision.is_written_to && decision.outcome != Outcome::Bound;
    };
    auto const may_hang = [](Decision const& decision) { return decision.failure.step != Step::None; };
    undo_where(
        session, root, [&](Decision const& decision) { return is_ours(decision) && !may_hang(decision); });
    undo_where(
        session, root, [&](Decision const& decision) { return is_ours(decision) && may_hang(decision); });
}

} // namespace vfio_early
