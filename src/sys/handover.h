// SPDX-License-Identifier: MIT
#pragma once

#include "core/session.h"
#include "sys/root.h"

namespace vfio_early {

// How long each thing that has a display or a module open is waited for: sessions end up to 10 s after their
// display server (InhibitDelayMaxSec= and UserStopDelaySec= of logind.conf(5)).
constexpr int64_t handover_patience_milliseconds = 20000;

// Frees what the plan is to bind of [handover]: stops units, detaches consoles and unloads modules, in the
// order of the line, and waits until nobody has the devices open. Each step is recorded in /run before it is
// done. What cannot be freed is refused, with what held it; session.handover_step says what is being done.
void hand_over(Session&, Root const&, int64_t patience_milliseconds);

// Undoes, last step first, what was recorded for those devices of the plan that are with the host now. The
// record goes when all of it succeeded; otherwise session.handover_problem says what did not.
void take_back(Session&, Root const&);

// The label of a record that is left of a line that is no longer there; empty for none.
FixedString<max_name_bytes> find_orphan(Root const&, Config const&);

} // namespace vfio_early
