// SPDX-License-Identifier: MIT
#include "sys/kernel.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

namespace vfio_early::kernel {

// syscall() in place of the functions of musl that are many times as large: each of these falls back on
// something where the kernel is older than what is needed here, or makes ready for threads.

bool is_root_directory(int directory)
{
    struct statx here = {};
    struct statx machine = {};
    return status(directory, "", here) == 0 && status(AT_FDCWD, "/", machine) == 0
        && here.stx_dev_major == machine.stx_dev_major && here.stx_dev_minor == machine.stx_dev_minor
        && here.stx_ino == machine.stx_ino;
}

int status(int directory, char const* path, struct statx& status)
{
    return static_cast<int>(
        syscall(SYS_statx, directory, path, AT_EMPTY_PATH, STATX_TYPE | STATX_INO | STATX_MTIME, &status));
}

// The system call: the C library's function brings what a handler needs, which there is none of here.
void ignore_signal(int number, bool is_ignored)
{
    // struct kernel_sigaction of x86 and arm64, include/linux/signal_types.h
    struct {
        void (*handler)(int);
        unsigned long flags;
        void* restorer;
        unsigned long mask;
    } const action = {is_ignored ? SIG_IGN : SIG_DFL, 0, nullptr, 0};
    syscall(SYS_rt_sigaction, number, &action, nullptr, sizeof(action.mask));
}

void use_small_pages()
{
    syscall(SYS_prctl, PR_SET_THP_DISABLE, 1L, 0L, 0L, 0L);
}

long file_system_type(char const* path)
{
    struct statfs file_system = {};
    return ::statfs(path, &file_system) < 0 ? -1 : static_cast<long>(file_system.f_type);
}

// musl has no wrapper for openat2, and glibc none before 2.43.
int open_in_root(int root, char const* path, int flags, unsigned mode)
{
    open_how how = {};
    how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
    how.mode = mode;
    how.resolve = RESOLVE_IN_ROOT;
    return static_cast<int>(syscall(SYS_openat2, root, path, &how, sizeof(how)));
}

int open_at(int directory, char const* name, int flags, unsigned mode)
{
    return static_cast<int>(syscall(SYS_openat, directory, name, flags | O_CLOEXEC, mode));
}

int open(char const* path, int flags)
{
    return open_at(AT_FDCWD, path, flags);
}

ssize_t read(int file, void* buffer, size_t size)
{
    return ::read(file, buffer, size);
}

ssize_t write(int file, void const* bytes, size_t size)
{
    return ::write(file, bytes, size);
}

int control(int file, unsigned long request, void* argument)
{
    return static_cast<int>(syscall(SYS_ioctl, file, request, argument));
}

int sync(int file)
{
    return ::fsync(file);
}

int lock(int file)
{
    return ::flock(file, LOCK_EX | LOCK_NB);
}

ssize_t list(int directory, void* buffer, size_t size)
{
    return syscall(SYS_getdents64, directory, buffer, size);
}

ssize_t read_link(int link, char* buffer, size_t size)
{
    return syscall(SYS_readlinkat, link, "", buffer, size);
}

int rename(int directory, char const* from, char const* to)
{
    return ::renameat(directory, from, directory, to);
}

int remove(int directory, char const* name)
{
    return ::unlinkat(directory, name, 0);
}

int make_directory(int directory, char const* name, unsigned mode)
{
    return ::mkdirat(directory, name, mode);
}

int pipe(int (&ends)[2])
{
    return static_cast<int>(syscall(SYS_pipe2, ends, O_CLOEXEC));
}

int poll(pollfd& waiting, int timeout_milliseconds)
{
    return ::poll(&waiting, 1, timeout_milliseconds);
}

pid_t fork()
{
    return static_cast<pid_t>(syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

pid_t wait_for(pid_t child, int& status, int flags)
{
    return ::waitpid(child, &status, flags);
}

void execute(char const* program, char* const* arguments, char* const* environment)
{
    ::execve(program, arguments, environment);
}

} // namespace vfio_early::kernel
