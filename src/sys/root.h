// SPDX-License-Identifier: MIT
#pragma once

#include "base/fixed_string.h"
#include "base/result.h"
#include "core/limits.h"
#include "sys/descriptor.h"

#include <span>

namespace vfio_early {

// A path below a root, without the leading slash.
using Path = FixedString<max_path_bytes>;

// The last part of a path, which names a driver or a group.
using Name = FixedString<max_name_bytes>;

// A format with its parts as a path; see print().
Path path_of_passed(char const* format, ...);

template <typename... Parts>
[[gnu::always_inline]] inline Path path_of(FormatFor<Parts...> format, Parts const&... parts)
{
    return path_of_passed(format.text(), pass(parts)...);
}

// A path that is asked for: a literal or a Path. One that fills a Path to its last byte may have been cut:
// opening it fails with ENAMETOOLONG.
class PathRef {
public:
    PathRef(char const* text) : m_text(text) { }
    PathRef(Path const& path) : m_text(path.c_str()) { }

    char const* c_str() const { return m_text; }

private:
    char const* m_text;
};

// Whether a file is there; Unknown if the kernel does not say.
enum class Presence { There, Absent, Unknown };

// True if the error says that there is no such file, and not that it could not be examined.
bool is_absence(Error const&);

// The files of a machine below one directory: `/` itself, or a tree that looks like one. Every path is
// resolved inside of it, links and `..` included (RESOLVE_IN_ROOT of openat2, Linux 5.6).
class Root {
public:
    static Result<Root> open(std::string_view directory);

    // The whole file; EFBIG when it does not fit into `buffer`. Never blocks on a file that has no end.
    Result<std::string_view> read(PathRef, std::span<char> buffer) const;

    // The same for an attribute of sysfs, with one call: the kernel hands it over in one piece
    // (kernfs_file_read_iter() in fs/kernfs/file.c). EFBIG also when it fills `buffer` to the last byte.
    Result<std::string_view> read_attribute(PathRef, std::span<char> buffer) const;

    // At most as many bytes from the start of the file as `buffer` holds.
    Result<std::string_view> read_start(PathRef, std::span<char> buffer) const;

    // Writes `text` into a file that exists, in one write. What the kernel answers is the error number.
    Result<void> write(PathRef, std::string_view text) const;

    // The last part of where a symbolic link points: the name of a driver, the number of a group.
    Result<Name> link_name(PathRef) const;

    // Where a symbolic link points, as it is written there; ENAMETOOLONG when that does not fit.
    Result<Path> link_target(PathRef) const;

    // Opens with the flags of open(2), close-on-exec.
    Result<Descriptor> open_file(PathRef, int flags, unsigned mode = 0) const;

    // Gives a file another name in the same directory, in place of what has that name.
    Result<void> rename(PathRef from, PathRef to) const;

    // Removes a file, if it is there and can be removed.
    void remove(PathRef) const;

    Presence presence(PathRef) const;

    // True if it is certainly there.
    bool exists(PathRef) const;

    // Seconds since 1970 when it was written last, 0 where it is not there.
    int64_t modified(PathRef) const;

    // Keeps what is mounted on /sys, /run and /dev open: paths below lead there also when the root was
    // switched and these were moved away.
    void hold_mounts();

    // The directory as it was given.
    std::string_view directory() const { return m_directory.view(); }

    // True for '/', however it was named. Below another root no program is run.
    bool is_machine() const { return m_is_machine; }

private:
    friend Result<Root>;

    Root() = default;
    Root(Path const& directory, Descriptor descriptor);

    Result<Descriptor> open_directory_of(PathRef) const;

    static constexpr std::string_view held_names[] = {"sys/", "run/", "dev/"};

    Path m_directory;
    bool m_is_machine = false;
    Descriptor m_descriptor;
    Descriptor m_held[3];
};

} // namespace vfio_early
