// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace vfio_early {

// Why a device is not bound. The table in reason.cpp has the name and the meaning of each.
enum class Reason : uint8_t {
    None,
    NotFound,
    IdMismatch,
    Ambiguous,
    Unreadable,
    IsBridge,
    NoIommu,
    NoGroup,
    NoIommuGroup,
    SharedGroup,
    GroupRefused,
    BootDisplay,
    Protected,
    InUse,
    Changed,
    ModuleMissing,
    BindFailed,
    ReleaseFailed,
    Timeout,
    Count, // how many there are, None included
};

struct ReasonText {
    Reason reason;
    std::string_view name; // an interface: the same word in text, log and JSON, where it is the `code`
    std::string_view meaning; // for people
};

// All of them, in the order of the enumeration, without None.
std::span<ReasonText const> all_reasons();

// Empty for None.
std::string_view name_of(Reason);
std::string_view meaning_of(Reason);

} // namespace vfio_early
