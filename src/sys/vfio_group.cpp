// SPDX-License-Identifier: MIT
#include "sys/vfio_group.h"

#include "sys/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>

namespace vfio_early {

GroupStatus ask_group(Root const& root, uint32_t group)
{
    auto const file = root.open_file(path_of("dev/vfio/%u", group), O_RDWR);
    if (file.is_error())
        return file.error().number == EBUSY ? GroupStatus::Taken : GroupStatus::Unknown;
    vfio_group_status status = {.argsz = sizeof(status), .flags = 0};
    if (kernel::control(file.value().number(), VFIO_GROUP_GET_STATUS, &status) < 0)
        return GroupStatus::Unknown;
    bool const is_viable = (status.flags & VFIO_GROUP_FLAGS_VIABLE) != 0;
    return is_viable ? GroupStatus::Viable : GroupStatus::NotViable;
}

} // namespace vfio_early
