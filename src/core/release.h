// SPDX-License-Identifier: MIT
#pragma once

#include "core/session.h"

namespace vfio_early {

// Plans to give devices back to the host: those of the lines with one of these labels, and those of the
// entries without a line, which were named by their place; without any of both, whatever the lines mean and
// is on one of our drivers. A decision is open where its device is to be given back or is with the host
// already, and its target is the driver that it is on.
void plan_release(Session&, std::span<std::string_view const> labels);

// Refuses every group of which a process has a part open as a VFIO device, and all where not all could be
// found out. A forced release goes on, and has what it takes and from whom in `host_use`.
void refuse_what_guests_have(Session&);

// Settles what was undone: it was given back or the kernel failed.
void judge_release(Session&);

// True for our drivers, which a guest or nobody has a device from.
bool is_on_ours(Device const&);

// True for any other driver.
bool is_with_host(Device const&);

} // namespace vfio_early
