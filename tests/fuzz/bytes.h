// SPDX-License-Identifier: MIT
// The bytes that a fuzz target is given, taken one by one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vfio_early {

struct Bytes {
    uint8_t const* next;
    size_t left;

    // Zero when there is none left.
    uint8_t take()
    {
        if (left == 0)
            return 0;
        --left;
        return *next++;
    }
};

} // namespace vfio_early
