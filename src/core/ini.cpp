// SPDX-License-Identifier: MIT
#include "core/ini.h"

#include "base/text.h"

#include <algorithm>
#include <ini.h>

namespace vfio_early {

namespace {

static_assert(max_line_bytes + sizeof("\n") <= INI_MAX_LINE);

// inih calls back twice, for the next line and for a key with its value; this is what the two share.
struct Reading {
    std::string_view rest;
    unsigned line = 0;
    std::string_view line_text;
    FunctionRef<bool(unsigned, std::string_view, size_t)> check_line;
    FunctionRef<void(IniKey const&)> handle_key;
};

// The next line for inih, in the way of fgets, trimmed: inih would take an indented line for a continuation
// of the one before.
char* next_line(char* buffer, int capacity, void* context)
{
    auto& reading = *static_cast<Reading*>(context);
    if (reading.rest.empty())
        return nullptr;
    ++reading.line;
    reading.line_text = trimmed(take_until(reading.rest, '\n'));
    // The library can have been built for shorter lines than its header says.
    auto const room = std::min(max_line_bytes, static_cast<size_t>(capacity) - sizeof("\n"));
    bool const is_usable = reading.check_line(reading.line, reading.line_text, room);
    auto const line = is_usable ? slice(reading.line_text, 0, room) : std::string_view{};
    auto* end = std::copy(line.begin(), line.end(), buffer);
    *end++ = '\n';
    *end = '\0';
    return buffer;
}

int handle_key(void* context, char const* section, char const* name, char const* value)
{
    auto const& reading = *static_cast<Reading*>(context);
    reading.handle_key({reading.line, reading.line_text, section, name, value});
    return 1;
}

} // namespace

int read_ini(std::string_view text, FunctionRef<bool(unsigned, std::string_view, size_t)> check_line,
    FunctionRef<void(IniKey const&)> handle)
{
    Reading reading{text, 0, {}, check_line, handle};
    return ini_parse_stream(next_line, &reading, handle_key, &reading);
}

} // namespace vfio_early
