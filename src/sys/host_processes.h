// SPDX-License-Identifier: MIT
#pragma once

#include "core/host_use.h"
#include "sys/root.h"

namespace vfio_early {

// Adds the functions behind the DRM, NVIDIA, sound, video, input and VFIO devices that processes have open.
void find_host_processes(Root const&, HostUses&);

} // namespace vfio_early
