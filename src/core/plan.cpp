// SPDX-License-Identifier: MIT
#include "core/plan.h"

#include "core/viability.h"

#include <errno.h>

namespace vfio_early {

namespace {

std::string_view section_of(Target target)
{
    return target == Target::VfioPci ? "[bind]" : "[stub]";
}

Problem conflict(Entry const& entry, Entry const& earlier, Address address)
{
    return problem_of(entry.line, Quoted{entry.label.view()}, " selects ", address, " for ",
        section_of(entry.target), ", but ", Quoted{earlier.label.view()}, " on line ", earlier.line,
        " selects it for ", section_of(earlier.target), ", keep one of the two");
}

// Adds a decision for a device that `entry` selects, or merges it with the one that is there: if one line
// refuses a device, no other line can allow it.
void add_device(Plan& plan, Config const& config, uint16_t entry, DeviceIndex device, Reason reason,
    Inventory const& inventory, Problems& problems)
{
    auto position = find_decision(plan, device);
    if (position) {
        auto const& earlier = config.entries[plan.decisions[*position].entry];
        if (earlier.target != config.entries[entry].target)
            problems.add(conflict(config.entries[entry], earlier, inventory.devices[device].address));
    } else {
        position = plan.decisions.size();
        plan.decisions.append({.entry = entry, .device = device, .target = config.entries[entry].target});
    }
    if (reason != Reason::None)
        refuse(plan.decisions[*position], reason);
}

void refuse_entry(
    Plan& plan, Config const& config, uint16_t entry, Reason reason, Resolution const& resolution)
{
    Decision decision = {
        .entry = entry, .target = config.entries[entry].target, .arrival = resolution.arrival};
    refuse(decision, reason, record(plan, resolution.devices));
    plan.decisions.append(decision);
}

void add_entry(
    Plan& plan, Config const& config, uint16_t entry, Inventory const& inventory, Problems& problems)
{
    auto const resolution = resolve(config.entries[entry].selector, inventory);
    switch (resolution.kind) {
    case Resolution::Kind::NotFound:
        return refuse_entry(plan, config, entry, Reason::NotFound, resolution);
    case Resolution::Kind::Ambiguous:
        return refuse_entry(plan, config, entry, Reason::Ambiguous, resolution);
    case Resolution::Kind::Unsure:
        return refuse_entry(plan, config, entry, Reason::Unreadable, resolution);
    case Resolution::Kind::IdMismatch:
        for (auto const device : resolution.devices)
            add_device(plan, config, entry, device, Reason::IdMismatch, inventory, problems);
        break;
    case Resolution::Kind::Found:
        for (auto const device : resolution.devices)
            add_device(plan, config, entry, device, Reason::None, inventory, problems);
        break;
    }
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
    if (!device.group && !inventory.groups_appear_late)
        return Reason::NoGroup;
    if (device.is_boot_display && options.boot_display == BootDisplay::Refuse)
        return Reason::BootDisplay;
    return Reason::None;
}

void refuse_unsafe_devices(Plan& plan, Inventory const& inventory, Options const& options)
{
    for (auto& decision : plan.decisions) {
        if (!is_open(decision))
            continue;
        auto const& device = inventory.devices[*decision.device];
        if (auto const reason = why_unsafe(device, inventory, options); reason != Reason::None)
            refuse(decision, reason);
    }
}

} // namespace

void make_plan(Config const& config, Inventory const& inventory, Plan& plan, Problems& problems)
{
    plan.decisions.clear();
    plan.recorded.clear();
    for (size_t i = 0; i < config.entries.size(); ++i)
        add_entry(plan, config, static_cast<uint16_t>(i), inventory, problems);
    refuse_unsafe_devices(plan, inventory, config.options);
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
