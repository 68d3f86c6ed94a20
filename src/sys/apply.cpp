#include "sys/apply.h"

#include "core/viability.h"
#include "sys/modules.h"
#include "sys/scan.h"

#include <errno.h>
#include <time.h>

namespace vfio_early {

namespace {

using Step = Failure::Step;

// An empty line clears an override (driver_override_store() in drivers/pci/pci-sysfs.c).
constexpr std::string_view no_override = "\n";

void wait_milliseconds(long milliseconds)
{
    timespec const duration{milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&duration, nullptr);
}

void fail(Decision& decision, Code code, int error_number)
{
    decision.code = code;
    decision.outcome = Outcome::Failed;
    decision.failure.error_number = error_number;
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
    constexpr long pause_milliseconds = 10;
    auto const name = path_of(address);
    auto result = root.write(device_path(address, "driver/unbind"), name.view());
    for (int i = 1; i < attempts && result.is_error() && result.error().error_number == ENOENT; ++i) {
        if (bound_driver(root, address).empty())
            return {};
        wait_milliseconds(pause_milliseconds);
        result = root.write(device_path(address, "driver/unbind"), name.view());
    }
    return result;
}

// Calls `action` with each decision of the group that `leader` belongs to, until one returns an error. That
// one then carries the failure; true when there was none.
template <typename Action>
bool all_of_group(Session& session, Decision const& leader, Step step, Action action)
{
    for (auto& decision : session.plan.decisions) {
        if (!share_group(leader, decision, session.inventory))
            continue;
        decision.failure.step = step;
        auto const result = action(address_of(decision, session), decision.target);
        if (result.is_error()) {
            fail(decision, Code::BindFailed, result.error().error_number);
            return false;
        }
        decision.failure.step = Step::None;
    }
    return true;
}

bool is_group_intact(Session const& session, Decision const& leader)
{
    return leader.code == Code::None && refused_peers(leader, session.plan, session.inventory).empty();
}

void set_overrides(Session& session, Root const& root)
{
    for (auto& decision : session.plan.decisions) {
        if (decision.code != Code::None)
            continue;
        decision.is_written_to = true;
        decision.failure.step = Step::Override;
        auto const result = set_override(root, address_of(decision, session), driver_name(decision.target));
        if (result.is_error())
            fail(decision, Code::BindFailed, result.error().error_number);
        else
            decision.failure.step = Step::None;
    }
}

void fail_without_driver(Session& session, Root const& root)
{
    for (auto const target : {Target::VfioPci, Target::PciStub}) {
        if (has_driver(root, target))
            continue;
        for (auto& decision : session.plan.decisions) {
            if (decision.code == Code::None && decision.target == target)
                fail(decision, Code::ModuleMissing, 0);
        }
    }
}

Result<void> unbind_from_other_driver(Root const& root, Address address, Target target)
{
    auto const driver = bound_driver(root, address);
    if (driver.empty() || driver.view() == driver_name(target))
        return {};
    return unbind(root, address);
}

// Loading a driver has bound what its override names; what is left is bound here, where the kernel answers
// with an errno (drivers_probe says success whatever came of it).
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
    return Error{"verifying the driver of", FixedString<256>(path_of(address).view())};
}

// A function of the same card that nobody listed has no group either before its own driver binds, and may
// join this one then: as long as nobody can tell, it counts as a member.
void count_functions_without_group(Session& session, Root const& root, Device const& bound)
{
    auto address = bound.address;
    for (address.function = 0; address.function < functions_per_device; ++address.function) {
        auto const sibling = scan_device(root, session.inventory, address);
        if (!sibling || find_decision(session.plan, *sibling) || session.inventory.devices[*sibling].group)
            continue;
        session.inventory.devices[*sibling].group = bound.group;
    }
}

// Some IOMMU drivers make a device's group when a driver binds to it: such a device is alone in its plan
// until now, and judged by what came, by the same rule.
bool is_late_group_sound(Session& session, Root const& root, Decision& decision)
{
    auto const* device = device_of(decision, session.inventory);
    rescan_group(root, session.inventory, *decision.device);
    auto const* group = group_of(decision, session.inventory);
    if (!device->group)
        fail(decision, Code::NoGroup, 0);
    else if (group && group->is_no_iommu)
        fail(decision, Code::NoIommuGroup, 0);
    else
        count_functions_without_group(session, root, *device);
    refuse_unviable_groups(session.plan, session.inventory);
    return decision.code == Code::None;
}

// vfio-pci answers EINVAL where a device has no IOMMU group (vfio_register_group_dev()).
void tell_missing_group(Decision& decision, Session const& session)
{
    if (decision.code == Code::BindFailed && decision.failure.error_number == EINVAL
        && !device_of(decision, session.inventory)->group)
        decision.code = Code::NoGroup;
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
        return tell_missing_group(leader, session);
    if (!all_of_group(session, leader, Step::Verify, on(verify)))
        return;
    if (!device_of(leader, session.inventory)->group) {
        if (is_late_group_sound(session, root, leader))
            leader.outcome = Outcome::Bound;
        return;
    }
    for (auto& decision : session.plan.decisions) {
        if (share_group(leader, decision, session.inventory))
            decision.outcome = Outcome::Bound;
    }
}

void bind_groups(Session& session, Root const& root)
{
    for (auto& decision : session.plan.decisions) {
        if (decision.outcome == Outcome::WouldBind && is_group_intact(session, decision))
            bind_group(session, root, decision);
    }
}

void read_drivers_back(Session& session, Root const& root)
{
    for (auto& device : session.inventory.devices)
        device.driver = bound_driver(root, device.address);
}

// In two passes, as when binding: first none of them is ours any more, then the host drivers are asked. What
// fails here cannot be helped: the report says which driver each device ended on.
template <typename Predicate> void give_back(Session& session, Root const& root, Predicate is_given_back)
{
    for (auto const& decision : session.plan.decisions) {
        if (!is_given_back(decision))
            continue;
        auto const address = address_of(decision, session);
        static_cast<void>(set_override(root, address, no_override));
        if (bound_driver(root, address).view() == driver_name(decision.target))
            static_cast<void>(unbind(root, address));
    }
    for (auto const& decision : session.plan.decisions) {
        if (!is_given_back(decision))
            continue;
        auto const name = path_of(address_of(decision, session));
        static_cast<void>(root.write(path_of("sys/bus/pci/drivers_probe"), name.view()));
    }
}

} // namespace

