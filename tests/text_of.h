// SPDX-License-Identifier: MIT
#pragma once

#include "base/sink.h"

#include <string>

namespace vfio_early {

// These parts, printed.
template <typename... Parts> std::string text_of(Parts const&... parts)
{
    std::string text;
    Sink sink(text);
    put_all(sink, parts...);
    return text;
}

// What a function writes into the sink that it is given.
template <typename Write> std::string written_by(Write write)
{
    std::string text;
    Sink sink(text);
    write(sink);
    return text;
}

} // namespace vfio_early
