// SPDX-License-Identifier: MIT
#include "sys/worker.h"

#include "sys/descriptor.h"
#include "sys/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <initializer_list>
#include <signal.h>
#include <sys/mman.h>
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

WorkerEnd end_of(pid_t child)
{
    int status = 0;
    while (kernel::wait_for(child, status) < 0 && errno == EINTR) { }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return {WorkerEnd::Kind::Done, 0};
    return {WorkerEnd::Kind::Died, WIFSIGNALED(status) ? WTERMSIG(status) : 0};
}

} // namespace

int64_t now_milliseconds()
{
    timespec now = {};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

WorkerEnd run_worker(Work work, void* context, int64_t deadline)
{
    int ends[2];
    if (kernel::pipe(ends) < 0)
        return {WorkerEnd::Kind::Died, 0};
    Descriptor reading(ends[0]);
    Descriptor writing(ends[1]);
    auto const child = kernel::fork();
    if (child < 0)
        return {WorkerEnd::Kind::Died, 0};
    if (child == 0) {
        setpgid(0, 0);
        let_go_of_terminal();
        work(context);
        _exit(0);
    }
    writing.close();
    if (hangs_up_before(reading.number(), deadline))
        return end_of(child);
    kill(-child, SIGKILL);
    kill(child, SIGKILL);
    if (hangs_up_before(reading.number(), now_milliseconds() + burial_milliseconds))
        end_of(child);
    return {WorkerEnd::Kind::TimeIsUp, 0};
}

void start_and_leave(Work work, void* context)
{
    if (kernel::fork() != 0)
        return;
    setsid();
    let_go_of_terminal();
    work(context);
    _exit(0);
}

void* allocate_shared(unsigned long size)
{
    auto* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? nullptr : memory;
}

} // namespace vfio_early
