// SPDX-License-Identifier: MIT
#include "base/fixed_string.h"

#include <algorithm>

namespace vfio_early {

size_t append_text(char* bytes, size_t size, size_t capacity, std::string_view text)
{
    auto const count = std::min(text.size(), capacity - size);
    auto* end = std::copy_n(text.data(), count, bytes + size);
    *end = '\0';
    return size + count;
}

} // namespace vfio_early
