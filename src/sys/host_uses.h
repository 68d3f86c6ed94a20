// SPDX-License-Identifier: MIT
#pragma once

#include "core/host_use.h"
#include "sys/root.h"

namespace vfio_early {

// Finds out what the machine uses PCI functions for, now and at its next boot. `uses` has to be empty.
void find_host_uses(Root const&, HostUses&);

} // namespace vfio_early
