// SPDX-License-Identifier: MIT
#pragma once

#include "base/sink.h"

#include <string>

namespace vfio_early {

// What a function writes into the sink that it is given.
template <typename Write> std::string written_by(Write write)
{
    std::string text;
    Sink sink(text);
    write(sink);
    return text;
}

// A format with its parts, printed.
template <typename... Parts> std::string text_of(FormatFor<Parts...> format, Parts const&... parts)
{
    return written_by([&](Sink& sink) { print_passed(sink, format.text(), pass(parts)...); });
}

} // namespace vfio_early
