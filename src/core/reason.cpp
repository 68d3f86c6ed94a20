// SPDX-License-Identifier: MIT
#include "core/reason.h"

namespace vfio_early {

namespace {

constexpr ReasonText texts[] = {
    {Reason::NotFound, "not-found", "nothing matches the selector"},
    {Reason::IdMismatch, "id-mismatch", "the device at this place is not the model that was named"},
    {Reason::Ambiguous, "ambiguous", "more than one device matches"},
    {Reason::Unreadable, "unreadable", "what sysfs says about it or its group is missing or invalid"},
    {Reason::IsBridge, "is-bridge", "it is a bridge, and bridges stay with the host"},
    {Reason::NoIommu, "no-iommu", "the kernel uses no IOMMU"},
    {Reason::NoGroup, "no-group", "the IOMMU is on but does not cover this device, so it cannot be isolated"},
    {Reason::NoIommuGroup, "noiommu-group", "its group is in VFIO's no-IOMMU mode, which isolates nothing"},
    {Reason::SharedGroup, "shared-group", "a device that is not listed shares its group"},
    {Reason::GroupRefused, "group-refused", "another listed device in its group was refused"},
    {Reason::BootDisplay, "boot-display",
        "the firmware booted on this display, 'boot-display = bind' under [options] gives it away"},
    {Reason::Protected, "protected", "the host itself needs it"},
    {Reason::InUse, "in-use", "the running system uses it now"},
    {Reason::Changed, "changed", "it is not the device that the line meant when it was recorded"},
    {Reason::ModuleMissing, "module-missing", "its new driver cannot be loaded"},
    {Reason::BindFailed, "bind-failed", "the kernel failed to bind it"},
    {Reason::ReleaseFailed, "release-failed", "the kernel failed to give it back"},
    {Reason::Timeout, "timeout", "time ran out"},
};

constexpr bool has_a_row_for_each_reason()
{
    for (size_t i = 0; i < std::size(texts); ++i) {
        if (static_cast<size_t>(texts[i].reason) != i + 1)
            return false;
    }
    return static_cast<size_t>(Reason::Count) == std::size(texts) + 1;
}
static_assert(has_a_row_for_each_reason(), "one row a reason, in their order");

} // namespace

std::span<ReasonText const> all_reasons()
{
    return texts;
}

std::string_view name_of(Reason reason)
{
    return reason == Reason::None ? std::string_view{} : texts[static_cast<size_t>(reason) - 1].name;
}

std::string_view meaning_of(Reason reason)
{
    return reason == Reason::None ? std::string_view{} : texts[static_cast<size_t>(reason) - 1].meaning;
}

} // namespace vfio_early
