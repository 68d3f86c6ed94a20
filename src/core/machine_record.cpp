// SPDX-License-Identifier: MIT
#include "core/machine_record.h"

namespace vfio_early {

namespace {

bool is_before(Attached const& left, Attached const& right)
{
    return left.kind != right.kind ? left.kind < right.kind : left.name.view() < right.name.view();
}

} // namespace

void MachineRecord::attach(DeviceIndex device, UseKind kind, std::string_view name)
{
    Attached thing = {.kind = kind, .name = FixedString<max_attached_name_bytes>(name)};
    auto* link = &functions[device].first_attached;
    while (*link != 0 && is_before(attached[*link - 1U], thing))
        link = &attached[*link - 1U].next;
    thing.next = *link;
    if (attached.try_append(thing))
        *link = static_cast<uint16_t>(attached.size());
    else
        is_complete = false;
}

void MachineRecord::for_each_attached(DeviceIndex device, FunctionRef<void(Attached const&)> each) const
{
    for (auto link = functions[device].first_attached; link != 0; link = attached[link - 1U].next)
        each(attached[link - 1U]);
}

} // namespace vfio_early
