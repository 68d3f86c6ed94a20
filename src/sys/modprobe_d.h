// SPDX-License-Identifier: MIT
#pragma once

#include "core/module_settings.h"
#include "sys/root.h"

namespace vfio_early {

// Reads what the directories of modprobe.d say of our drivers, as kmod does: files whose names end in
// '.conf', and of several with one name that of the first directory.
void read_modprobe_d(Root const&, ModuleSettings&);

} // namespace vfio_early
