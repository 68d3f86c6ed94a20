// SPDX-License-Identifier: MIT
// Makes system calls of `vfio-early bind` fail, one in each run, on a machine with real devices, and looks at
// what is left: each group is whole on its driver or entirely what it was, or the report names what could not
// be put back; and exit status and report tell the truth.
//
//     inject all [SEED [START]]    each fault at each call of each process
//     inject COUNT [SEED [START]]  so many of them; without a seed, or with 0, other ones each day
//
// START is the number of what a run begins with, in the order of `starts` below; without it all are tried.
// It runs in the initramfs, before anything else binds a driver. Each line that it prints begins with
// '@@ shown inject '; the last is 'TRIED of POINTS points tried, WRONG wrong', and without that it did not
// get to its end.

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <initializer_list>
#include <sys/klog.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

struct Device {
    char const* address;
    char const* host_driver;
    char const* target;
    int group;
};

constexpr Device devices[] = {
    {"0000:01:00.0", "e1000e", "vfio-pci", 0},
    {"0000:01:00.1", "nvme", "vfio-pci", 0},
    {"0000:00:0a.0", "8139cp", "vfio-pci", 1},
    {"0000:00:0b.0", "8139cp", "pci-stub", 2},
};
constexpr int groups = 3;

constexpr char listed[] = "[bind]\ncard = 0000:01:00.*\nnic = 0000:00:0a.0\n[stub]\nother = 0000:00:0b.0\n";
constexpr char unlisted_peer[] = "[bind]\nnic = 0000:01:00.0\n";

// What a run begins with.
struct Start {
    char const* about;
    bool has_host_drivers;
    bool has_vfio_pci; // pci-stub is always there
    char const* ini;
    bool is_refused;
    // The worker is killed when it writes an address the so manieth time: what it did has to be undone.
    unsigned kill_worker_at;
};

constexpr Start starts[] = {
    {"no drivers yet", false, false, listed, false, 0},
    {"host drivers bound", true, true, listed, false, 0},
    {"worker killed", true, true, listed, false, 4},
    {"unlisted peer", true, true, unlisted_peer, true, 0},
};

enum class Fault : uint8_t { Error, Short, Kill };

struct Kind {
    char const* name;
    Fault fault;
    int number;
    bool is_persistent = false; // the same system call fails from there on, in all processes
};

constexpr Kind kinds[] = {
    {"EIO", Fault::Error, EIO},
    {"EBUSY", Fault::Error, EBUSY},
    {"ENOENT", Fault::Error, ENOENT},
    {"ENOMEM", Fault::Error, ENOMEM},
    {"EINTR", Fault::Error, EINTR},
    {"a short write", Fault::Short, 0},
    {"SIGKILL", Fault::Kill, 0},
    {"EIO from there on", Fault::Error, EIO, true},
    {"ENOMEM from there on", Fault::Error, ENOMEM, true},
};
constexpr Kind const& sigkill = kinds[6];

// A call of a process: both count from the start of the run, calls from 1 and processes from 0.
struct Point {
    unsigned process;
    unsigned call;
    Kind const* kind;
};

constexpr unsigned max_processes = 24;
constexpr unsigned max_calls = 4096;
constexpr unsigned the_parent = 0;
constexpr unsigned the_worker = 1;
constexpr char config_path[] = "/run/inject.ini";
constexpr char output_path[] = "/run/inject.out";
constexpr char program[] = "/usr/sbin/vfio-early";

// What is known of a call from a run without a fault.
struct Call {
    uint16_t number;
    bool writes_address;
};

struct Process {
    pid_t pid;
    unsigned calls;
    bool is_in_call;
    long result; // what its call is to return, 0 where that is the kernel's
    bool is_modprobe;
};

struct Run {
    Point points[2];
    unsigned point_count;
    bool is_recorded;
    // The system call that fails from now on, and with what; null where there is none.
    Kind const* persistent;
    unsigned long long persistent_number;
    bool is_output_lost; // a write to standard output failed
    Process processes[max_processes];
    unsigned process_count;
    int status; // of the first process, as waitpid() gives it
    bool hangs;
};

Call recorded[max_processes][max_calls];

void show(char const* format, ...) __attribute__((format(printf, 1, 2)));
void show(char const* format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("@@ shown inject ");
    vprintf(format, arguments);
    printf("\n");
    fflush(stdout);
    va_end(arguments);
}

[[noreturn]] void give_up(char const* what, char const* of_what)
{
    show("%s %s: %s", what, of_what, strerror(errno));
    exit(1);
}

