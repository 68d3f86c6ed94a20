// SPDX-License-Identifier: MIT
#pragma once

#include "core/session.h"

namespace vfio_early {

// What a guest could have of a group as it is.
enum class Offer : uint8_t {
    Alone, // its one function
    Together, // the functions of one card
    WithOthers, // several cards, of which each takes the others along
    No, // the decisions of the trial say why
    Nothing, // it holds bridges and parts of the board only
};

// 'YES', 'WITH OTHERS', 'NO'; as JSON has it: 'alone', 'together', 'with-others', 'no', 'nothing'.
std::string_view answer_of(Offer);
std::string_view name_of(Offer);

// A plan for one whole group, beside the one of the configuration. It is large, and what is not used of it is
// never touched.
struct Trial {
    Config config;
    Plan plan;
    Problems problems;
};

// Plans to give away every endpoint of a group that is not a part of the board, with the options of the
// session's configuration and the same rules. The inventory must hold all members of the group. Afterwards
// the trial has a line under [bind] for each of these endpoints, by address and id, and a decision for each.
Offer offer(uint32_t group, Session const&, Trial&);

// The line of the session's configuration that selects this device, or nullptr. Needs the session's plan.
Entry const* line_of(DeviceIndex, Session const&);

} // namespace vfio_early