void rehearse(Session& session, Root const& root)
{
    for (auto const target : {Target::VfioPci, Target::PciStub}) {
        if (!needs_driver(session, target) || has_driver(root, target) || could_load_driver(root, target))
            continue;
        for (auto& decision : session.plan.decisions) {
            if (decision.code != Code::None || decision.target != target)
                continue;
            decision.outcome = Outcome::Refused;
            decision.code = Code::ModuleMissing;
        }
    }
    refuse_unviable_groups(session.plan, session.inventory);
}

void apply(Session& session, Root const& root)
{
    set_overrides(session, root);
    load_drivers(root, session);
    fail_without_driver(session, root);
    bind_groups(session, root);
    refuse_unviable_groups(session.plan, session.inventory);
    roll_back(session, root);
    read_drivers_back(session, root);
}

void roll_back(Session& session, Root const& root)
{
    auto const is_ours_to_return = [](Decision const& decision) {
        return decision.is_written_to && decision.outcome != Outcome::Bound;
    };
    auto const may_hang = [](Decision const& decision) { return decision.failure.step != Step::None; };
    give_back(session, root,
        [&](Decision const& decision) { return is_ours_to_return(decision) && !may_hang(decision); });
    give_back(session, root,
        [&](Decision const& decision) { return is_ours_to_return(decision) && may_hang(decision); });
}

} // namespace vfio_early
