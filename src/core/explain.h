// SPDX-License-Identifier: MIT
#pragma once

#include "base/function_ref.h"
#include "core/session.h"

namespace vfio_early {

// Why a device is not bound, in one line for a person: what is in the way, and what to do. For a reason that
// needs no more words, that is its meaning (reason.h).
void explain(Sink&, Decision const&, Session const&);

// Why there are no groups, and what to do.
void explain_no_iommu(Sink&, Iommu);

constexpr char const* acs_is_overridden_text =
    "pcie_acs_override= is on the kernel command line, so the groups do not show what is isolated";

// 'gpu 0000:01:00.0: refused (shared-group): group 14 also holds 0000:00:1f.2 (ahci), …'
void describe(Sink&, Decision const&, Session const&);

// For the last line that a display shows which is about to be bound.
void announce_darkness(Sink&, Address const& display, Session const&);

// What the user should know although it keeps no device from being bound. Calls `tell` with each warning.
using Tell = FunctionRef<void(std::string_view)>;
void for_each_warning(Session const&, Tell const& tell);

// Those of them that concern who has no configuration yet: facts that are broken, vfio-pci that is missing.
void for_each_general_warning(Session const&, Tell const& tell);

// Those on errors of the configuration.
void tell_of_problems(Session const&, Tell const& tell);

} // namespace vfio_early
