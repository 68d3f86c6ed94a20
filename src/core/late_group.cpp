// SPDX-License-Identifier: MIT
#include "core/late_group.h"

#include "core/viability.h"

namespace vfio_early {

namespace {

// A function of the same card that is not listed, or was refused, has no group either until its own driver
// binds, and may then join this one. As nobody can know that yet, it counts as a member.
void count_functions_without_group(Plan const& plan, Inventory& inventory, Device const& bound)
{
    for (size_t i = 0; i < inventory.devices.size(); ++i) {
        auto& function = inventory.devices[i];
        auto const decision = find_decision(plan, static_cast<DeviceIndex>(i));
        bool const is_to_be_bound = decision && is_open(plan.decisions[*decision]);
        if (!function.group && is_same_card(function.address, bound.address) && !is_to_be_bound)
            function.group = bound.group;
    }
}

Reason why_unsound(Device const& device, Inventory const& inventory)
{
    if (!device.group)
        return Reason::NoGroup;
    auto const* group = inventory.find_group(device.group);
    if (!device.is_readable || inventory.is_overfull || !group || !group->is_readable)
        return Reason::Unreadable;
    return group->is_no_iommu ? Reason::NoIommuGroup : Reason::None;
}

} // namespace

void judge_late_group(Plan& plan, Inventory& inventory, Decision& decision)
{
    auto const& device = inventory.devices[*decision.device];
    if (auto const reason = why_unsound(device, inventory); reason != Reason::None)
        fail(decision, reason);
    else
        count_functions_without_group(plan, inventory, device);
    refuse_unviable_groups(plan, inventory);
}

} // namespace vfio_early
