// SPDX-License-Identifier: MIT
#include "sys/lines.h"

#include "base/text.h"
#include "sys/kernel.h"

#include <errno.h>
#include <fcntl.h>

namespace vfio_early {

Lines::~Lines()
{
    if (!m_line.empty())
        append("\n");
}

void Lines::append(std::string_view text)
{
    while (!text.empty()) {
        auto const size = text.size();
        auto const piece = take_until(text, '\n');
        m_line.append(piece);
        if (piece.size() == size)
            return; // its end is still to come
        m_take(m_line.view());
        m_line.clear();
    }
}

bool for_each_line(Root const& root, PathRef path, FunctionRef<void(std::string_view line)> take)
{
    auto const file = root.open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (file.is_error())
        return false;
    Lines lines(take);
    char buffer[output_buffer_bytes];
    for (;;) {
        auto const count = kernel::read(file.value().number(), buffer, sizeof(buffer));
        if (count > 0)
            lines.append({buffer, static_cast<size_t>(count)});
        else if (count == 0 || errno != EINTR)
            return count == 0;
    }
}

} // namespace vfio_early
