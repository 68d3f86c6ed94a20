// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <sys/types.h>

namespace vfio_early {

// Milliseconds of CLOCK_MONOTONIC.
int64_t now_milliseconds();

void wait_milliseconds(int64_t milliseconds);

struct WorkerEnd {
    enum class Kind {
        Done,
        TimeIsUp,
        Died,
        NotStarted,
    };
    Kind kind = Kind::Done;
    int signal = 0; // Died: what ended it, 0 where it ended by itself
    pid_t group = 0; // the process group of the worker and of what it started, 0 where nothing of it is left
};

// Does `work` in a child process and waits for it until `deadline`. A write into sysfs can hang in the kernel
// where no signal reaches it; the child and what it started are then killed, and left behind if they do not
// end. `context` must be in shared memory if the caller wants to see what the work changed.
using Work = void (*)(void* context);
WorkerEnd run_worker(Work work, void* context, int64_t deadline);

// The same for work that must come to its end, however long that takes: at the deadline it is left to itself
// and goes on. It is not `Done` then.
WorkerEnd run_to_the_end(Work work, void* context, int64_t deadline);

// For work in the initramfs that goes on after the root was switched: systemd then ends what is left, except
// for what begins with '@' (ignore_proc() in src/shared/killall.c).
void survive_switch_root();

// Waits until nothing of a process group is left, however long that takes.
void wait_for_end_of(pid_t group);

// Zeroed memory that child processes share, or nullptr.
void* allocate_shared(unsigned long size);

} // namespace vfio_early
