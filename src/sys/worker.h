// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace vfio_early {

// Milliseconds of CLOCK_MONOTONIC.
int64_t now_milliseconds();

struct WorkerEnd {
    enum class Kind { Done, TimeIsUp, Died };
    Kind kind = Kind::Done;
    int signal = 0; // Died: what ended it, 0 where it could not be started
};

// Does `work` in a child process and waits for it until `deadline`. A write into sysfs can hang in the kernel
// where no signal reaches it; the child and what it started are then killed, and left behind if they do not
// end. `context` must be in shared memory if the caller wants to see what the work changed.
using Work = void (*)(void* context);
WorkerEnd run_worker(Work work, void* context, int64_t deadline);

// Starts `work` in a child process that nobody waits for.
void start_and_leave(Work work, void* context);

// Zeroed memory that child processes share, or nullptr.
void* allocate_shared(unsigned long size);

} // namespace vfio_early
