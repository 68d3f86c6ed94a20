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

char const* last_part(Path const& path)
{
    auto const slash = path.view().rfind('/');
    return path.c_str() + (slash == std::string_view::npos ? 0 : slash + 1);
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

Result<Descriptor> Root::open_file(Path const& path, int flags, unsigned mode) const
{
    if (path.was_cut())
        return Error{"opening", ENAMETOOLONG};
    auto directory = m_descriptor.number();
    auto const* below = path.c_str();
    for (size_t i = 0; i < std::size(held_names); ++i) {
        auto const& name = held_names[i];
        bool const is_below = path.view().starts_with(name) && path.c_str()[name.size()] == '/';
        if (!is_below || m_held[i].number() < 0)
            continue;
        directory = m_held[i].number();
        below += name.size() + 1;
    }
    Descriptor file(open_in_root(directory, below, flags, mode));
    if (file.number() < 0)
        return failure("opening");
    return file;
}

void Root::hold_mounts()
{
    for (size_t i = 0; i < std::size(held_names); ++i) {
        auto held = open_file(Path(held_names[i]), O_PATH | O_DIRECTORY);
        if (!held.is_error())
            m_held[i] = held.release_value();
    }
}

Result<std::string_view> Root::read(Path const& path, std::span<char> buffer) const
{
    auto const file = TRY(open_file(path, flags_for_reading));
    auto const text = TRY(read_up_to(file, buffer));
    char more = 0;
    if (text.size() == buffer.size() && kernel::read(file.number(), &more, 1) != 0)
        return Error{"reading", EFBIG};
    return text;
}

Result<std::string_view> Root::read_attribute(Path const& path, std::span<char> buffer) const
{
    auto const file = TRY(open_file(path, flags_for_reading));
    auto const size = TRY(read_once(file, buffer));
    if (size == buffer.size())
        return Error{"reading", EFBIG};
    return std::string_view(buffer.data(), size);
}

Result<std::string_view> Root::read_start(Path const& path, std::span<char> buffer) const
{
    auto const file = TRY(open_file(path, flags_for_reading));
    return read_up_to(file, buffer);
}

Result<void> Root::write(Path const& path, std::string_view text) const
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

Result<Path> Root::link_target(Path const& path) const
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

Result<Name> Root::link_name(Path const& path) const
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

Result<Descriptor> Root::open_directory_of(Path const& path) const
{
    Path const directory(slice(path.view(), 0, static_cast<size_t>(last_part(path) - path.c_str())));
    return open_file(directory.empty() ? Path(".") : directory, O_PATH | O_DIRECTORY);
}

// rename() and remove() follow links out of the root: the directory is opened inside of it, and only
// names are handed on.
Result<void> Root::rename(Path const& from, Path const& to) const
{
    auto const directory = TRY(open_directory_of(from));
    if (kernel::rename(directory.number(), last_part(from), last_part(to)) < 0)
        return failure("renaming");
    return {};
}

void Root::remove(Path const& path) const
{
    auto const directory = open_directory_of(path);
    if (!directory.is_error())
        kernel::remove(directory.value().number(), last_part(path));
}

Presence Root::presence(Path const& path) const
{
    auto const file = open_file(path, O_PATH);
    if (!file.is_error())
        return Presence::There;
    return is_absence(file.error()) ? Presence::Absent : Presence::Unknown;
}

int64_t Root::modified(Path const& path) const
{
    struct statx status = {};
    auto const file = open_file(path, O_PATH);
    if (file.is_error() || kernel::status(file.value().number(), "", status) < 0)
        return 0;
    return status.stx_mtime.tv_sec;
}

bool Root::exists(Path const& path) const
{
    return presence(path) == Presence::There;
}

} // namespace vfio_early
