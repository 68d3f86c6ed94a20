// SPDX-License-Identifier: MIT
#pragma once

#include "core/session.h"
#include "sys/root.h"

namespace vfio_early {

// Gives back to the host what the plan of a release says: the undo of a bind, run on purpose. Afterwards each
// decision is released, refused or failed. Whoever finds it cut short while session.is_releasing finishes it
// with undo() and judge_release(); before that nothing was written.
void release(Session&, Root const&);

} // namespace vfio_early
