// SPDX-License-Identifier: MIT
#pragma once

#include "base/function_ref.h"
#include "base/sink.h"
#include "sys/file_sink.h"

#include <errno.h>
#include <unistd.h>

namespace vfio_early {

// Writes a format with its parts as a line on standard error, 'vfio-early: …'; see print().
void print_error_passed(char const* format, ...);

template <typename... Parts>
[[gnu::always_inline]] inline void print_error(FormatFor<Parts...> format, Parts const&... parts)
{
    print_error_passed(format.text(), pass(parts)...);
}

// The error number of what could not be written to standard output; 0 where all was.
inline int output_error = 0;

// Hands `write` a sink to standard output.
inline void print_output(FunctionRef<void(Sink&)> write)
{
    FileSink output(STDOUT_FILENO);
    Sink sink(output);
    write(sink);
    if (!output.flush())
        output_error = errno;
}

} // namespace vfio_early
