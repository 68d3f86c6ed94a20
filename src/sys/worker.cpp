// SPDX-License-Identifier: MIT
#include "sys/worker.h"

#include "sys/descriptor.h"
#include "sys/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <initializer_list>
#include <linux/time_types.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace vfio_early {

namespace {

// A killed child that does not hang in the kernel is gone within this time.
constexpr int64_t burial_milliseconds = 200;

// The child holds the writing end and never writes: it hangs up when it ends. False when the time was up
// first.
bool hangs_up_before(int descriptor, int64_t deadline)
{
    for (;;) {
        auto const left = deadline - now_milliseconds();
        if (left <= 0)
            return false;
        pollfd waiting = {.fd = descriptor, .events = 0, .revents = 0};
        if (kernel::poll(waiting, static_cast<int>(left)) > 0)
            return true;
    }
}

// A child that is left behind must not keep open what its parent was to write to: a pipe would never end.
void let_go_of_terminal()
{
    Descriptor const nothing(kernel::open("/dev/null", O_RDWR));
    for (int const standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        dup2(nothing.number(), standard);
}

// A child that is at work, and what tells that it came to an end.
struct Child {
    pid_t number = -1;
    Descriptor end = {};
};

// A fork can fail for want of memory that is there a moment later.
pid_t fork_patiently()
{
    constexpr int attempts = 3;
    constexpr int64_t pause_milliseconds = 50;
    auto child = kernel::fork();
    for (int i = 1; i < attempts && child < 0; ++i) {
        wait_milliseconds(pause_milliseconds);
        child = kernel::fork();
    }
    return child;
}

Child start(Work work, void* context, void (*prepare)())
{
    int ends[2];
    if (kernel::pipe(ends) < 0)
        return {};
    Child child = {.end = Descriptor(ends[0])};
    Descriptor const writing(ends[1]);
    child.number = fork_patiently();
    if (child.number != 0)
        return child;
    prepare();
    let_go_of_terminal();
    work(context);
    _exit(0);
}

WorkerEnd end_of(pid_t child)
{
    int status = 0;
    while (kernel::wait_for(child, status) < 0) {
        if (errno != EINTR)
            return {.kind = WorkerEnd::Kind::Died};
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return {};
    return {.kind = WorkerEnd::Kind::Died, .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0};
}

void lead_a_group()
{
    setpgid(0, 0);
}

void outlive_parent()
{
    setsid();
    kernel::ignore_signal(SIGTERM, true);
    kernel::ignore_signal(SIGHUP, true);
}

} // namespace

int64_t now_milliseconds()
{
    // The system call: the C library's function would bring what finds its way in the vDSO.
    __kernel_old_timespec now = {};
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return static_cast<int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

void wait_milliseconds(int64_t milliseconds)
{
    poll(nullptr, 0, static_cast<int>(milliseconds));
}

WorkerEnd run_worker(Work work, void* context, int64_t deadline)
{
    auto const child = start(work, context, lead_a_group);
    if (child.number < 0)
        return {.kind = WorkerEnd::Kind::NotStarted};
    if (hangs_up_before(child.end.number(), deadline)) {
        auto end = end_of(child.number);
        // What it started may be in the kernel still.
        if (end.kind != WorkerEnd::Kind::Done && kill(-child.number, SIGKILL) == 0)
            end.group = child.number;
        return end;
    }
    kill(-child.number, SIGKILL);
    kill(child.number, SIGKILL);
    if (hangs_up_before(child.end.number(), now_milliseconds() + burial_milliseconds))
        end_of(child.number);
    return {.kind = WorkerEnd::Kind::TimeIsUp, .group = child.number};
}

WorkerEnd run_to_the_end(Work work, void* context, int64_t deadline)
{
    auto const child = start(work, context, outlive_parent);
    if (child.number < 0)
        return {.kind = WorkerEnd::Kind::NotStarted};
    if (hangs_up_before(child.end.number(), deadline))
        return end_of(child.number);
    return {.kind = WorkerEnd::Kind::TimeIsUp, .group = child.number};
}

void survive_switch_root()
{
    program_invocation_name[0] = '@';
}

void wait_for_end_of(pid_t group)
{
    constexpr int64_t pause_milliseconds = 20;
    while (group > 0 && kill(-group, 0) == 0)
        wait_milliseconds(pause_milliseconds);
}

void* allocate_shared(unsigned long size)
{
    // The system call: musl's function makes ready for threads. -1 is its failure.
    auto const memory =
        syscall(SYS_mmap, nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0L);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): what the system call returns is a number
    return memory == -1 ? nullptr : reinterpret_cast<void*>(memory);
}

} // namespace vfio_early
