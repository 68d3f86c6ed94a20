// SPDX-License-Identifier: MIT
#include "core/decision.h"

namespace vfio_early {

std::string_view name_of(Outcome outcome)
{
    switch (outcome) {
    case Outcome::WouldBind:
        return "would-bind";
    case Outcome::Refused:
        return "refused";
    case Outcome::Bound:
        return "bound";
    case Outcome::Failed:
        return "failed";
    case Outcome::Handover:
        return "handover";
    case Outcome::Released:
        return "released";
    }
    return "";
}

std::span<DeviceIndex const> Plan::devices_of(RecordedDevices const& devices) const
{
    return {recorded.begin() + devices.first, devices.count};
}

RecordedDevices record(Plan& plan, DeviceIndices const& devices)
{
    RecordedDevices recorded = {.first = static_cast<uint32_t>(plan.recorded.size())};
    for (auto const device : devices) {
        if (!plan.recorded.try_append(device))
            break;
        ++recorded.count;
    }
    return recorded;
}

void refuse(Decision& decision, Reason reason, RecordedDevices concerned)
{
    // In this order: a worker that is killed in between leaves no failure without a reason.
    decision.reason = reason;
    decision.outcome = Outcome::Refused;
    decision.concerned = concerned;
}

void fail(Decision& decision, Reason reason)
{
    decision.reason = reason;
    decision.outcome = Outcome::Failed;
}

bool is_open(Decision const& decision)
{
    return decision.device && decision.reason == Reason::None && decision.outcome != Outcome::Handover;
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
