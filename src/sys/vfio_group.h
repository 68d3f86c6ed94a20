// SPDX-License-Identifier: MIT
#pragma once

#include "sys/root.h"

#include <cstdint>

namespace vfio_early {

// What the kernel says of a group: VFIO_GROUP_GET_STATUS of include/uapi/linux/vfio.h.
enum class GroupStatus : uint8_t {
    Unknown, // there is no node for it, or it cannot be asked
    Taken, // another process has it: only one at a time may
    Viable,
    NotViable, // something in the group has a host driver
};

// Opens /dev/vfio/GROUP, asks, and closes it at once.
GroupStatus ask_group(Root const&, uint32_t group);

} // namespace vfio_early
