// SPDX-License-Identifier: MIT
#include "cli/console.h"

namespace vfio_early {

void print_error_passed(char const* format, ...)
{
    FileSink output(STDERR_FILENO);
    Sink sink(output);
    print(sink, "vfio-early: ");
    va_list arguments;
    va_start(arguments, format);
    print_arguments(sink, format, arguments);
    va_end(arguments);
    print(sink, "\n");
    output.flush();
}

} // namespace vfio_early
