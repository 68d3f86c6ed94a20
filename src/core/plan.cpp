#include "core/plan.h"

#include "core/viability.h"

namespace vfio_early {

namespace {

void refuse(Decision& decision, Code code)
{
    decision.outcome = Outcome::Refused;
    decision.code = code;
}

std::string_view section_of(Target target)
{
    return target == Target::VfioPci ? "[bind]" : "[stub]";
}

void report_conflict(Entry const& entry, Entry const& earlier, Address address, Problems& problems)
{
    Problem problem;
    problem.line = entry.line;
    auto sink = problem.text.sink();
    print(sink, Quoted{entry.label.view()}, " selects ", address, " for ", section_of(entry.target), ", and ",
        Quoted{earlier.label.view()}, " in line ", earlier.line, " selects it for ",
        section_of(earlier.target), ", keep one of them");
    static_cast<void>(problems.append(problem));
}

void add_decision(Plan& plan, Decision const& decision)
{
    // There is room for every entry without a device and for every device once.
    static_cast<void>(plan.decisions.append(decision));
}

// Adds a decision for a device that `entry` selects, or merges it with the one that is there: what one line
// refuses, another line does not allow.
void add_device(Plan& plan, Config const& config, uint16_t entry, DeviceIndex device, Code code,
    Inventory const& inventory, Problems& problems)
{
    auto position = find_decision(plan, device);
    if (position) {
        auto const& earlier = config.entries[plan.decisions[*position].entry];
        if (earlier.target != config.entries[entry].target)
            report_conflict(config.entries[entry], earlier, inventory.devices[device].address, problems);
    } else {
        position = plan.decisions.size();
        add_decision(plan, {.entry = entry, .device = device, .target = config.entries[entry].target});
    }
    if (code != Code::None)
        refuse(plan.decisions[*position], code);
}

void add_entry_without_device(Plan& plan, Config const& config, uint16_t entry, Code code)
{
    add_decision(plan,
        {.entry = entry, .target = config.entries[entry].target, .outcome = Outcome::Refused, .code = code});
}

void add_entry(
    Plan& plan, Config const& config, uint16_t entry, Inventory const& inventory, Problems& problems)
{
    auto const resolution = resolve(config.entries[entry].selector, inventory);
    switch (resolution.kind) {
    case Resolution::Kind::NotFound:
        add_entry_without_device(plan, config, entry, Code::NotFound);
        break;
    case Resolution::Kind::Ambiguous:
        add_entry_without_device(plan, config, entry, Code::Ambiguous);
        break;
    case Resolution::Kind::Unsure:
        add_entry_without_device(plan, config, entry, Code::Unreadable);
        break;
    case Resolution::Kind::IdMismatch:
        for (auto const device : resolution.devices)
            add_device(plan, config, entry, device, Code::IdMismatch, inventory, problems);
        break;
    case Resolution::Kind::Found:
        for (auto const device : resolution.devices)
            add_device(plan, config, entry, device, Code::None, inventory, problems);
        break;
    }
}

Code why_unsafe(Device const& device, Inventory const& inventory, Options const& options)
{
    auto const* group = inventory.find_group(device.group);
    if (!device.is_readable || inventory.is_overfull || (group && !group->is_readable))
        return Code::Unreadable;
    if (!is_endpoint(device))
        return Code::IsBridge;
    if (group && group->is_no_iommu)
        return Code::NoIommuGroup;
    // A group that is there is one, also where /sys/class/iommu says nothing (POWER).
    if (inventory.iommu != Iommu::On && !device.group)
        return Code::NoIommu;
    if (!device.group && !inventory.groups_appear_late)
        return Code::NoGroup;
    if (device.is_boot_display && options.boot_display == BootDisplay::Refuse)
        return Code::BootDisplay;
    return Code::None;
}

void refuse_unsafe_devices(Plan& plan, Inventory const& inventory, Options const& options)
{
    for (auto& decision : plan.decisions) {
        auto const* device = device_of(decision, inventory);
        if (!device || decision.code != Code::None)
            continue;
        if (auto const code = why_unsafe(*device, inventory, options); code != Code::None)
            refuse(decision, code);
    }
}

bool is_shared_with_the_host(Decision const& decision, Plan const& plan, Inventory const& inventory)
{
    auto const* group = group_of(decision, inventory);
    return (group && !group->others.empty()) || !peers_in_the_way(decision, plan, inventory).empty();
}

} // namespace

void make_plan(Config const& config, Inventory const& inventory, Plan& plan, Problems& problems)
{
    plan.decisions.clear();
    for (size_t i = 0; i < config.entries.size(); ++i)
        add_entry(plan, config, static_cast<uint16_t>(i), inventory, problems);
    refuse_unsafe_devices(plan, inventory, config.options);
    refuse_unviable_groups(plan, inventory);
}

void refuse_unviable_groups(Plan& plan, Inventory const& inventory)
{
    for (auto& decision : plan.decisions) {
        if (decision.device && decision.code == Code::None
            && is_shared_with_the_host(decision, plan, inventory))
            refuse(decision, Code::SharedGroup);
    }
    for (auto& decision : plan.decisions) {
        if (decision.device && decision.code == Code::None
            && !refused_peers(decision, plan, inventory).empty())
            refuse(decision, Code::GroupRefused);
    }
}

std::optional<size_t> find_decision(Plan const& plan, DeviceIndex device)
{
    for (size_t i = 0; i < plan.decisions.size(); ++i) {
        if (plan.decisions[i].device == device)
            return i;
    }
    return {};
}

Device const* device_of(Decision const& decision, Inventory const& inventory)
{
    return decision.device ? &inventory.devices[*decision.device] : nullptr;
}

Group const* group_of(Decision const& decision, Inventory const& inventory)
{
    auto const* device = device_of(decision, inventory);
    return device ? inventory.find_group(device->group) : nullptr;
}

bool share_group(Decision const& left, Decision const& right, Inventory const& inventory)
{
    auto const* left_device = device_of(left, inventory);
    auto const* right_device = device_of(right, inventory);
    if (!left_device || !right_device)
        return false;
    if (!left_device->group)
        return left_device == right_device;
    return left_device->group == right_device->group;
}

} // namespace vfio_early
