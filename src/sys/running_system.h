// SPDX-License-Identifier: MIT
#pragma once

#include "sys/root.h"

namespace vfio_early {

// True outside of an initramfs, where file systems are mounted and programs run. A tree is one when it has
// what such a system shows of its mounts.
bool is_running_system(Root const&);

} // namespace vfio_early