// --- files

bool write_file(char const* path, char const* text)
{
    int const file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file < 0)
        return false;
    auto const size = strlen(text);
    bool const is_written = write(file, text, size) == static_cast<ssize_t>(size);
    close(file);
    return is_written;
}

char const* read_file(char const* path)
{
    static char text[1 << 16];
    int const file = open(path, O_RDONLY);
    auto const size = file < 0 ? 0 : read(file, text, sizeof(text) - 1);
    if (file >= 0)
        close(file);
    text[size > 0 ? size : 0] = '\0';
    return text;
}

char const* path_of(Device const& device, char const* name)
{
    static char path[256];
    snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", device.address, name);
    return path;
}

struct Name {
    char text[64];

    bool is(char const* other) const { return strcmp(text, other) == 0; }
};

// The driver that a device is bound to; empty where it has none.
Name driver_of(Device const& device)
{
    char link[256] = {};
    Name name = {};
    if (readlink(path_of(device, "driver"), link, sizeof(link) - 1) > 0)
        snprintf(name.text, sizeof(name.text), "%s", strrchr(link, '/') + 1);
    return name;
}

Name override_of(Device const& device)
{
    Name name = {};
    snprintf(name.text, sizeof(name.text), "%s", read_file(path_of(device, "driver_override")));
    name.text[strcspn(name.text, "\n")] = '\0';
    return name.is("(null)") ? Name{} : name;
}

// --- the state that a run begins with

void load(char const* module)
{
    auto const child = fork();
    if (child == 0) {
        execl("/sbin/modprobe", "modprobe", module, nullptr);
        _exit(127);
    }
    int status = 0;
    if (waitpid(child, &status, 0) < 0 || status != 0)
        give_up("modprobe", module);
}

void unload(std::initializer_list<char const*> modules)
{
    for (auto const* module : modules) {
        if (syscall(SYS_delete_module, module, O_NONBLOCK) < 0 && errno != ENOENT)
            give_up("unloading", module);
    }
}

void reset(Start const& start)
{
    auto const wanted = [&](Device const& device) {
        return start.has_host_drivers ? device.host_driver : "";
    };
    for (auto const& device : devices) {
        if (!override_of(device).is("") && !write_file(path_of(device, "driver_override"), "\n"))
            give_up("clearing the override of", device.address);
        auto const driver = driver_of(device);
        if (!driver.is("") && !driver.is(wanted(device))
            && !write_file(path_of(device, "driver/unbind"), device.address))
            give_up("unbinding", device.address);
    }
    for (auto const& device : devices) {
        if (!driver_of(device).is(wanted(device))
            && !write_file("/sys/bus/pci/drivers_probe", device.address))
            give_up("probing", device.address);
        if (!driver_of(device).is(wanted(device)))
            give_up("cannot reset", device.address);
    }
    if (!start.has_vfio_pci)
        unload({"vfio_pci"});
    for (auto const* name :
        {"/report.json", "/report.json.new", "/live.json", "/live.json.new", "/lock", ""}) {
        char path[64];
        snprintf(path, sizeof(path), "/run/vfio-early%s", name);
        if (remove(path) < 0 && errno != ENOENT)
            give_up("removing", path);
    }
}

void set_up(Start const& start)
{
    if (start.has_host_drivers) {
        load("e1000e");
        load("nvme");
        load("8139cp");
    } else {
        unload({"e1000e", "nvme", "8139cp"});
    }
    load("pci-stub");
    if (start.has_vfio_pci)
        load("vfio-pci");
    if (!write_file(config_path, start.ini))
        give_up("writing", config_path);
}

// --- a run, with faults

