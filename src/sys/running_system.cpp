// SPDX-License-Identifier: MIT
#include "sys/running_system.h"

#include <linux/magic.h>
#include <sys/vfs.h>

namespace vfio_early {

bool is_running_system(Root const& root)
{
    if (!root.is_machine())
        return root.exists(Path("proc/self/mountinfo"));
    // The kernel unpacks an initramfs into a ramfs or a tmpfs (fs/init_ramfs.c), and starts /init there.
    struct statfs file_system = {};
    if (statfs("/", &file_system) < 0)
        return true;
    bool const is_in_memory = file_system.f_type == RAMFS_MAGIC || file_system.f_type == TMPFS_MAGIC;
    return !(is_in_memory && root.exists(Path("init")));
}

} // namespace vfio_early
