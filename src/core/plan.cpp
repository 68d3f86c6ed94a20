// SPDX-License-Identifier: MIT
#include "core/plan.h"

#include "base/function_ref.h"
#include "core/viability.h"

#include <algorithm>
#include <errno.h>

namespace vfio_early {

namespace {

Problem conflict(Entry const& entry, Entry const& earlier, Address const& address)
{
    return problem_of(entry.line,
        "%q selects %a for %s, but %q on line %u selects it for %s, keep one of the two", entry.label.view(),
        address, section_name(entry.target), earlier.label.view(), earlier.line,
        section_name(earlier.target));
}

Problem two_handovers(Entry const& entry, Entry const& earlier, Address const& address)
{
    return problem_of(entry.line,
        "%q and %q on line %u both hand over %a, keep one of the two under [handover]", entry.label.view(),
        earlier.label.view(), earlier.line, address);
}

// What a decision of an entry begins with.
Decision new_decision(Config const& config, uint16_t entry, Recollection const& recollection)
{
    return {.entry = entry,
        .target = config.entries[entry].target,
        .note = recollection.note,
        .meant = recollection.meant,
        .may_be_given_away = !is_protected(config, config.entries[entry]),
        .handover = handover_of(config, entry) ? std::optional(entry) : std::nullopt};
}

void refuse_if(Decision& decision, Reason reason)
{
    if (reason != Reason::None)
        refuse(decision, reason);
}

// Adds a decision for a device that `entry` selects, or merges it with the one that is there: what one line
// refuses, another line does not allow.
void add_device(Plan& plan, Config const& config, Decision decision, Reason reason,
    Inventory const& inventory, Problems& problems)
{
    auto const& entry = config.entries[decision.entry];
    auto position = find_decision(plan, *decision.device);
    // What a line leads to and did not mean is not refused to another line, which may mean it.
    if (position && (decision.is_mistaken || plan.decisions[*position].is_mistaken)) {
        auto& mistaken = decision.is_mistaken ? decision : plan.decisions[*position];
        mistaken.device.reset();
        position.reset();
    }
    if (!position) {
        refuse_if(decision, reason);
        plan.decisions.append(decision);
        return;
    }
    auto& merged = plan.decisions[*position];
    auto const& earlier = config.entries[merged.entry];
    if (earlier.target != entry.target)
        problems.add(conflict(entry, earlier, inventory.devices[*decision.device].address));
    merged.may_be_given_away &= decision.may_be_given_away;
    if (!merged.handover)
        merged.handover = decision.handover;
    else if (decision.handover && merged.handover != decision.handover)
        problems.add(two_handovers(
            entry, config.entries[*merged.handover], inventory.devices[*decision.device].address));
    if (!merged.meant)
        merged.meant = decision.meant;
    // Of two lines for one device, the one that is wrong is told.
    if (reason != Reason::None && merged.reason == Reason::None)
        merged.entry = decision.entry;
    refuse_if(merged, reason);
}

// A whole card is judged by its first function, and reported function by function.
void speak_of_function(Recollection::Meant& meant, Address const& function)
{
    meant.was.function = function.function;
    meant.is_now = function;
}

// Of a device that 'all' selects.
Recollection::Note note_of(Selector const& selector, Facts const& facts, Device const& device)
{
    using Note = Recollection::Note;
    return was_recorded(selector, facts, device) ? Note::None : Note::NotRecorded;
}

} // namespace

void plan_entry(Config const& config, uint16_t entry, Facts const& facts, Inventory const& inventory,
    Plan& plan, Problems& problems)
{
    auto const& selector = config.entries[entry].selector;
    auto const recollection = recall(selector, facts, inventory);
    auto const& resolution = recollection.resolution;
    auto decision = new_decision(config, entry, recollection);
    bool const is_whole_card = selector.location && selector.location->every_function;
    auto const refuse_entry = [&](Reason reason) {
        decision.arrival = resolution.arrival;
        refuse(decision, reason, record(plan, resolution.devices));
        plan.decisions.append(decision);
    };
    auto const add_devices = [&](Reason reason) {
        decision.is_mistaken =
            reason == Reason::Changed || (reason == Reason::IdMismatch && recollection.meant);
        for (auto const device : resolution.devices) {
            decision.device = device;
            if (reason == Reason::None && is_whole_card && decision.meant && decision.meant->is_now)
                speak_of_function(*decision.meant, inventory.devices[device].address);
            if (recollection.note == Recollection::Note::NotRecorded)
                decision.note = note_of(selector, facts, inventory.devices[device]);
            add_device(plan, config, decision, reason, inventory, problems);
        }
    };
    if (recollection.reason != Reason::None)
        return resolution.devices.empty() ? refuse_entry(recollection.reason)
                                          : add_devices(recollection.reason);
    switch (resolution.kind) {
    case Resolution::Kind::NotFound:
        return refuse_entry(
            inventory.has_no_sysfs || inventory.is_overfull ? Reason::Unreadable : Reason::NotFound);
    case Resolution::Kind::Ambiguous:
        return refuse_entry(Reason::Ambiguous);
    case Resolution::Kind::Unsure:
        return refuse_entry(Reason::Unreadable);
    case Resolution::Kind::IdMismatch:
        return add_devices(Reason::IdMismatch);
    case Resolution::Kind::Found:
        return add_devices(Reason::None);
    }
}

namespace {

void refuse_to_give_away(Decision& decision, HostFact const& fact)
{
    decision.host_use = fact.why.view();
    if (!decision.may_be_given_away)
        refuse(decision, Reason::Protected);
}

// True where a line leads to the device of a fact.
bool is_listed(HostFact const& fact, Plan const& plan, Facts const& facts, Inventory const& inventory)
{
    return std::ranges::any_of(plan.decisions, [&](Decision const& decision) {
        auto const* device = device_of(decision, inventory);
        return device && is_open(decision) && host_fact_of(*device, true, facts, inventory) == &fact;
    });
}

// Of those of which the host needs one, such as several default routes, not all are given away.
void refuse_the_last_spare(Plan& plan, Facts const& facts, Inventory const& inventory)
{
    bool const is_one_left = std::ranges::any_of(facts.host,
        [&](HostFact const& fact) { return fact.is_spare && !is_listed(fact, plan, facts, inventory); });
    for (auto& decision : plan.decisions) {
        auto const* device = device_of(decision, inventory);
        auto const* fact = device ? host_fact_of(*device, true, facts, inventory) : nullptr;
        if (!fact || !is_open(decision))
            continue;
        decision.is_spare = is_one_left;
        if (is_one_left)
            decision.host_use = fact->why.view();
        else
            refuse_to_give_away(decision, *fact);
    }
}

// What the host lives on comes before every other reason: whatever else may be wrong can change.
void refuse_what_the_host_needs(Plan& plan, Facts const& facts, Inventory const& inventory)
{
    for (auto& decision : plan.decisions) {
        auto const* device = device_of(decision, inventory);
        if (auto const* fact = device ? host_fact_of(*device, false, facts, inventory) : nullptr)
            refuse_to_give_away(decision, *fact);
    }
    refuse_the_last_spare(plan, facts, inventory);
}

Reason why_unsafe(Device const& device, Inventory const& inventory, Options const& options)
{
    auto const* group = inventory.find_group(device.group);
    if (!device.is_readable || inventory.is_overfull || (group && !group->is_readable))
        return Reason::Unreadable;
    if (!is_endpoint(device))
        return Reason::IsBridge;
    if (group && group->is_no_iommu)
        return Reason::NoIommuGroup;
    // A group proves that there is an IOMMU, even if /sys/class/iommu is empty (POWER).
    if (inventory.iommu != Iommu::On && !device.group)
        return Reason::NoIommu;
    // The one that gives the others their groups gets none: type 23 ("Virtual I/O Device (VIRTIO)" 1.2, 4.1.2
    // and 5).
    constexpr DeviceId virtio_iommu = {0x1af4, 0x1040 + 23};
    if (!device.group && (!inventory.groups_appear_late || device.id == virtio_iommu))
        return Reason::NoGroup;
    bool const may_be_boot_display = device.is_boot_display || device.may_be_boot_display;
    if (may_be_boot_display && options.boot_display == BootDisplay::Refuse)
        return Reason::BootDisplay;
    return Reason::None;
}

void refuse_unsafe_devices(Plan& plan, Inventory const& inventory, Options const& options)
{
    for (auto& decision : plan.decisions) {
        if (!is_open(decision))
            continue;
        auto const& device = inventory.devices[*decision.device];
        auto const reason = why_unsafe(device, inventory, options);
        // That the host has it until then is what a handover is for.
        if (reason == Reason::BootDisplay && is_handed_over(decision, plan, inventory))
            continue;
        refuse_if(decision, reason);
    }
}

} // namespace

bool is_handed_over(Decision const& decision, Plan const& plan, Inventory const& inventory)
{
    return std::ranges::any_of(plan.decisions,
        [&](Decision const& other) { return other.handover && share_group(other, decision, inventory); });
}

void leave_for_handover(Plan& plan, Inventory const& inventory)
{
    for (auto& decision : plan.decisions) {
        if (is_open(decision) && is_handed_over(decision, plan, inventory))
            decision.outcome = Outcome::Handover;
    }
}

void make_plan(
    Config const& config, Facts const& facts, Inventory const& inventory, Plan& plan, Problems& problems)
{
    plan.decisions.clear();
    plan.recorded.clear();
    for (size_t i = 0; i < config.entries.size(); ++i)
        plan_entry(config, static_cast<uint16_t>(i), facts, inventory, plan, problems);
    refuse_what_the_host_needs(plan, facts, inventory);
    refuse_unsafe_devices(plan, inventory, config.options);
    refuse_unviable_groups(plan, inventory);
}

// Leaves only the groups of which a decision is meant.
static void keep_groups(Plan& plan, Inventory const& inventory, FunctionRef<bool(Decision const&)> is_meant)
{
    bool is_kept[max_decisions] = {};
    for (auto const& meant : plan.decisions) {
        if (!is_meant(meant))
            continue;
        for (size_t i = 0; i < plan.decisions.size(); ++i)
            is_kept[i] |= &meant == &plan.decisions[i] || share_group(meant, plan.decisions[i], inventory);
    }
    size_t kept = 0;
    for (size_t i = 0; i < plan.decisions.size(); ++i) {
        if (is_kept[i])
            plan.decisions[kept++] = plan.decisions[i];
    }
    plan.decisions.shrink(kept);
}

static bool has(std::span<std::string_view const> words, std::string_view word)
{
    return std::ranges::find(words, word) != words.end();
}

void keep_named(Plan& plan, Config const& config, Facts const& facts, Inventory const& inventory,
    std::span<std::string_view const> labels)
{
    bool is_named[max_devices] = {};
    for (auto const& entry : config.entries) {
        if (!has(labels, entry.label.view()))
            continue;
        for (auto const device : recall(entry.selector, facts, inventory).resolution.devices)
            is_named[device] = true;
    }
    keep_groups(plan, inventory, [&](Decision const& decision) {
        auto const& entry = config.entries[decision.entry];
        return entry.line == 0 || has(labels, entry.label.view())
            || (decision.device && is_named[*decision.device]);
    });
}

void keep_handed_over(
    Plan& plan, Config const& config, Inventory const& inventory, std::span<std::string_view const> words)
{
    keep_groups(plan, inventory, [&](Decision const& decision) {
        auto const* device = device_of(decision, inventory);
        return device && is_handed_over(decision, plan, inventory)
            && (has(words, config.entries[decision.entry].label.view())
                || has(words, printed<FixedString<max_number_bytes>>("%a", device->address).view()));
    });
}

void refuse_what_is_in_use(Plan& plan, HostUses const& uses, Inventory const& inventory)
{
    for (auto& decision : plan.decisions) {
        if (!is_open(decision))
            continue;
        auto const* device = device_of(decision, inventory);
        for (auto const& use : uses.uses) {
            if (use.device != device->address || !use.weight.is_now)
                continue;
            decision.host_use = use.what.view();
            refuse(decision, Reason::InUse);
            break;
        }
        if (is_open(decision) && uses.is_incomplete) {
            decision.host_use = uses.doubt.view();
            refuse(decision, Reason::InUse);
        }
    }
    refuse_unviable_groups(plan, inventory);
}

bool needs_driver(Plan const& plan, Target target)
{
    for (auto const& decision : plan.decisions) {
        if (is_open(decision) && decision.target == target)
            return true;
    }
    return false;
}

Reason reason_of(Failure const& failure, Device const& device)
{
    bool const has_no_group =
        failure.step == Failure::Step::Bind && failure.error_number == EINVAL && !device.group;
    return has_no_group ? Reason::NoGroup : Reason::BindFailed;
}

} // namespace vfio_early
