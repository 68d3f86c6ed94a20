// SPDX-License-Identifier: MIT
#pragma once

#include "core/why.h"
#include "sys/root.h"

namespace vfio_early {

// What only root can read: the capabilities of the joint and the boundary, and the firmware's table of slots.
// Ports that say that they have no slot are taken from the places.
void read_details(Root const&, Why&);

} // namespace vfio_early
