// SPDX-License-Identifier: MIT
#pragma once

#include "base/text.h"
#include "core/limits.h"
#include "sys/root.h"

namespace vfio_early {

// The names in a directory, in no particular order and without '.' and '..'. The kernel can fail to list them
// all:
//
//     Directory directory(root, path);
//     while (auto const name = directory.next())
//         …
//     if (directory.has_failed())
//         …
class Directory {
public:
    Directory(Root const&, PathRef);

    // The next name, valid until the one after it is asked for. Nothing at the end, and when the kernel
    // failed.
    FoundText next();

    // True if the directory could not be opened or not be read to its end.
    bool has_failed() const { return m_has_failed; }

    // True if it failed because there is no such directory.
    bool is_absent() const { return m_is_absent; }

private:
    bool read_more();

    Descriptor m_descriptor;
    bool m_has_failed = false;
    bool m_is_absent = false;
    size_t m_position = 0;
    size_t m_size = 0;
    alignas(8) char m_entries[directory_buffer_bytes]; // pages that are not needed are not touched
};

} // namespace vfio_early
