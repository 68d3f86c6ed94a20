// SPDX-License-Identifier: MIT
#pragma once

#include "base/sink.h"

namespace vfio_early {

// Writes what an errno means: in words for those that the system calls give which are made here, otherwise as
// 'error NUMBER'. (strerror() brings the words for all of them.)
void put_error(Sink&, int number);

} // namespace vfio_early
