// SPDX-License-Identifier: MIT
#pragma once

#include <poll.h>
#include <stddef.h>
#include <sys/types.h>

struct statx;

// Every call into the kernel that reads or changes something, or that can fail. Each does what the call of
// that name does, and leaves the error in errno. Tests link other functions in their place, which fail where
// they are told to.
namespace vfio_early::kernel {

// True if this directory is '/' itself, by whatever name it was opened.
bool is_root_directory(int directory);

// statx(2), of a descriptor where the path is empty: its device, inode, type and time.
int status(int directory, char const* path, struct statx&);

// Ignores a signal, which execve(2) does not change, or no longer.
void ignore_signal(int number, bool is_ignored);

// No transparent huge pages, here and in what is started from here: of the large buffers only the start is
// touched, and the kernel would clear 2 MiB for that.
void use_small_pages();

// What statfs(2) says of a path; -1 where it fails.
long file_system_type(char const* path);

// openat2(2) with RESOLVE_IN_ROOT, close-on-exec.
int open_in_root(int root, char const* path, int flags, unsigned mode);

// openat(2) and open(2), close-on-exec.
int open_at(int directory, char const* name, int flags, unsigned mode = 0);
int open(char const* path, int flags);

ssize_t read(int file, void* buffer, size_t size);
int control(int file, unsigned long request, void* argument);
ssize_t write(int file, void const* bytes, size_t size);
int sync(int file);

// flock(2), exclusive and without waiting.
int lock(int file);

// getdents64(2).
ssize_t list(int directory, void* buffer, size_t size);

// readlinkat(2) of an open link.
ssize_t read_link(int link, char* buffer, size_t size);

int rename(int directory, char const* from, char const* to);
int remove(int directory, char const* name);
int make_directory(int directory, char const* name, unsigned mode);

int pipe(int (&ends)[2]);
int poll(pollfd& waiting, int timeout_milliseconds);
pid_t fork();
pid_t wait_for(pid_t child, int& status, int flags = 0);
void execute(char const* program, char* const* arguments, char* const* environment);

} // namespace vfio_early::kernel
