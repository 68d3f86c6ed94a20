#pragma once

#include "core/session.h"
#include "sys/root.h"

namespace vfio_early {

// Without writing anything: refuses what could not be bound because its driver cannot be had.
void rehearse(Session&, Root const&);

// Carries out what the plan says to bind, verifies it by the `driver` links, and undoes it for every group
// that did not come out right. Afterwards no decision is "would bind": each is bound, refused or failed.
void apply(Session&, Root const&);

// Gives what was written to and is not bound back to the host drivers. Devices for which the kernel failed or
// did not return come last, because it may not return again.
void undo(Session&, Root const&);

} // namespace vfio_early