[[noreturn]] void become_program()
{
    int const nothing = open("/dev/null", O_RDWR);
    int const output = open(output_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    dup2(nothing, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    close(nothing);
    close(output);
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    raise(SIGSTOP);
    execl(program, "vfio-early", "bind", "--config", config_path, nullptr);
    _exit(127);
}

unsigned number_of(Run& run, pid_t pid)
{
    for (unsigned i = 0; i < run.process_count; ++i) {
        if (run.processes[i].pid == pid)
            return i;
    }
    if (run.process_count == max_processes)
        give_up("too many processes", "");
    run.processes[run.process_count] = {
        .pid = pid, .calls = 0, .is_in_call = false, .result = 0, .is_modprobe = false};
    return run.process_count++;
}

bool is_watched(Run const& run, unsigned number)
{
    if (run.is_recorded)
        return true;
    auto const& process = run.processes[number];
    bool has_more = process.result != 0;
    for (unsigned i = 0; i < run.point_count; ++i)
        has_more |= run.points[i].kind->is_persistent
            || (run.points[i].process == number && run.points[i].call > process.calls);
    return has_more;
}

void record(Process const& process, unsigned number, user_regs_struct const& registers)
{
    if (process.calls >= max_calls)
        give_up("too many calls", "");
    auto& call = recorded[number][process.calls];
    call = {.number = static_cast<uint16_t>(registers.orig_rax), .writes_address = false};
    if (registers.orig_rax != SYS_write || registers.rdx != strlen(devices[0].address))
        return;
    auto const word = ptrace(PTRACE_PEEKDATA, process.pid, registers.rsi, nullptr);
    call.writes_address = memcmp(&word, devices[0].address, strlen("0000:")) == 0;
}

void inject(Run& run, unsigned number, Kind const& kind, user_regs_struct registers)
{
    auto& process = run.processes[number];
    switch (kind.fault) {
    case Fault::Kill:
        kill(process.pid, SIGKILL);
        return;
    case Fault::Short:
        registers.rdx /= 2;
        break;
    case Fault::Error:
        process.result = -kind.number;
        // One that was interrupted is made again.
        run.is_output_lost |= number == the_parent && registers.orig_rax == SYS_write
            && registers.rdi == STDOUT_FILENO && kind.number != EINTR;
        // Whatever close() returns, the descriptor is closed.
        if (registers.orig_rax != SYS_close)
            registers.orig_rax = static_cast<unsigned long long>(-1);
        break;
    }
    ptrace(PTRACE_SETREGS, process.pid, nullptr, &registers);
}

void at_call(Run& run, unsigned number)
{
    auto& process = run.processes[number];
    user_regs_struct registers = {};
    ptrace(PTRACE_GETREGS, process.pid, nullptr, &registers);
    process.is_in_call = !process.is_in_call;
    if (!process.is_in_call) {
        if (process.result == 0)
            return;
        registers.rax = static_cast<unsigned long long>(process.result);
        ptrace(PTRACE_SETREGS, process.pid, nullptr, &registers);
        process.result = 0;
        return;
    }
    ++process.calls;
    if (run.is_recorded)
        record(process, number, registers);
    for (unsigned i = 0; i < run.point_count; ++i) {
        auto const& point = run.points[i];
        if (point.process != number || point.call != process.calls)
            continue;
        if (point.kind->is_persistent) {
            run.persistent = point.kind;
            run.persistent_number = registers.orig_rax;
        } else {
            inject(run, number, *point.kind, registers);
        }
    }
    if (run.persistent && run.persistent_number == registers.orig_rax)
        inject(run, number, *run.persistent, registers);
}

// What a process that has stopped is to get, a signal or 0.
int handle_stop(Run& run, unsigned number, int status)
{
    auto& process = run.processes[number];
    int const signal_number = WSTOPSIG(status);
    switch (status >> 16) {
    case PTRACE_EVENT_EXEC:
        // Of the first process the counting begins here, inside of the call.
        if (number == the_parent)
            process.is_in_call = true;
        else
            process.is_modprobe = true;
        return 0;
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE: {
        unsigned long child = 0;
        ptrace(PTRACE_GETEVENTMSG, process.pid, nullptr, &child);
        number_of(run, static_cast<pid_t>(child));
        return 0;
    }
    default:
        break;
    }
    if (signal_number == (SIGTRAP | 0x80)) {
        at_call(run, number);
        return 0;
    }
    return signal_number == SIGSTOP ? 0 : signal_number; // with which each new process begins
}

void end_all(Run& run)
{
    run.hangs = true;
    for (unsigned i = 0; i < run.process_count; ++i)
        kill(run.processes[i].pid, SIGKILL);
}

void run_program(Run& run)
{
    constexpr unsigned limit_seconds = 60;
    constexpr auto options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK
        | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    auto const first = fork();
    if (first == 0)
        become_program();
    number_of(run, first);
    int status = 0;
    waitpid(first, &status, 0);
    ptrace(PTRACE_SETOPTIONS, first, nullptr, options);
    ptrace(PTRACE_CONT, first, nullptr, nullptr);
    alarm(limit_seconds);
    // Until all have ended: what is left behind is adopted by this process.
    for (;;) {
        auto const pid = waitpid(-1, &status, __WALL);
        if (pid < 0 && errno == EINTR && !run.hangs) {
            end_all(run);
            alarm(limit_seconds);
            continue;
        }
        if (pid < 0)
            break;
        if (!WIFSTOPPED(status)) {
            if (pid == first)
                run.status = status;
            continue;
        }
        auto const number = number_of(run, pid);
        auto const signal_number = handle_stop(run, number, status);
        ptrace(is_watched(run, number) ? PTRACE_SYSCALL : PTRACE_CONT, pid, nullptr, signal_number);
    }
    alarm(0);
}

// --- what is left

// What the report says; it is empty where there is none.
struct Report {
    char text[1 << 14];

    void read()
    {
        text[0] = '\0';
        // Where it cannot be found out that this is the initramfs, the report is that of a running system.
        for (auto const* path : {"/run/vfio-early/live.json", "/run/vfio-early/report.json"}) {
            if (access(path, F_OK) == 0)
                snprintf(text, sizeof(text), "%s", read_file(path));
        }
    }

    bool is_there() const { return text[0] != '\0'; }
    bool is_ok() const { return strstr(text, "\"ok\": true") != nullptr; }
    // An address that cannot be read may be a device that is not there. Where there is no report, what was
    // printed tells.
    bool has_unbound() const
    {
        if (is_there())
            return strstr(text, "\"outcome\": \"refused\"") || strstr(text, "\"outcome\": \"failed\"");
        auto const* printed = read_file(output_path);
        return strstr(printed, ": refused (") || strstr(printed, ": failed (");
    }

    // What stands behind a key of a device's entry, without quotation marks; null where there is no such
    // entry.
    Name said_of(Device const& device, char const* key) const
    {
        char begin[64];
        char quoted_key[64];
        snprintf(begin, sizeof(begin), "\"address\": \"%s\"", device.address);
        snprintf(quoted_key, sizeof(quoted_key), "\"%s\": ", key);
        auto const* entry = strstr(text, begin);
        auto const* value = entry ? strstr(entry, quoted_key) : nullptr;
        Name name = {"-"};
        if (!value)
            return name;
        value += strlen(quoted_key);
        value += *value == '"' ? 1 : 0;
        snprintf(name.text, sizeof(name.text), "%.*s", static_cast<int>(strcspn(value, "\",")), value);
        return name.is("null") ? Name{} : name;
    }

    // Whether it names the device as one that could not be put back.
    bool has_stuck(Device const& device) const
    {
        constexpr char sentence[] = "not put back as they were: ";
        for (auto const* at = strstr(text, sentence); at; at = strstr(at + 1, sentence)) {
            auto const* address = strstr(at, device.address);
            if (address && address < at + strcspn(at, "\""))
                return true;
        }
        return false;
    }
};

// Collects one line for each thing that is not as it has to be.
struct Complaints {
    char text[4096];
    size_t size;

    void add(char const* format, ...) __attribute__((format(printf, 2, 3)))
    {
        va_list arguments;
        va_start(arguments, format);
        text[size++] = '\n';
        size += static_cast<size_t>(vsnprintf(text + size, sizeof(text) - size, format, arguments));
        if (size > sizeof(text) - 2)
            size = sizeof(text) - 2;
        va_end(arguments);
    }
};

bool is_on_target(Device const& device)
{
    return driver_of(device).is(device.target) && override_of(device).is(device.target);
}

// Host drivers are there from the start or not at all.
bool is_as_it_was(Device const& device, Start const& start)
{
    return override_of(device).is("")
        && driver_of(device).is(start.has_host_drivers ? device.host_driver : "");
}

void check_device(Device const& device, Report const& report, Complaints& complaints)
{
    auto const outcome = report.said_of(device, "outcome");
    // What is said of one that could not be put back is that it could not.
    if (outcome.is("-") || (report.has_stuck(device) && !outcome.is("bound")))
        return;
    auto const driver = driver_of(device);
    if (outcome.is("bound") != driver.is(device.target))
        complaints.add(
            "%s is on '%s' and the report has it as %s", device.address, driver.text, outcome.text);
    auto const said = report.said_of(device, "driver");
    if (!said.is(driver.text))
        complaints.add("%s is on '%s' and the report says '%s'", device.address, driver.text, said.text);
}

bool check_groups(Start const& start, Run const& run, Report const& report, Complaints& complaints)
{
    // Where no call of a kind works any more there may be no report, and the exit status has to tell.
    bool const is_status_enough = run.persistent && !report.is_there() && run.status != 0;
    bool is_all_bound = true;
    for (int group = 0; group < groups; ++group) {
        bool is_whole = true;
        bool is_back = true;
        bool is_told = true;
        char const* first = nullptr;
        for (auto const& device : devices) {
            if (device.group != group)
                continue;
            first = first ? first : device.address;
            is_whole &= is_on_target(device);
            is_back &= is_as_it_was(device, start);
            is_told &= is_as_it_was(device, start) || report.has_stuck(device);
        }
        is_all_bound &= is_whole;
        if (start.is_refused && !is_back)
            complaints.add("%s: no line allows to touch its group, which is not as it was", first);
        if (!is_whole && !is_back && !is_told && !is_status_enough)
            complaints.add("%s: its group is neither bound nor as it was, and that is not said", first);
    }
    return is_all_bound;
}

void check_status(Run const& run, Report const& report, bool is_all_bound, Complaints& complaints)
{
    if (run.hangs)
        complaints.add("not all of its processes came to an end");
    if (report.is_ok() && !is_all_bound)
        complaints.add("the report says that all is well, and not all is bound");
    if (!WIFEXITED(run.status))
        return;
    auto const status = WEXITSTATUS(run.status);
    if (status == 0 && !is_all_bound)
        complaints.add("exit status 0, and not all is bound");
    // 1 is also that what was done could not be written to standard output.
    if (run.is_output_lost && status == 0)
        complaints.add("exit status 0, and standard output could not be written");
    if (run.is_output_lost && status == 1 && (report.is_ok() || !report.is_there()))
        return;
    if (report.is_there() && (status == 0) != report.is_ok())
        complaints.add(
            "exit status %d, and the report says \"ok\": %s", status, report.is_ok() ? "true" : "false");
    if (status != 0 && is_all_bound && !report.has_unbound())
        complaints.add("exit status %d, and all is bound", status);
}

Complaints complaints_of(Start const& start, Run const& run)
{
    static Report report;
    Complaints complaints = {};
    report.read();
    for (auto const& device : devices)
        check_device(device, report, complaints);
    check_status(run, report, check_groups(start, run, report, complaints), complaints);
    if (complaints.size > 0 && report.is_there())
        complaints.add("%s", report.text);
    if (complaints.size > 0 && !report.is_there())
        complaints.add("no report, and printed was:\n%s", read_file(output_path));
    return complaints;
}

// --- all of it

// The points of a start, from a run without a fault.
struct Points {
    Call calls[max_processes][max_calls];
    unsigned count_of[max_processes];
    bool is_modprobe[max_processes];
    unsigned process_count;
    unsigned killed_at; // the call at which the worker is killed, 0 where it is not
    unsigned total;
};

Points points_of[sizeof(starts) / sizeof(starts[0])];

bool is_possible(Points const& points, unsigned process, unsigned call, Kind const& kind)
{
    auto const number = points.calls[process][call].number;
    switch (kind.fault) {
    case Fault::Kill:
        // When both are killed nobody is left who could put anything back.
        return points.killed_at == 0 || process != 0;
    case Fault::Short:
        return number == SYS_write;
    case Fault::Error:
        return number != SYS_exit_group;
    }
    return false;
}

template <typename Action> void for_each_point(Points const& points, Action action)
{
    for (unsigned process = 0; process < points.process_count; ++process) {
        // Where the worker is killed anyhow, the others are looked at.
        if (points.killed_at > 0 && process == the_worker)
            continue;
        for (unsigned call = 1; call <= points.count_of[process]; ++call) {
            for (auto const& kind : kinds) {
                if (is_possible(points, process, call, kind))
                    action(Point{.process = process, .call = call, .kind = &kind});
            }
        }
    }
}

void begin_run(Run& run, Points const& points)
{
    run = {};
    if (points.killed_at > 0)
        run.points[run.point_count++] = {.process = the_worker, .call = points.killed_at, .kind = &sigkill};
}

void record_run(Start const& start, Points& points)
{
    static Run run;
    begin_run(run, points);
    run.is_recorded = true;
    reset(start);
    run_program(run);
    memcpy(points.calls, recorded, sizeof(recorded));
    points.process_count = run.process_count;
    for (unsigned i = 0; i < run.process_count; ++i) {
        points.count_of[i] = run.processes[i].calls;
        points.is_modprobe[i] = run.processes[i].is_modprobe;
    }
    auto const complaints = complaints_of(start, run);
    bool const is_as_meant = WIFEXITED(run.status)
        && (WEXITSTATUS(run.status) == 0) == (!start.is_refused && points.killed_at == 0);
    if (complaints.size == 0 && is_as_meant)
        return;
    show("%s: without a fault: status %x%s", start.about, static_cast<unsigned>(run.status), complaints.text);
    exit(1);
}

void find_points(Start const& start, Points& points)
{
    record_run(start, points);
    if (start.kill_worker_at > 0) {
        unsigned written = 0;
        unsigned call = 0;
        while (written < start.kill_worker_at && call < points.count_of[the_worker])
            written += points.calls[the_worker][++call].writes_address ? 1 : 0;
        points.killed_at = call;
        record_run(start, points);
    }
    for_each_point(points, [&](Point const&) { ++points.total; });
    char calls[256] = {};
    for (unsigned i = 0; i < points.process_count; ++i)
        snprintf(calls + strlen(calls), sizeof(calls) - strlen(calls), "%s%u%s", i > 0 ? " + " : "",
            points.count_of[i], points.is_modprobe[i] ? " of modprobe" : "");
    show("%s: %s calls, %u points", start.about, calls, points.total);
}

// What Knuth gives as `random numbers` for 64 bits; the upper ones are used.
uint64_t random_state = 0;

uint64_t random_below(uint64_t limit)
{
    random_state = random_state * 6364136223846793005 + 1442695040888963407;
    return (random_state >> 33) % limit;
}

bool try_point(Start const& start, Points const& points, Point const& point)
{
    static Run run;
    begin_run(run, points);
    run.points[run.point_count++] = point;
    reset(start);
    run_program(run);
    auto const complaints = complaints_of(start, run);
    if (complaints.size == 0)
        return true;
    show("%s: %s at call %u of process %u%s, number %u: status %x%s", start.about, point.kind->name,
        point.call, point.process, points.is_modprobe[point.process] ? " (modprobe)" : "",
        points.calls[point.process][point.call].number, static_cast<unsigned>(run.status), complaints.text);
    return false;
}

void time_is_up(int) { }

} // namespace

int main(int count, char** arguments)
{
    constexpr int console_off = 6; // SYSLOG_ACTION_CONSOLE_OFF, and 7 turns it on again
    constexpr int clear = 5; // SYSLOG_ACTION_CLEAR
    constexpr time_t seconds_of_day = 86400;
    klogctl(console_off, nullptr, 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    struct sigaction action = {};
    action.sa_handler = time_is_up; // without SA_RESTART: it ends a waitpid()
    sigaction(SIGALRM, &action, nullptr);

    auto const begin = time(nullptr);
    auto const number_in = [&](int at) { return count > at ? strtoull(arguments[at], nullptr, 10) : 0; };
    uint64_t const seed = number_in(2) > 0 ? number_in(2) : static_cast<uint64_t>(begin / seconds_of_day);
    random_state = seed;
    auto const only = number_in(3);
    auto const is_left_out = [&](Start const& start) { return only > 0 && &start != &starts[only - 1]; };
    uint64_t total = 0;
    for (auto const& start : starts) {
        if (is_left_out(start))
            continue;
        auto& points = points_of[&start - starts];
        set_up(start);
        find_points(start, points);
        total += points.total;
    }
    auto wanted = number_in(1);
    if (wanted == 0 || wanted > total)
        wanted = total;
    uint64_t tried = 0;
    uint64_t wrong = 0;
    for (auto const& start : starts) {
        if (is_left_out(start))
            continue;
        auto const& points = points_of[&start - starts];
        auto const start_time = time(nullptr);
        auto const tried_before = tried;
        auto const wrong_before = wrong;
        set_up(start);
        uint64_t left = total;
        for_each_point(points, [&](Point const& point) {
            if (random_below(left--) >= wanted - tried)
                return;
            ++tried;
            wrong += try_point(start, points, point) ? 0 : 1;
        });
        total = left;
        show("%s: %llu tried, %llu wrong, %lld s", start.about,
            static_cast<unsigned long long>(tried - tried_before),
            static_cast<unsigned long long>(wrong - wrong_before),
            static_cast<long long>(time(nullptr) - start_time));
    }
    for (auto const& points : points_of)
        total += points.total;
    klogctl(clear, nullptr, 0);
    klogctl(console_off + 1, nullptr, 0);
    show("%llu of %llu points tried, %llu wrong (seed %llu, %lld s)", static_cast<unsigned long long>(tried),
        static_cast<unsigned long long>(total), static_cast<unsigned long long>(wrong),
        static_cast<unsigned long long>(seed), static_cast<long long>(time(nullptr) - begin));
    return 0;
}
