// SPDX-License-Identifier: MIT
#pragma once

#include "core/session.h"
#include "sys/root.h"

namespace vfio_early {

// Looks for devices that no line selects and that are on vfio-pci all the same, or that an ids= names for a
// driver that we load. The first costs the names in one directory; the second one file a device, and only
// where there are such ids.
void find_strangers(Root const&, Session&);

} // namespace vfio_early
