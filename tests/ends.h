// SPDX-License-Identifier: MIT
#pragma once

#include <sys/wait.h>
#include <unistd.h>

namespace vfio_early {

// Whether a signal ends `body`, which is run in a process of its own.
template <typename Body> bool ends_by_a_signal(Body body)
{
    auto const child = fork();
    if (child == 0) {
        body();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status);
}

} // namespace vfio_early
