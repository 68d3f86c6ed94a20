#pragma once

#include "core/session.h"

namespace vfio_early {

// Why a decision is not to bind, in one line for a person: what is in the way, and what to do. The rule that
// refused is written in words here and nowhere else.
void explain(Sink&, Decision const&, Session const&);

// 'gpu 0000:01:00.0: refused (shared-group): group 14 also holds 0000:00:1f.2 (ahci), …'
void describe(Sink&, Decision const&, Session const&);

// Things that do not keep a device from being bound, and that its user should know. Calls `tell` with each.
using Tell = void (*)(void* context, std::string_view warning);
void for_each_warning(Session const&, Tell tell, void* context);

} // namespace vfio_early
