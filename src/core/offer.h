// SPDX-License-Identifier: MIT
#pragma once

#include "core/session.h"

#include <span>

namespace vfio_early {

// What a guest could have of a group as it is.
enum class Offer : uint8_t {
    Alone, // its one function
    Together, // the functions of one card
    WithOthers, // several cards, of which each takes the others along
    No, // the decisions of the trial say why
    Nothing, // it holds bridges and parts of the board only
};

// 'YES', 'WITH OTHERS', 'NO', '-'; as JSON has it: 'alone', 'together', 'with-others', 'no', 'nothing'.
std::string_view answer_of(Offer);
std::string_view name_of(Offer);

// A plan for one whole group, beside the one of the configuration. It is large, and what is not used of it is
// never touched.
struct Trial {
    Config config;
    Plan plan;
    Problems problems;
};

// Plans to give a whole group away, with the options of the session's configuration and the same rules: its
// endpoints under [bind], and those of the board that the host can do without under [stub]. What it cannot do
// without (is_platform_part()) is left out, and so stands in the way. `members` are all PCI functions of the
// group. Afterwards the trial has a line for each of these endpoints, by address and id, and a decision for
// each. What lines meant when they were recorded does not count: the session's facts have none of it any more
// (run_survey()).
Offer offer(std::span<DeviceIndex const> members, Session const&, Trial&);

// The same for a group by its number.
Offer offer(uint32_t group, Session const&, Trial&);

// The line of the session's configuration that selects this device, or nullptr. Needs the session's plan.
Entry const* line_of(DeviceIndex, Session const&);

} // namespace vfio_early
