// SPDX-License-Identifier: MIT
#pragma once

#include "core/session.h"
#include "sys/root.h"

namespace vfio_early {

// Notes in the undo log what a device is that is to be on the driver `wanted`. It is undone with the
// decision, its own or one of its group. Fails where that cannot be read: then nothing may be written for it.
// In a release it was with the host, and without an override, whatever it is now.
Result<void> note_what_it_was(Root const&, Session&, Decision const&, DeviceIndex, std::string_view wanted);

// Writes an override; what goes wrong once may not the next time. An empty text clears it.
Result<void> write_override(Root const&, Session const&, UndoEntry const&, std::string_view text);

// Puts back every device of the undo log that is not bound: its override and its driver as they were, or,
// where it had no driver, whatever host driver the kernel finds for it. Group by group in reverse, and those
// groups last in which the kernel failed or did not return, because it may not return this time either. What
// became of each is read and stands in the log.
void undo(Session&, Root const&);

// Reads again which driver each device is on. What is bound and not on its driver has failed, and the rest of
// its group is refused; true if there is any.
bool judge_what_was_lost(Session&, Root const&);

// The same, and puts back the groups of what was lost.
void undo_what_was_lost(Session&, Root const&);

} // namespace vfio_early
