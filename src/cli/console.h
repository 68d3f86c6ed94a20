#pragma once

#include "sys/file_sink.h"

#include <unistd.h>

namespace vfio_early {

// One line on standard error, 'vfio-early: …'.
template <typename... Parts> void print_error(Parts const&... parts)
{
    FileSink output(STDERR_FILENO);
    auto sink = output.sink();
    print(sink, "vfio-early: ", parts..., "\n");
    output.flush();
}

// Hands `write` a sink to standard output.
template <typename Write> void print_output(Write write)
{
    FileSink output(STDOUT_FILENO);
    auto sink = output.sink();
    write(sink);
    output.flush();
}

} // namespace vfio_early
