// SPDX-License-Identifier: MIT
#pragma once

#include "base/function_ref.h"
#include "core/session.h"

namespace vfio_early {

// The state of the IOMMU in JSON: on, off, absent.
std::string_view name_of(Iommu);

// How a run ended, counted over its decisions.
struct Tally {
    size_t listed = 0;
    size_t bound = 0; // or would be, or given back
    size_t handed_over = 0; // left for that, and so counted in neither
};
Tally tally(Session const&);

// True when no line of the configuration is wrong and every listed device is bound, or would be.
bool is_all_bound(Session const&);

// One line a device, warnings, and a summary, as `check` shows them on a terminal. `write_more` writes what
// comes below the line of a device.
void write_text(Sink&, Session const&, FunctionRef<void(Decision const&)> write_more);

// The one line that sums a run up: 'bound 3 of 4 listed devices'.
void write_summary(Sink&, Session const&);

// One decision as members of a JSON object, with the brace that closes it: they are the same wherever it
// stands.
void write_members(Sink&, Decision const&, Session const&);

// The report as JSON, one object and a newline.
void write_json(Sink&, Session const&);

} // namespace vfio_early
