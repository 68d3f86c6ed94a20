// SPDX-License-Identifier: MIT
#include "base/fixed_string.h"

#include <algorithm>

namespace vfio_early {

void append_text(TextState& state, char* bytes, size_t capacity, std::string_view text)
{
    auto const count = std::min(text.size(), capacity - state.size);
    state.was_cut |= count < text.size();
    auto* end = std::copy_n(text.data(), count, bytes + state.size);
    *end = '\0';
    state.size += static_cast<uint16_t>(count);
}

} // namespace vfio_early
