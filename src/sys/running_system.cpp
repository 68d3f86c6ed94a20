// SPDX-License-Identifier: MIT
#include "sys/running_system.h"

#include "sys/kernel.h"

#include <linux/magic.h>

namespace vfio_early {

bool is_running_system(Root const& root)
{
    if (!root.is_machine())
        return root.exists("proc/self/mountinfo");
    // The kernel unpacks an initramfs into a ramfs or a tmpfs (fs/init_ramfs.c), and starts /init there.
    auto const type = kernel::file_system_type("/");
    bool const is_in_memory = type == RAMFS_MAGIC || type == TMPFS_MAGIC;
    return !(is_in_memory && root.exists("init"));
}

} // namespace vfio_early
