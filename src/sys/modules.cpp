#include "sys/modules.h"

#include "base/text.h"
#include "sys/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace vfio_early {

namespace {

using Arguments = FixedVector<char const*, 12>;

// Where distributions keep it, on the host and in the initramfs. There is no look-up in PATH.
std::optional<Path> find_modprobe(Root const& root)
{
    for (auto const candidate : {"sbin/modprobe", "usr/sbin/modprobe"}) {
        if (!root.exists(Path(candidate)))
            continue;
        return root.is_machine() ? path_of("/", candidate) : path_of(root.directory(), "/", candidate);
    }
    return {};
}

[[noreturn]] void become_modprobe(char const* program, Arguments const& arguments, int error_output)
{
    // A clean environment drops MODPROBE_OPTIONS: initramfs-tools sets it to -qb, and -b makes modprobe skip
    // what the command line blacklists, silently. We ask for vfio-pci by name; a blacklist is against loading
    // by alias.
    char const* const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", nullptr};
    dup2(error_output, STDOUT_FILENO);
    dup2(error_output, STDERR_FILENO);
    execve(program, const_cast<char* const*>(arguments.begin()), const_cast<char* const*>(environment));
    constexpr int not_executable = 127;
    _exit(not_executable);
}

// Reads to the end and keeps the last line that is not empty.
void keep_last_line(int descriptor, FixedString<159>& last_line)
{
    FixedString<159> line;
    char buffer[256];
    for (;;) {
        auto const count = read(descriptor, buffer, sizeof(buffer));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        for (ssize_t i = 0; i < count; ++i) {
            if (buffer[i] != '\n') {
                line.append({buffer + i, 1});
                continue;
            }
            if (!trimmed(line.view()).empty())
                last_line = line;
            line.clear();
        }
    }
    if (!trimmed(line.view()).empty())
        last_line = line;
}

// Runs modprobe with these options and names and waits for it. True when it returned 0.
bool run_modprobe(Root const& root, Arguments options, FixedString<159>& last_line)
{
    auto program = find_modprobe(root);
    if (!program) {
        last_line = FixedString<159>("there is no /sbin/modprobe");
        return false;
    }
    Arguments arguments;
    Path directory(root.directory());
    static_cast<void>(arguments.append("modprobe"));
    if (!root.is_machine()) {
        static_cast<void>(arguments.append("-d"));
        static_cast<void>(arguments.append(directory.c_str()));
    }
    for (auto const* option : options)
        static_cast<void>(arguments.append(option));
    static_cast<void>(arguments.append(nullptr));

    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return false;
    Descriptor reading(ends[0]);
    Descriptor writing(ends[1]);
    auto const child = fork();
    if (child == 0)
        become_modprobe(program->c_str(), arguments, writing.number());
    writing.close();
    if (child < 0)
        return false;
    keep_last_line(reading.number(), last_line);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) { }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace

bool needs_driver(Session const& session, Target target)
{
    for (auto const& decision : session.plan.decisions) {
        if (decision.code == Code::None && decision.target == target)
            return true;
    }
    return false;
}

bool has_driver(Root const& root, Target target)
{
    return root.exists(path_of("sys/bus/pci/drivers/", driver_name(target)));
}

void load_drivers(Root const& root, Session& session)
{
    Arguments arguments;
    static_cast<void>(arguments.append("-a"));
    bool is_complete = true;
    if (needs_driver(session, Target::VfioPci) && !has_driver(root, Target::VfioPci)) {
        is_complete = false;
        static_cast<void>(arguments.append("vfio-pci"));
        // A soft dependency of vfio, which modprobe honours only when it loads vfio afresh.
        static_cast<void>(arguments.append("vfio_iommu_type1"));
    }
    if (needs_driver(session, Target::PciStub) && !has_driver(root, Target::PciStub)) {
        is_complete = false;
        static_cast<void>(arguments.append("pci-stub"));
    }
    if (!is_complete)
        run_modprobe(root, arguments, session.loader_message);
}

void load_iommu_driver(Root const& root)
{
    bool is_on = false;
    static_cast<void>(root.for_each_name(
        path_of("sys/class/iommu"),
        [](void* context, std::string_view) { *static_cast<bool*>(context) = true; }, &is_on));
    if (is_on || !root.exists(path_of("sys/firmware/acpi/tables/VIOT")))
        return;
    Arguments arguments;
    static_cast<void>(arguments.append("-a"));
    static_cast<void>(arguments.append("virtio_pci"));
    static_cast<void>(arguments.append("virtio_iommu"));
    // Where it cannot be loaded the plan finds no IOMMU and says so.
    FixedString<159> ignored;
    run_modprobe(root, arguments, ignored);
}

bool could_load_driver(Root const& root, Target target)
{
    Path name(driver_name(target));
    Arguments arguments;
    static_cast<void>(arguments.append("--dry-run"));
    static_cast<void>(arguments.append("--quiet"));
    static_cast<void>(arguments.append(name.c_str()));
    FixedString<159> ignored;
    return run_modprobe(root, arguments, ignored);
}

} // namespace vfio_early
