// SPDX-License-Identifier: MIT
#pragma once

#include "core/session.h"

namespace vfio_early {

// What no line of the configuration selects, and is on one of our drivers or would be if it were not for us,
// is a stranger (session.h). Nothing is ever done to one: its user is told.

// True when a line selects the device, or names it among others without saying which it means.
bool is_selected(Session const&, Address const&);

// For a device that is on vfio-pci now.
void note_taken(Session&, Address const&);

// For a device that something may name for a driver that we load: it is not taken, as we load with an empty
// ids=.
void note_named(Session&, Device const&);

} // namespace vfio_early
