// SPDX-License-Identifier: MIT
#pragma once

#include "core/limits.h"

#include <cstddef>
#include <string_view>

namespace vfio_early {

// Writes to an open file descriptor through a buffer, which flush() empties.
class FileSink {
public:
    explicit FileSink(int descriptor) : m_descriptor(descriptor) { }
    FileSink(FileSink const&) = delete;
    FileSink& operator=(FileSink const&) = delete;

    void append(std::string_view text);

    // False when anything could not be written, now or before.
    bool flush();

private:
    int m_descriptor;
    bool m_has_failed = false;
    size_t m_size = 0;
    char m_buffer[output_buffer_bytes];
};

} // namespace vfio_early
