// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace vfio_early {

// The limits of base; all others are in core/limits.h, which includes these.

// The most bytes of foreign text that a message repeats.
constexpr size_t max_quoted_bytes = 80;
// Words that are longer are not compared for "did you mean": no word of ours is half as long.
constexpr size_t max_compared_bytes = 32;

} // namespace vfio_early
