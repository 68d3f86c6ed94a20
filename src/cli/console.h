// SPDX-License-Identifier: MIT
#pragma once

#include "base/function_ref.h"
#include "base/sink.h"
#include "sys/file_sink.h"

#include <errno.h>
#include <unistd.h>

namespace vfio_early {

// A line on standard error, 'vfio-early: …', that is written when it goes out of scope.
class ErrorLine {
public:
    ErrorLine() { put_all(m_sink, "vfio-early: "); }
    ErrorLine(ErrorLine const&) = delete;
    ErrorLine& operator=(ErrorLine const&) = delete;
    ~ErrorLine()
    {
        put_all(m_sink, "\n");
        m_output.flush();
    }

    Sink& sink() { return m_sink; }

private:
    FileSink m_output{STDERR_FILENO};
    Sink m_sink{m_output};
};

template <typename... Parts> void print_error(Parts const&... parts)
{
    ErrorLine line;
    put_all(line.sink(), parts...);
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
