// SPDX-License-Identifier: MIT
#include "sys/root.h"

#include "base/text.h"
#include "sys/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>

namespace vfio_early {

namespace {

Error failure(char const* action)
{
    return {action, errno};
}

// If anything anywhere is renamed or mounted meanwhile, the kernel gives up on a path with '..' in it, which
// every device link of sysfs has, and wants to be asked again (handle_dots() in fs/namei.c).
constexpr int attempts_at_open = 10000;

int open_in_root(int root, char const* path, int flags, unsigned mode)
{
    int descriptor = -1;
    for (int i = 0; i < attempts_at_open; ++i) {
        descriptor = kernel::open_in_root(root, path, flags, mode);
        if (descriptor >= 0 || (errno != EAGAIN && errno != EINTR))
            break;
    }
    return descriptor;
}

// One read, begun again when a signal interrupts it.
Result<size_t> read_once(Descriptor const& file, std::span<char> buffer)
{
    for (;;) {
        auto const count = kernel::read(file.number(), buffer.data(), buffer.size());
        if (count >= 0)
            return static_cast<size_t>(count);
        if (errno != EINTR)
            return failure("reading");
    }
}

Result<std::string_view> read_up_to(Descriptor const& file, std::span<char> buffer)
{
    size_t size = 0;
    while (size < buffer.size()) {
        auto const count = TRY(read_once(file, buffer.subspan(size)));
        if (count == 0)
            break;
        size += count;
    }
    return std::string_view(buffer.data(), size);
}

constexpr int flags_for_reading = O_RDONLY | O_NONBLOCK | O_NOCTTY;

char const* last_part(PathRef path)
{
    std::string_view const text = path.c_str();
    return text.data() + text.rfind('/') + 1; // npos + 1 is 0
}

} // namespace

Path path_of_passed(char const* format, ...)
{
    Path path;
    Sink sink(path);
    va_list arguments;
    va_start(arguments, format);
    print_arguments(sink, format, arguments);
    va_end(arguments);
    return path;
}

bool is_absence(Error const& error)
{
    return error.number == ENOENT || error.number == ENOTDIR;
}

Root::Root(Path const& directory, Descriptor descriptor)
    : m_directory(directory)
    , m_is_machine(kernel::is_root_directory(descriptor.number()))
    , m_descriptor(std::move(descriptor))
{
}

Result<Root> Root::open(std::string_view directory)
{
    Path const path(directory);
    if (path.was_cut())
        return Error{"opening", ENAMETOOLONG};
    Descriptor descriptor(kernel::open(path.c_str(), O_PATH | O_DIRECTORY));
    if (descriptor.number() < 0)
        return failure("opening");
    return Root(path, std::move(descriptor));
}

Result<Descriptor> Root::open_file(PathRef path, int flags, unsigned mode) const
{
    std::string_view below = path.c_str();
    if (below.size() >= max_path_bytes)
        return Error{"opening", ENAMETOOLONG};
    auto directory = m_descriptor.number();
    for (size_t i = 0; i < std::size(held_names); ++i) {
        if (m_held[i].number() < 0 || !below.starts_with(held_names[i]))
            continue;
        directory = m_held[i].number();
        below.remove_prefix(held_names[i].size());
        break;
    }
    Descriptor file(open_in_root(directory, below.data(), flags, mode));
    if (file.number() < 0)
        return failure("opening");
    return file;
}

void Root::hold_mounts()
{
    for (size_t i = 0; i < std::size(held_names); ++i) {
        auto held = open_file(held_names[i].data(), O_PATH | O_DIRECTORY);
        if (!held.is_error())
            m_held[i] = held.release_value();
    }
}

Result<std::string_view> Root::read(PathRef path, std::span<char> buffer) const
{
    auto const file = TRY(open_file(path, flags_for_reading));
    auto const text = TRY(read_up_to(file, buffer));
    char more = 0;
    if (text.size() == buffer.size() && kernel::read(file.number(), &more, 1) != 0)
        return Error{"reading", EFBIG};
    return text;
}

Result<std::string_view> Root::read_attribute(PathRef path, std::span<char> buffer) const
{
    auto const file = TRY(open_file(path, flags_for_reading));
    auto const size = TRY(read_once(file, buffer));
    if (size == buffer.size())
        return Error{"reading", EFBIG};
    return std::string_view(buffer.data(), size);
}

Result<std::string_view> Root::read_start(PathRef path, std::span<char> buffer) const
{
    auto const file = TRY(open_file(path, flags_for_reading));
    return read_up_to(file, buffer);
}

Result<void> Root::write(PathRef path, std::string_view text) const
{
    auto const file = TRY(open_file(path, O_WRONLY | O_TRUNC | O_NOCTTY));
    ssize_t count = -1;
    do {
        count = kernel::write(file.number(), text.data(), text.size());
    } while (count < 0 && errno == EINTR);
    if (count < 0)
        return failure("writing");
    // An attribute takes all of it or nothing.
    if (static_cast<size_t>(count) != text.size())
        return Error{"writing", EIO};
    return {};
}

Result<Path> Root::link_target(PathRef path) const
{
    auto const link = TRY(open_file(path, O_PATH | O_NOFOLLOW));
    char target[max_path_bytes + 1];
    auto const size = kernel::read_link(link.number(), target, sizeof(target));
    if (size < 0)
        return failure("reading the link");
    // readlinkat() cuts silently.
    if (static_cast<size_t>(size) == sizeof(target))
        return Error{"reading the link", ENAMETOOLONG};
    return Path({target, static_cast<size_t>(size)});
}

Result<Name> Root::link_name(PathRef path) const
{
    auto const target = TRY(link_target(path));
    auto text = target.view();
    auto const slash = text.rfind('/');
    if (slash != std::string_view::npos)
        text.remove_prefix(slash + 1);
    Name const name(text);
    if (name.was_cut())
        return Error{"reading the link", ENAMETOOLONG};
    return name;
}

Result<Descriptor> Root::open_directory_of(PathRef path) const
{
    auto const size = static_cast<size_t>(last_part(path) - path.c_str());
    return open_file(size == 0 ? Path(".") : Path({path.c_str(), size}), O_PATH | O_DIRECTORY);
}

// rename() and remove() follow links out of the root: the directory is opened inside of it, and only
// names are handed on.
Result<void> Root::rename(PathRef from, PathRef to) const
{
    auto const directory = TRY(open_directory_of(from));
    if (kernel::rename(directory.number(), last_part(from), last_part(to)) < 0)
        return failure("renaming");
    return {};
}

void Root::remove(PathRef path) const
{
    auto const directory = open_directory_of(path);
    if (!directory.is_error())
        kernel::remove(directory.value().number(), last_part(path));
}

Presence Root::presence(PathRef path) const
{
    auto const file = open_file(path, O_PATH);
    if (!file.is_error())
        return Presence::There;
    return is_absence(file.error()) ? Presence::Absent : Presence::Unknown;
}

int64_t Root::modified(PathRef path) const
{
    struct statx status = {};
    auto const file = open_file(path, O_PATH);
    if (file.is_error() || kernel::status(file.value().number(), "", status) < 0)
        return 0;
    return status.stx_mtime.tv_sec;
}

bool Root::exists(PathRef path) const
{
    return presence(path) == Presence::There;
}

} // namespace vfio_early
