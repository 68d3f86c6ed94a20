// SPDX-License-Identifier: MIT
#pragma once

#include "core/session.h"
#include "sys/root.h"

namespace vfio_early {

// Before a display is bound that the firmware booted on: says so on the console, and takes what the kernel
// shows there, the firmware's framebuffer, off it. What does not succeed stands in the session.
void darken(Session&, Root const&, Address const& display);

// After that: looks for what still holds memory of it, which a guest then cannot map.
void look_for_holder(Session&, Root const&, Address const& display);

} // namespace vfio_early
