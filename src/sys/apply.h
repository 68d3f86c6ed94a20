// SPDX-License-Identifier: MIT
#pragma once

#include "core/session.h"
#include "sys/root.h"

namespace vfio_early {

// Without writing anything, refuses what could not be bound because its driver is not available.
void rehearse(Session&, Root const&);

// Binds what the plan says to bind, verifies it by the `driver` links, and undoes it for every group that did
// not work out. Afterwards no decision is "would bind": each is bound, refused or failed.
void apply(Session&, Root const&);

} // namespace vfio_early
