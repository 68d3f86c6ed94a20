// SPDX-License-Identifier: MIT
#include "base/error_words.h"

#include <cerrno>

namespace vfio_early {

namespace {

struct ErrorWords {
    int number;
    char const* words;
};

constexpr ErrorWords errors[] = {
    {EACCES, "Permission denied"},
    {EAGAIN, "Resource temporarily unavailable"},
    {EBUSY, "Resource busy"},
    {EDQUOT, "Quota exceeded"},
    {EEXIST, "File exists"},
    {EFBIG, "File too large"},
    {EINVAL, "Invalid argument"},
    {EIO, "I/O error"},
    {EISDIR, "Is a directory"},
    {ELOOP, "Symbolic link loop"},
    {EMFILE, "No file descriptors available"},
    {ENAMETOOLONG, "Filename too long"},
    {ENFILE, "Too many open files in system"},
    {ENODEV, "No such device"},
    {ENOENT, "No such file or directory"},
    {ENOEXEC, "Exec format error"},
    {ENOMEM, "Out of memory"},
    {ENOSPC, "No space left on device"},
    {ENOSYS, "Function not implemented"},
    {ENOTDIR, "Not a directory"},
    {ENXIO, "No such device or address"},
    {EOPNOTSUPP, "Not supported"},
    {EPERM, "Operation not permitted"},
    {EPIPE, "Broken pipe"},
    {EROFS, "Read-only file system"},
    {ETIMEDOUT, "Operation timed out"},
};

} // namespace

void put_error(Sink& sink, int number)
{
    for (auto const& error : errors) {
        if (error.number == number)
            return sink.write(error.words);
    }
    print(sink, "error %u", static_cast<unsigned>(number));
}

} // namespace vfio_early
