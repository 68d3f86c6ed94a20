// SPDX-License-Identifier: MIT
#include "sys/modules.h"

#include "base/text.h"
#include "core/plan.h"
#include "sys/directory.h"
#include "sys/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <initializer_list>
#include <sys/wait.h>
#include <unistd.h>

namespace vfio_early {

namespace {

using Options = std::initializer_list<char const*>;
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
    kernel::execute(
        program, const_cast<char* const*>(arguments.begin()), const_cast<char* const*>(environment));
    constexpr int not_executable = 127;
    _exit(not_executable);
}

// Reads to the end and keeps the last line that is not empty.
void keep_last_line(int descriptor, LoaderMessage& last_line)
{
    LoaderMessage line;
    char buffer[modprobe_buffer_bytes];
    for (;;) {
        auto const count = kernel::read(descriptor, buffer, sizeof(buffer));
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
bool run_modprobe(Root const& root, Options options, LoaderMessage& last_line)
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
    if (kernel::pipe(ends) < 0)
        return false;
    Descriptor reading(ends[0]);
    Descriptor writing(ends[1]);
    auto const child = kernel::fork();
    if (child == 0)
        become_modprobe(program->c_str(), arguments, writing.number());
    writing.close();
    if (child < 0)
        return false;
    keep_last_line(reading.number(), last_line);
    int status = 0;
    while (kernel::wait_for(child, status) < 0 && errno == EINTR) { }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool finds_driver(Root const& root, Target target)
{
    Path const name(driver_name(target));
    LoaderMessage ignored;
    return run_modprobe(root, {"--dry-run", "--quiet", name.c_str()}, ignored);
}

Path module_path(std::string_view module)
{
    return path_of("sys/module/", module);
}

void load_driver(Root const& root, Session& session, Target target)
{
    Path const name(driver_name(target));
    auto& loading = session.loading_of(target);
    loading.is_ours = true;
    // An 'install' line could run anything. --ignore-install passes over that of the module that is named,
    // and not over those of what it needs: each of these that has one is named too, before it would be
    // needed.
    LoaderMessage ignored;
    for (auto i = std::size(driver_modules); i-- > 0;) {
        Path const needed(driver_modules[i].name);
        if (driver_modules[i].target == target && driver_modules[i].role != DriverModule::Role::Driver
            && session.module_settings.has_install_line[i] && !root.exists(module_path(needed.view())))
            run_modprobe(root, {"--ignore-install", needed.c_str()}, ignored);
    }
    // kmod appends options of its command line to configured ones, and the last ids= counts: this one takes
    // the place of any in modprobe.d and on the kernel command line.
    run_modprobe(root, {"--ignore-install", name.c_str(), "ids="}, loading.message);
    if (!has_driver(root, target)) {
        // Where there is no such module, nothing else is to blame.
        if (finds_driver(root, target))
            loading.blacklisted = find_blacklisted(session.module_settings, target,
                [&](std::string_view module) { return root.exists(module_path(module)); });
        return;
    }
    // A soft dependency of vfio, which modprobe honours only when it loads vfio afresh. Its options are for
    // its user to set.
    constexpr char const* iommu_module = "vfio_iommu_type1";
    if (target == Target::VfioPci && !root.exists(module_path(iommu_module)))
        run_modprobe(root, {"--ignore-install", iommu_module}, ignored);
}

} // namespace

bool has_driver(Root const& root, Target target)
{
    return root.exists(path_of("sys/bus/pci/drivers/", driver_name(target)));
}

void load_drivers(Root const& root, Session& session)
{
    for (auto const target : {Target::VfioPci, Target::PciStub}) {
        if (needs_driver(session.plan, target) && !has_driver(root, target))
            load_driver(root, session, target);
    }
}

void load_iommu_driver(Root const& root)
{
    bool const is_on = Directory(root, Path("sys/class/iommu")).next().has_value();
    if (is_on || !root.exists(Path("sys/firmware/acpi/tables/VIOT")))
        return;
    // If it cannot be loaded, the plan finds no IOMMU and says so.
    LoaderMessage ignored;
    run_modprobe(root, {"-a", "virtio_pci", "virtio_iommu"}, ignored);
}

bool could_load_driver(Root const& root, Session& session, Target target)
{
    for (size_t i = 0; i < std::size(driver_modules); ++i) {
        auto const& module = driver_modules[i];
        if (module.target != target || module.role != DriverModule::Role::Driver
            || !session.module_settings.is_blacklisted[i])
            continue;
        session.loading_of(target).blacklisted = module.name;
        return false;
    }
    return finds_driver(root, target);
}

bool is_loaded_module(Root const& root, Target target)
{
    // What is built in has no `initstate` (kernel/module/sysfs.c).
    return root.exists(
        path_of(module_path(target == Target::VfioPci ? "vfio_pci" : "pci_stub"), "/initstate"));
}

} // namespace vfio_early
