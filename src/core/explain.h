#pragma once

#include "base/function_ref.h"
#include "core/session.h"

namespace vfio_early {

// Why a device is not bound, in one line for a person: what is in the way, and what to do. Where a reason
// needs no more words than its meaning (reason.h), it is that.
void explain(Sink&, Decision const&, Session const&);

// 'gpu 0000:01:00.0: refused (shared-group): group 14 also holds 0000:00:1f.2 (ahci), …'
void describe(Sink&, Decision const&, Session const&);

// Things that do not keep a device from being bound, and that its user should know. Calls `tell` with each.
using Tell = FunctionRef<void(std::string_view)>;
void for_each_warning(Session const&, Tell tell);

} // namespace vfio_early
