#pragma once

#include "base/result.h"
#include <span>

namespace vfio_early {

// A path below a root, without the leading slash. Longer ones than fit are never valid here.
using Path = FixedString<511>;

template <typename... Parts> Path path_of(Parts const&... parts)
{
    Path path;
    auto sink = path.sink();
    print(sink, parts...);
    return path;
}

// Whether a file is there; Unknown when the kernel would not say.
enum class Presence { There, Absent, Unknown };

// True when the error says that there is no such file, and not that it could not be looked at.
bool is_absence(Error const&);

// The files of a machine below one directory: `/` itself, or a tree that looks like one. Every path is
// resolved inside of it, links and `..` included (RESOLVE_IN_ROOT of openat2, Linux 5.6).
class Root {
public:
    static Result<Root> open(std::string_view directory);

    // The whole file, at most as long as `buffer` (EFBIG beyond). Never blocks on a file that has no end.
    Result<std::string_view> read(Path path, std::span<char> buffer) const;

    // At most as many bytes from the start of the file as `buffer` holds.
    Result<std::string_view> read_start(Path path, std::span<char> buffer) const;

    // Writes `text` into a file that exists, in one write. What the kernel answers is the error number.
    Result<void> write(Path path, std::string_view text) const;

    // The last part of where a symbolic link points: the name of a driver, the number of a group.
    Result<FixedString<255>> link_name(Path path) const;

    // Where a symbolic link points, as it is written there.
    Result<Path> link_target(Path path) const;

    // Opens with the flags of open(2), close-on-exec.
    Result<int> open_file(Path path, int flags, unsigned mode = 0) const;

    Presence presence(Path path) const;

    // True when it is surely there.
    bool exists(Path path) const;

    // Calls `visit` with each name in a directory except '.' and '..', in no order.
    using Visit = void (*)(void* context, std::string_view name);
    Result<void> for_each_name(Path path, Visit visit, void* context) const;

    // The directory as it was given, '/' for the machine itself.
    std::string_view directory() const { return m_directory.view(); }
    bool is_machine() const { return m_directory.view() == "/"; }

private:
    Path m_directory;
    int m_descriptor = -1;
};

} // namespace vfio_early
