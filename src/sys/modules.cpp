// SPDX-License-Identifier: MIT
#include "sys/modules.h"

#include "base/text.h"
#include "core/plan.h"
#include "sys/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace vfio_early {

namespace {

using Arguments = FixedVector<char const*, max_modprobe_arguments>;

// Where distributions keep it, on the host and in the initramfs. PATH is not searched. A path that was cut is
// not used.
std::optional<Path> find_modprobe(Root const& root)
{
    for (auto const candidate : {"/sbin/modprobe", "/usr/sbin/modprobe"}) {
        if (!root.exists(Path(candidate)))
            continue;
        auto const path = root.is_machine() ? Path(candidate) : path_of(root.directory(), candidate);
        if (!path.was_cut())
            return path;
    }
    return {};
}

[[noreturn]] void become_modprobe(char const* program, Arguments const& arguments, int error_output)
{
    // A clean environment drops MODPROBE_OPTIONS: initramfs-tools sets it to -qb, and with -b modprobe
    // silently skips what the command line blacklists. We ask for vfio-pci by name; a blacklist is meant
    // against loading by alias.
    char const* const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", nullptr};
    dup2(error_output, STDOUT_FILENO);
    dup2(error_output, STDERR_FILENO);
    execve(program, const_cast<char* const*>(arguments.begin()), const_cast<char* const*>(environment));
    constexpr int not_executable = 127;
    _exit(not_executable);
}

// Reads to the end and keeps the last line that is not empty.
void keep_last_line(int descriptor, LoaderMessage& last_line)
{
    LoaderMessage line;
    char buffer[modprobe_buffer_bytes];
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
bool run_modprobe(Root const& root, Arguments const& options, LoaderMessage& last_line)
{
    auto const program = find_modprobe(root);
    if (!program) {
        last_line = LoaderMessage("there is no /sbin/modprobe and no /usr/sbin/modprobe");
        return false;
    }
    Arguments arguments;
    Path const directory(root.directory());
    arguments.append("modprobe");
    if (!root.is_machine()) {
        arguments.append("-d");
        arguments.append(directory.c_str());
    }
    for (auto const* option : options)
        arguments.append(option);
    arguments.append(nullptr);

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

bool has_driver(Root const& root, Target target)
{
    return root.exists(path_of("sys/bus/pci/drivers/", driver_name(target)));
}

void load_drivers(Root const& root, Session& session)
{
    Arguments arguments;
    arguments.append("-a");
    bool is_complete = true;
    if (needs_driver(session.plan, Target::VfioPci) && !has_driver(root, Target::VfioPci)) {
        is_complete = false;
        arguments.append("vfio-pci");
        // A soft dependency of vfio, which modprobe honours only when it loads vfio afresh.
        arguments.append("vfio_iommu_type1");
    }
    if (needs_driver(session.plan, Target::PciStub) && !has_driver(root, Target::PciStub)) {
        is_complete = false;
        arguments.append("pci-stub");
    }
    if (!is_complete)
        run_modprobe(root, arguments, session.loader_message);
}

void load_iommu_driver(Root const& root)
{
    bool const is_on = Directory(root, Path("sys/class/iommu")).next().has_value();
    if (is_on || !root.exists(Path("sys/firmware/acpi/tables/VIOT")))
        return;
    Arguments arguments;
    arguments.append("-a");
    arguments.append("virtio_pci");
    arguments.append("virtio_iommu");
    // If it cannot be loaded, the plan finds no IOMMU and says so.
    LoaderMessage ignored;
    run_modprobe(root, arguments, ignored);
}

bool could_load_driver(Root const& root, Target target)
{
    Path const name(driver_name(target));
    Arguments arguments;
    arguments.append("--dry-run");
    arguments.append("--quiet");
    arguments.append(name.c_str());
    LoaderMessage ignored;
    return run_modprobe(root, arguments, ignored);
}

} // namespace vfio_early
