// SPDX-License-Identifier: MIT
#pragma once

#include "core/session.h"
#include "sys/root.h"

namespace vfio_early {

// Finds who else wants a say about what the plan lists (core/rival.h). What modprobe.d and the kernel command
// line say was read before.
void find_rivals(Root const&, Session&);

} // namespace vfio_early
