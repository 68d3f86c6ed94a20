// SPDX-License-Identifier: MIT
#include "sys/kernel.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

namespace vfio_early::kernel {

bool is_root_directory(int directory)
{
    struct stat here = {};
    struct stat machine = {};
    return ::fstat(directory, &here) == 0 && ::stat("/", &machine) == 0 && here.st_dev == machine.st_dev
        && here.st_ino == machine.st_ino;
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
    return ::openat(directory, name, flags | O_CLOEXEC, mode);
}

int open(char const* path, int flags)
{
    return ::open(path, flags | O_CLOEXEC);
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
    return ::ioctl(file, request, argument);
}

int sync(int file)
{
    return ::fsync(file);
}

ssize_t list(int directory, void* buffer, size_t size)
{
    return syscall(SYS_getdents64, directory, buffer, size);
}

ssize_t read_link(int link, char* buffer, size_t size)
{
    return ::readlinkat(link, "", buffer, size);
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
    return ::pipe2(ends, O_CLOEXEC);
}

int poll(pollfd& waiting, int timeout_milliseconds)
{
    return ::poll(&waiting, 1, timeout_milliseconds);
}

pid_t fork()
{
    // Without what fork() does for threads, of which there are none.
    return ::_Fork();
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
