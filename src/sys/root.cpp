#include "sys/root.h"

#include "sys/descriptor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace vfio_early {

namespace {

Error failure(std::string_view action, Path const& path)
{
    return {action, FixedString<256>(path.view()), errno};
}

// The kernel gives up on a path with '..' in it, as every device link of sysfs has, when anything anywhere is
// renamed or mounted meanwhile (handle_dots() in fs/namei.c), and wants to be asked again.
constexpr int attempts_at_open = 10000;

// musl has no wrapper for openat2, and glibc none before 2.43.
int open_in_root(int root, char const* path, int flags, unsigned mode)
{
    open_how how = {};
    how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
    how.mode = mode;
    how.resolve = RESOLVE_IN_ROOT;
    long descriptor = -1;
    for (int i = 0; i < attempts_at_open; ++i) {
        descriptor = syscall(SYS_openat2, root, path, &how, sizeof(how));
        if (descriptor >= 0 || errno != EAGAIN)
            break;
    }
    return static_cast<int>(descriptor);
}

Result<std::string_view> read_up_to(int descriptor, Path const& path, std::span<char> buffer)
{
    size_t size = 0;
    while (size < buffer.size()) {
        auto const count = ::read(descriptor, buffer.data() + size, buffer.size() - size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return failure("reading", path);
        if (count == 0)
            break;
        size += static_cast<size_t>(count);
    }
    return std::string_view(buffer.data(), size);
}

} // namespace

bool is_absence(Error const& error)
{
    return error.error_number == ENOENT || error.error_number == ENOTDIR;
}

Result<Root> Root::open(std::string_view directory)
{
    Root root;
    root.m_directory = Path(directory);
    root.m_descriptor = ::open(root.m_directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root.m_descriptor < 0)
        return failure("opening the root directory", root.m_directory);
    return root;
}

Result<int> Root::open_file(Path path, int flags, unsigned mode) const
{
    int const descriptor = open_in_root(m_descriptor, path.c_str(), flags, mode);
    if (descriptor < 0)
        return failure("opening", path);
    return descriptor;
}

Result<std::string_view> Root::read(Path path, std::span<char> buffer) const
{
    int const file_number = TRY(open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
    Descriptor const file(file_number);
    auto const text = TRY(read_up_to(file.number(), path, buffer));
    char more = 0;
    if (text.size() == buffer.size() && ::read(file.number(), &more, 1) != 0) {
        errno = EFBIG;
        return failure("reading", path);
    }
    return text;
}

Result<std::string_view> Root::read_start(Path path, std::span<char> buffer) const
{
    int const file_number = TRY(open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
    Descriptor const file(file_number);
    return read_up_to(file.number(), path, buffer);
}

Result<void> Root::write(Path path, std::string_view text) const
{
    int const file_number = TRY(open_file(path, O_WRONLY | O_TRUNC | O_NOCTTY));
    Descriptor const file(file_number);
    auto const count = ::write(file.number(), text.data(), text.size());
    if (count < 0)
        return failure("writing", path);
    return {};
}

Result<Path> Root::link_target(Path path) const
{
    int const link_number = TRY(open_file(path, O_PATH | O_NOFOLLOW));
    Descriptor const link(link_number);
    char target[512];
    auto const size = readlinkat(link.number(), "", target, sizeof(target));
    if (size < 0)
        return failure("reading the link", path);
    return Path({target, static_cast<size_t>(size)});
}

Result<FixedString<255>> Root::link_name(Path path) const
{
    auto const target = TRY(link_target(path));
    auto name = target.view();
    auto const slash = name.rfind('/');
    if (slash != std::string_view::npos)
        name.remove_prefix(slash + 1);
    return FixedString<255>(name);
}

Presence Root::presence(Path path) const
{
    auto file = open_file(path, O_PATH);
    if (file.is_error())
        return is_absence(file.error()) ? Presence::Absent : Presence::Unknown;
    Descriptor const closes(file.value());
    return Presence::There;
}

bool Root::exists(Path path) const
{
    return presence(path) == Presence::There;
}

Result<void> Root::for_each_name(Path path, Visit visit, void* context) const
{
    int const descriptor = TRY(open_file(path, O_RDONLY | O_DIRECTORY));
    auto* directory = fdopendir(descriptor);
    if (!directory) {
        Descriptor const closes(descriptor);
        return failure("listing", path);
    }
    while (auto const* entry = readdir(directory)) {
        std::string_view const name = entry->d_name;
        if (name != "." && name != "..")
            visit(context, name);
    }
    closedir(directory);
    return {};
}

} // namespace vfio_early
