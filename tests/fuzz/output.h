// SPDX-License-Identifier: MIT
// What must hold of everything that is written.
#pragma once

#include "../text_of.h"
#include "fuzz.h"
#include "json.h"

#include <algorithm>

namespace vfio_early {

template <typename Write> std::string json_of(Write write)
{
    auto text = written_by(write);
    must(is_json(text), "what JSON is written parses");
    return text;
}

// For a terminal: what others wrote must not move its cursor or change its colours.
inline void must_be_plain(std::string_view text)
{
    must(std::ranges::all_of(text,
             [](char byte) { return byte == '\n' || (byte >= ' ' && static_cast<uint8_t>(byte) < 0x7f); }),
        "what is shown is printable");
}

template <typename Write> std::string plain_text_of(Write write)
{
    auto text = written_by(write);
    must_be_plain(text);
    return text;
}

} // namespace vfio_early
