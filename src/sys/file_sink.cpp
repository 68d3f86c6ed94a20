// SPDX-License-Identifier: MIT
#include "sys/file_sink.h"

#include "base/text.h"
#include "sys/kernel.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

namespace vfio_early {

void FileSink::append(std::string_view text)
{
    while (!text.empty()) {
        if (m_size == sizeof(m_buffer))
            flush();
        auto const part = slice(text, 0, sizeof(m_buffer) - m_size);
        memcpy(m_buffer + m_size, part.data(), part.size());
        m_size += part.size();
        text.remove_prefix(part.size());
    }
}

bool FileSink::flush()
{
    size_t written = 0;
    while (written < m_size && !m_has_failed) {
        auto const count = kernel::write(m_descriptor, m_buffer + written, m_size - written);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            m_has_failed = true;
        else
            written += static_cast<size_t>(count);
    }
    m_size = 0;
    return !m_has_failed;
}

} // namespace vfio_early
