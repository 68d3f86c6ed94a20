// SPDX-License-Identifier: MIT
#pragma once

#include "base/function_ref.h"
#include "core/limits.h"

#include <string_view>

namespace vfio_early {

// One 'NAME = VALUE' of a text, as inih reads it.
struct IniKey {
    unsigned line = 0; // from 1
    std::string_view line_text; // the whole line, trimmed
    std::string_view section; // empty before the first one
    std::string_view name;
    std::string_view value;
};

// Reads a text with inih, line by line. `check_line` sees each line first, trimmed, and says whether inih
// may: `room` is how long it can be. What inih would take silently for something else is its caller's to
// find. Returns the first line that is neither a section nor a key, 0 where there is none, -1 when memory ran
// out.
int read_ini(std::string_view text,
    FunctionRef<bool(unsigned line, std::string_view line_text, size_t room)> check_line,
    FunctionRef<void(IniKey const&)> handle_key);

} // namespace vfio_early
