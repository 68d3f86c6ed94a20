// SPDX-License-Identifier: MIT
#pragma once

#include "base/function_ref.h"
#include "base/sink.h"
#include "sys/file_sink.h"

#include <unistd.h>

namespace vfio_early {

// One line on standard error, 'vfio-early: …'.
template <typename... Parts> void print_error(Parts const&... parts)
{
    FileSink output(STDERR_FILENO);
    Sink sink(output);
    print(sink, "vfio-early: ", parts..., "\n");
    output.flush();
}

// Hands `write` a sink to standard output.
inline void print_output(FunctionRef<void(Sink&)> write)
{
    FileSink output(STDOUT_FILENO);
    Sink sink(output);
    write(sink);
    output.flush();
}

} // namespace vfio_early
