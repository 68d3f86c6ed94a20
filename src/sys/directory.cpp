// SPDX-License-Identifier: MIT
#include "sys/directory.h"

#include "sys/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>

namespace vfio_early {

namespace {

// getdents64(2) fills a buffer with these; the C library's readdir() would bring malloc and stdio along.
struct Entry {
    uint64_t inode;
    int64_t offset;
    uint16_t length; // of the whole entry
    uint8_t type;
    char name[1]; // and more, up to a NUL
};

} // namespace

Directory::Directory(Root const& root, PathRef path)
{
    auto opened = root.open_file(path, O_RDONLY | O_DIRECTORY);
    m_has_failed = opened.is_error();
    if (m_has_failed)
        m_is_absent = is_absence(opened.error());
    else
        m_descriptor = opened.release_value();
}

bool Directory::read_more()
{
    if (m_has_failed)
        return false;
    ssize_t count = -1;
    do {
        count = kernel::list(m_descriptor.number(), m_entries, sizeof(m_entries));
    } while (count < 0 && errno == EINTR);
    m_has_failed = count < 0;
    m_position = 0;
    m_size = m_has_failed ? 0 : static_cast<size_t>(count);
    return m_size > 0;
}

FoundText Directory::next()
{
    while (m_position < m_size || read_more()) {
        auto const* entry = m_entries + m_position;
        uint16_t length = 0;
        memcpy(&length, entry + offsetof(Entry, length), sizeof(length));
        m_position += length;
        std::string_view const name = entry + offsetof(Entry, name);
        if (name != "." && name != "..")
            return name;
    }
    return {};
}

} // namespace vfio_early
