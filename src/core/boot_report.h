// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.h"
#include "base/fixed_vector.h"
#include "base/function_ref.h"
#include "core/limits.h"

#include <optional>
#include <span>
#include <string_view>

namespace vfio_early {

// A device of a report. The texts are those of its keys, empty for null.
struct ReportedDevice {
    std::string_view label = {};
    std::string_view selector = {};
    std::string_view address = {};
    std::string_view id = {};
    std::string_view class_code = {};
    std::string_view group = {}; // as JSON
    std::string_view target = {};
    std::string_view outcome = {};
    std::string_view code = {};
    std::string_view detail = {};
    std::string_view peers = {}; // as JSON
    std::string_view moved = {};
    std::optional<Address> place = {}; // its address
};

// What vfio-early wrote of a boot, perhaps another version of it than this one.
struct BootReport {
    bool is_ok = false; // as it was then
    std::string_view command = {};
    std::span<char> warnings = {}; // an array of texts as JSON
    std::string_view unlisted = {}; // as JSON
    FixedVector<ReportedDevice, max_decisions> devices = {};
};

// Reads the text of a report, which is changed by that and must outlive the report. False where it is none:
// not JSON, not of vfio-early, or without what is in every report. Keys that are not known are passed over.
bool parse_report(std::span<char> text, BootReport& report);

// Calls `tell` with each warning of a report, which cannot be read again after that.
void for_each_warning(BootReport const&, FunctionRef<void(std::string_view)> tell);

} // namespace vfio_early
