// SPDX-License-Identifier: MIT
#include "fault_kernel.h"

#include "sys/kernel.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <linux/vfio.h>
#include <map>
#include <sstream>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace vfio_early {

namespace {

namespace fs = std::filesystem;
using fault_kernel::Fault;

struct Shared {
    std::atomic<unsigned> calls;
    std::atomic<pid_t> worker; // the first process that leads a group of its own
    char failed[200];
};

Shared* shared = nullptr;
fault_kernel::Plan plan;
fs::path machine;
std::map<std::string, std::string> host_drivers;
pid_t tester = 0;
int guest_comes_after = -1;

std::string read_file(fs::path const& path)
{
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    auto result = text.str();
    while (!result.empty() && result.back() == '\n')
        result.pop_back();
    return result == "(null)" ? "" : result;
}

void write_file(fs::path const& path, std::string const& text)
{
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

fs::path device(std::string const& address)
{
    return machine / "sys/bus/pci/devices" / address;
}

fs::path driver(std::string const& name)
{
    return machine / "sys/bus/pci/drivers" / name;
}

std::string driver_of(std::string const& address)
{
    std::error_code none;
    return fs::read_symlink(device(address) / "driver", none).filename();
}

std::string override_of(std::string const& address)
{
    return read_file(device(address) / "driver_override");
}

int attach(std::string const& address, std::string const& name)
{
    auto const wanted = override_of(address);
    bool const has_id = !read_file(driver(name) / "new_id").empty();
    bool const is_match = wanted.empty() ? has_id || host_drivers[address] == name : wanted == name;
    if (!is_match || !fs::exists(driver(name)))
        return ENODEV;
    if (!driver_of(address).empty())
        return EBUSY;
    fs::create_directory_symlink("../../drivers/" + name, device(address) / "driver");
    return 0;
}

int detach(std::string const& address, std::string const& name)
{
    if (driver_of(address) != name)
        return ENODEV;
    fs::remove(device(address) / "driver");
    return 0;
}

void load(std::string const& name)
{
    fs::create_directories(driver(name));
    for (auto const& entry : fs::directory_iterator(machine / "sys/bus/pci/devices"))
        attach(entry.path().filename(), name);
    write_file(driver(name) / "bind", "");
    write_file(driver(name) / "unbind", "");
}

// What a write into sysfs does; the errno.
int write_attribute(fs::path const& path, std::string text)
{
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    auto const name = path.filename().string();
    auto const owner = path.parent_path().filename().string();
    if (name == "driver_override") {
        write_file(path, (text.empty() ? "(null)" : text) + "\n");
        return 0;
    }
    if (name == "unbind")
        return detach(text, owner);
    if (name == "bind")
        return attach(text, owner);
    if (name == "drivers_probe") {
        auto const wanted = override_of(text);
        bool const has_id = !read_file(driver("vfio-pci") / "new_id").empty();
        attach(text, !wanted.empty() ? wanted : has_id ? "vfio-pci" : host_drivers[text]);
        return 0;
    }
    // One id at most, which all devices of the tree have.
    if (name == "remove_id") {
        auto const new_id = path.parent_path() / "new_id";
        if (read_file(new_id) != text)
            return ENODEV;
        write_file(new_id, "");
        return 0;
    }
    return EIO;
}

// Someone else gives the device back to its host driver.
void lose()
{
    if (driver_of(plan.lost).empty() || driver_of(plan.lost) == host_drivers[plan.lost])
        return;
    detach(plan.lost, driver_of(plan.lost));
    write_file(device(plan.lost) / "driver_override", "(null)\n");
    attach(plan.lost, host_drivers[plan.lost]);
}

// What a call is, and what it is for, are told with a blank in between.
bool are_of_one_kind(std::string_view call, std::string_view other)
{
    return call.substr(0, call.find(' ')) == other.substr(0, other.find(' '));
}

// True where this call is to fail.
bool is_hit(char const* call)
{
    if (!shared || getpid() == tester)
        return false;
    auto const number = ++shared->calls;
    if (shared->worker == 0 && getpgrp() == getpid())
        shared->worker = getpid();
    if (plan.fault == Fault::Loss && getpid() != shared->worker)
        return false;
    if (plan.at == 0 || number < plan.at || (number > plan.at && !plan.is_persistent))
        return false;
    if (number > plan.at && plan.is_one_kind && !are_of_one_kind(call, shared->failed))
        return false;
    snprintf(shared->failed, sizeof(shared->failed), "%s", call);
    if (plan.fault == Fault::Loss)
        lose();
    if (plan.fault == Fault::Kill || plan.fault == Fault::Alone || plan.fault == Fault::Loss)
        kill(getpid(), SIGKILL);
    if (plan.fault == Fault::Error)
        errno = plan.number;
    return true;
}

bool fails(char const* call)
{
    return is_hit(call) && plan.fault == Fault::Error;
}

fs::path path_of_descriptor(int file)
{
    std::error_code none;
    return fs::read_symlink("/proc/self/fd/" + std::to_string(file), none);
}

} // namespace

void fault_kernel::begin(fs::path const& directory, Plan const& new_plan)
{
    tester = getpid();
    if (!shared)
        shared = static_cast<Shared*>(
            mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    shared->calls = 0;
    shared->worker = 0;
    guest_comes_after = -1;
    shared->failed[0] = '\0';
    machine = directory;
    plan = new_plan;
}

unsigned fault_kernel::calls()
{
    return shared->calls;
}

std::string fault_kernel::failed_call()
{
    return shared->failed;
}

void fault_kernel::set_host_driver(std::string const& address, std::string const& name)
{
    host_drivers[address] = name;
}

void fault_kernel::let_guest_come(int opens)
{
    guest_comes_after = opens;
}

// The tree is the machine, which is in its initramfs.
bool kernel::is_root_directory(int)
{
    return !fails("stat");
}

long kernel::file_system_type(char const*)
{
    return fails("statfs") ? -1 : RAMFS_MAGIC;
}

// There are no nodes of devices.
int kernel::status(int, char const*, struct statx&)
{
    fails("statx");
    errno = ENOENT;
    return -1;
}

void kernel::use_small_pages() { }

void kernel::ignore_signal(int number, bool is_ignored)
{
    signal(number, is_ignored ? SIG_IGN : SIG_DFL);
}

int kernel::open_in_root(int root, char const* path, int flags, unsigned mode)
{
    if (fails((std::string("open ") + path).c_str()))
        return -1;
    if (guest_comes_after >= 0 && strstr(path, "vfio/") && (flags & O_PATH) == 0
        && guest_comes_after-- == 0) {
        guest_comes_after = 0;
        errno = EBUSY;
        return -1;
    }
    open_how how = {};
    bool const is_sysfs = std::strncmp(path, "sys/", 4) == 0 || std::strncmp(path, "bus/", 4) == 0;
    how.flags = static_cast<uint64_t>((is_sysfs ? flags & ~O_TRUNC : flags) | O_CLOEXEC);
    how.mode = mode;
    how.resolve = RESOLVE_IN_ROOT;
    return static_cast<int>(syscall(SYS_openat2, root, path, &how, sizeof(how)));
}

int kernel::open_at(int directory, char const* name, int flags, unsigned mode)
{
    return fails("openat") ? -1 : ::openat(directory, name, flags | O_CLOEXEC, mode);
}

int kernel::open(char const* path, int flags)
{
    return fails("open by path") ? -1 : ::open(path, flags | O_CLOEXEC);
}

ssize_t kernel::read(int file, void* buffer, size_t size)
{
    if (is_hit("read")) {
        if (plan.fault == Fault::Error)
            return -1;
        size = 1;
    }
    return ::read(file, buffer, size);
}

ssize_t kernel::write(int file, void const* bytes, size_t size)
{
    auto const path = path_of_descriptor(file);
    bool const is_hit_now = is_hit(("write " + path.filename().string()).c_str());
    if (is_hit_now && plan.fault == Fault::Error)
        return -1;
    if (path.string().find("/sys/") == std::string::npos)
        return ::write(file, bytes, is_hit_now ? 1 : size);
    // sysfs takes all or nothing; what is reported as cut may have been done or not.
    auto const error = write_attribute(path, {static_cast<char const*>(bytes), size});
    if (error != 0) {
        errno = error;
        return -1;
    }
    return static_cast<ssize_t>(is_hit_now ? 1 : size);
}

// VFIO_GROUP_GET_STATUS: a group is viable while none of its members has a host driver.
int kernel::control(int file, unsigned long request, void* argument)
{
    if (fails("ioctl"))
        return -1;
    auto const path = path_of_descriptor(file);
    if (request != VFIO_GROUP_GET_STATUS || path.parent_path().filename() != "vfio") {
        errno = ENOTTY;
        return -1;
    }
    auto& status = *static_cast<vfio_group_status*>(argument);
    status.flags = VFIO_GROUP_FLAGS_VIABLE;
    auto const members = machine / "sys/kernel/iommu_groups" / path.filename() / "devices";
    for (auto const& member : fs::directory_iterator(members)) {
        auto const name = driver_of(member.path().filename());
        if (!name.empty() && name != "vfio-pci" && name != "pci-stub" && name != "pcieport")
            status.flags = 0;
    }
    return 0;
}

int kernel::sync(int file)
{
    return fails("fsync") ? -1 : ::fsync(file);
}

int kernel::lock(int file)
{
    return fails("flock") ? -1 : ::flock(file, LOCK_EX | LOCK_NB);
}

ssize_t kernel::list(int directory, void* buffer, size_t size)
{
    return fails("getdents") ? -1 : syscall(SYS_getdents64, directory, buffer, size);
}

ssize_t kernel::read_link(int link, char* buffer, size_t size)
{
    return fails("readlink") ? -1 : ::readlinkat(link, "", buffer, size);
}

int kernel::rename(int directory, char const* from, char const* to)
{
    return fails("rename") ? -1 : ::renameat(directory, from, directory, to);
}

int kernel::remove(int directory, char const* name)
{
    return fails("unlink") ? -1 : ::unlinkat(directory, name, 0);
}

int kernel::make_directory(int directory, char const* name, unsigned mode)
{
    return fails("mkdir") ? -1 : ::mkdirat(directory, name, mode);
}

int kernel::pipe(int (&ends)[2])
{
    return fails("pipe") ? -1 : ::pipe2(ends, O_CLOEXEC);
}

int kernel::poll(pollfd& waiting, int timeout_milliseconds)
{
    return fails("poll") ? -1 : ::poll(&waiting, 1, timeout_milliseconds);
}

pid_t kernel::fork()
{
    if (plan.fault == Fault::Alone && shared->failed[0] != '\0') {
        errno = ENOMEM;
        return -1;
    }
    return fails("fork") ? -1 : ::fork();
}

pid_t kernel::wait_for(pid_t child, int& status, int flags)
{
    return fails("waitpid") ? -1 : ::waitpid(child, &status, flags);
}

// systemctl: a unit is active while there is a file of its name.
[[noreturn]] static void run_systemctl(std::string const& verb, std::string const& unit)
{
    auto const active = machine / "active" / unit;
    bool const is_active = fs::exists(active);
    if (verb == "is-active") {
        std::string const state = is_active ? "active\n" : "inactive\n";
        static_cast<void>(!::write(STDOUT_FILENO, state.data(), state.size()));
        _exit(is_active ? 0 : 3);
    }
    if (verb == "stop")
        fs::remove(active);
    else
        write_file(active, "");
    _exit(0);
}

// modprobe: the module's name is an argument. Those that a handover loads and unloads are in sysfs.
void kernel::execute(char const*, char* const* arguments, char* const*)
{
    if (fails("execve"))
        return;
    std::string const program = arguments[0];
    if (program == "systemctl")
        run_systemctl(arguments[1], arguments[2]);
    auto const in_sysfs = machine / "sys/module" / (arguments[1] ? arguments[1] : "");
    if (program == "rmmod")
        _exit(fs::remove_all(in_sysfs) > 0 ? 0 : 1);
    if (std::string(arguments[1]) == "stand_in") {
        fs::create_directories(in_sysfs);
        write_file(in_sysfs / "initstate", "live\n");
        write_file(in_sysfs / "refcnt", "0\n");
    }
    bool is_rehearsal = false;
    std::string module;
    for (; *arguments; ++arguments) {
        std::string const argument = *arguments;
        is_rehearsal |= argument == "--dry-run";
        if (argument == "vfio-pci" || argument == "pci-stub")
            module = argument;
    }
    if (!module.empty() && !is_rehearsal)
        load(module);
    _exit(0);
}

} // namespace vfio_early
