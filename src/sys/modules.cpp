// SPDX-License-Identifier: MIT
#include "sys/modules.h"

#include "base/text.h"
#include "core/plan.h"
#include "sys/directory.h"
#include "sys/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <initializer_list>
#include <poll.h>
#include <signal.h>
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
        auto const path = path_of("%s%c", root.directory(), candidate);
        if (root.exists(Path(candidate)) && !path.was_cut())
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
    kernel::ignore_signal(SIGPIPE, false);
    dup2(error_output, STDOUT_FILENO);
    dup2(error_output, STDERR_FILENO);
    kernel::execute(
        program, const_cast<char* const*>(arguments.begin()), const_cast<char* const*>(environment));
    constexpr int not_executable = 127;
    _exit(not_executable);
}

// Keeps the last line that is not empty.
class LastLine {
public:
    explicit LastLine(LoaderMessage& last) : m_last(last) { }
    ~LastLine() { end_line(); }

    void append(std::string_view text)
    {
        for (char const& byte : text) {
            if (byte == '\n')
                end_line();
            else
                m_line.append({&byte, 1});
        }
    }

private:
    void end_line()
    {
        if (!trimmed(m_line.view()).empty())
            m_last = m_line;
        m_line.clear();
    }

    LoaderMessage& m_last;
    LoaderMessage m_line;
};

// Reads what is there; false at the end.
bool read_some(int pipe, LastLine& lines)
{
    char buffer[modprobe_buffer_bytes];
    auto const count = kernel::read(pipe, buffer, sizeof(buffer));
    if (count > 0)
        lines.append({buffer, static_cast<size_t>(count)});
    return count > 0 || (count < 0 && errno == EINTR);
}

// False where it still runs, and `flags` say not to wait for that.
bool has_ended(pid_t child, int flags)
{
    int status = 0;
    auto const ended = kernel::wait_for(child, status, flags);
    return ended > 0 || (ended < 0 && errno != EINTR);
}

// Waits for modprobe itself and not for the end of its output: what an 'install' line started can keep that
// open for ever, and write to it.
void wait_for_modprobe(pid_t child, int pipe, LastLine& lines)
{
    constexpr int pause_milliseconds = 20;
    constexpr size_t pipe_bytes =
        size_t{64} * 1024; // what a pipe holds (PIPE_DEF_BUFFERS, include/linux/pipe_fs_i.h)
    bool is_gone = false;
    for (size_t left = pipe_bytes / modprobe_buffer_bytes; left > 0; left -= is_gone) {
        pollfd waiting = {.fd = pipe, .events = POLLIN, .revents = 0};
        bool const has_output = kernel::poll(waiting, is_gone ? 0 : pause_milliseconds) > 0;
        if (has_output ? !read_some(pipe, lines) : is_gone)
            break;
        is_gone = is_gone || has_ended(child, WNOHANG);
    }
    while (!is_gone)
        is_gone = has_ended(child, 0);
}

// Runs modprobe with these options and names and waits for it. The error number where it could not be
// started.
int run_modprobe(Root const& root, Options options, LoaderMessage& last_line)
{
    auto const program = find_modprobe(root);
    if (!program) {
        last_line = LoaderMessage("there is no /sbin/modprobe and no /usr/sbin/modprobe");
        return 0;
    }
    Arguments arguments;
    arguments.append("modprobe");
    for (auto const* option : options)
        arguments.append(option);
    arguments.append(nullptr);

    int ends[2];
    if (kernel::pipe(ends) < 0)
        return errno;
    Descriptor const reading(ends[0]);
    Descriptor writing(ends[1]);
    auto const child = kernel::fork();
    if (child == 0)
        become_modprobe(program->c_str(), arguments, writing.number());
    if (child < 0)
        return errno;
    writing.close();
    LastLine lines(last_line);
    wait_for_modprobe(child, reading.number(), lines);
    return 0;
}

// The kernel whose modules count: the one that is named, the one that runs, or below another root the only
// one. Empty where that is not known.
KernelVersion find_kernel(Root const& root, KernelVersion const& named)
{
    if (!named.empty())
        return named;
    KernelVersion kernel;
    if (root.is_machine()) {
        char buffer[max_name_bytes];
        auto const text = root.read(Path("proc/sys/kernel/osrelease"), buffer);
        return text.is_error() ? kernel : KernelVersion(trimmed(text.value()));
    }
    Directory names(root, Path("lib/modules"));
    while (auto const name = names.next()) {
        if (!kernel.empty())
            return {};
        kernel = KernelVersion(*name);
    }
    return names.has_failed() ? KernelVersion() : kernel;
}

// Whether a list of module files has this one. In modules.dep, what each needs follows behind a ':'.
Presence find_in_list(Root const& root, Path const& path, std::string_view module)
{
    static char buffer[max_module_list_bytes];
    auto const text = root.read(path, buffer);
    if (text.is_error())
        return Presence::Unknown;
    auto rest = text.value();
    while (!rest.empty()) {
        auto line = take_until(rest, '\n');
        auto file = take_until(line, ':');
        file.remove_prefix(file.rfind('/') + 1); // npos + 1 is 0
        if (is_same_name(take_until(file, '.'), module))
            return Presence::There;
    }
    return Presence::Absent;
}

// Whether the kernel that counts has the driver, and as what.
struct Found {
    Presence as_module = Presence::Unknown;
    Presence built_in = Presence::Unknown;

    bool is_there() const { return as_module == Presence::There || built_in == Presence::There; }
    bool is_absent() const { return as_module == Presence::Absent && built_in == Presence::Absent; }
};

Found find_driver(Root const& root, KernelVersion const& kernel, Target target)
{
    if (kernel.empty())
        return {};
    auto const directory = path_of("lib/modules/%s", kernel);
    return {find_in_list(root, path_of("%s/modules.dep", directory), driver_name(target)),
        find_in_list(root, path_of("%s/modules.builtin", directory), driver_name(target))};
}

Path module_path(std::string_view module)
{
    return path_of("sys/module/%s", module);
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
    loading.error_number = run_modprobe(root, {"--ignore-install", name.c_str(), "ids="}, loading.message);
    if (!has_driver(root, target)) {
        // Where there is no such module, nothing else is to blame.
        if (!find_driver(root, find_kernel(root, session.kernel), target).is_absent())
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
    return root.exists(path_of("sys/bus/pci/drivers/%s", driver_name(target)));
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
    auto& loading = session.loading_of(target);
    for (size_t i = 0; i < std::size(driver_modules); ++i) {
        auto const& module = driver_modules[i];
        if (module.target != target || module.role != DriverModule::Role::Driver
            || !session.module_settings.is_blacklisted[i])
            continue;
        loading.blacklisted = module.name;
        return false;
    }
    session.kernel = find_kernel(root, session.kernel);
    auto const found = find_driver(root, session.kernel, target);
    loading.is_unknown = !found.is_there() && !found.is_absent();
    loading.is_ours = found.built_in != Presence::There;
    return !found.is_absent();
}

bool is_loaded_module(Root const& root, Target target)
{
    // What is built in has no `initstate` (kernel/module/sysfs.c).
    return root.exists(
        path_of("sys/module/%c/initstate", target == Target::VfioPci ? "vfio_pci" : "pci_stub"));
}

} // namespace vfio_early
