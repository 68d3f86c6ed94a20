// SPDX-License-Identifier: MIT
#pragma once

#include "core/host_use.h"
#include "sys/root.h"

namespace vfio_early {

// Adds the network functions that are up or part of a bridge or bond, and those that carry a default route,
// through every interface above them: vital where no other default route would remain, worth a warning
// otherwise. Where HostUses::is_root_elsewhere is set, all that have a route are vital.
void find_host_network(Root const&, HostUses&);

} // namespace vfio_early
