// SPDX-License-Identifier: MIT
// Every call into the kernel is made to fail, one after the other, and what is left is looked at: each group
// is whole on its driver or entirely what it was, or the report names what could not be put back.
//
//     fault_test [every|part [START]]    each fault at each call, or a part, of all starts at the same time
//     or of one
#include "cli/command.h"

#include "../fault_kernel.h"
#include "core/plan.h"
#include "sys/scan.h"
#include "sys/undo.h"
#include "tree.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <map>
#include <memory>
#include <regex>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <vector>

using namespace vfio_early;
using fault_kernel::Fault;

namespace {

unsigned tried = 0;
unsigned went_wrong = 0;

struct Start {
    char const* about;
    bool has_host_drivers;
    bool has_vfio_pci;
    char const* ini;
    bool is_refused = false;
    bool is_release = false; // of what is bound
    char const* label = nullptr; // the only one to be bound
    char const* first_of_label = nullptr; // of its group
};

constexpr char const* two_groups = "[bind]\ncard = 01:00.*\nnvme = 02:00.0\n[stub]\nusb = 03:00.0\n";

constexpr Start starts[] = {
    {"no drivers yet", false, false, two_groups},
    {"host drivers bound", true, true, two_groups},
    {"a bind of one label", true, true, two_groups, false, false, "nvme", "0000:02:00.0"},
    {"a release", false, true, two_groups, false, true},
    {"a shared group", true, true, "[bind]\nnic = 01:00.0\n", true},
};

std::map<std::string, std::string> const host_driver_of = {{"0000:01:00.0", "e1000e"},
    {"0000:01:00.1", "nvme"}, {"0000:02:00.0", "nvme"}, {"0000:03:00.0", "xhci_hcd"}};

std::map<std::string, std::string> const target_of = {{"0000:01:00.0", "vfio-pci"},
    {"0000:01:00.1", "vfio-pci"}, {"0000:02:00.0", "vfio-pci"}, {"0000:03:00.0", "pci-stub"}};

constexpr char const* bridge = "0000:01:1f.0";
constexpr uint32_t group_of_bridge = 9;

char const* const groups[][2] = {
    {"0000:01:00.0", "0000:01:00.1"}, {"0000:02:00.0", ""}, {"0000:03:00.0", ""}};

// As a boot leaves it, and somebody has given vfio-pci an id that all have.
void build_bound(Tree& tree)
{
    auto const put = [&](std::string const& address, std::string const& name) {
        tree.write("sys/bus/pci/devices/" + address + "/driver_override", name + "\n");
    };
    for (auto const& [address, target] : target_of) {
        put(address, target);
    }
    put(bridge, "pcieport");
    for (std::string const driver : {"vfio-pci", "pci-stub"}) {
        tree.write("sys/bus/pci/drivers/" + driver + "/remove_id", "");
        tree.write("sys/bus/pci/drivers/" + driver + "/new_id", driver == "vfio-pci" ? "8086 10d3\n" : "");
    }
    tree.write("proc/1/comm", "init\n");
    std::filesystem::create_directories(tree.directory() + "/proc/1/fd");
}

void build(Tree& tree, Start const& start)
{
    tree.add_machine();
    tree.write("init", "");
    tree.write("sbin/modprobe", "");
    tree.write("etc/vfio-early.ini", start.ini);
    uint32_t group = 7;
    for (auto const& [address, driver] : host_driver_of) {
        group += address == "0000:01:00.1" ? 0 : 1;
        tree.add_driver(driver);
        tree.write("sys/bus/pci/drivers/" + driver + "/unbind", "");
        tree.add_device({.address = address,
            .id = "8086:10d3",
            .class_code = 0x020000,
            .group = group,
            .driver = start.is_release   ? target_of.at(address)
                : start.has_host_drivers ? driver
                                         : ""});
        fault_kernel::set_host_driver(address, driver);
    }
    // A conventional bridge in the group of the nvme behind it, and a node for that group.
    tree.add_driver("shpchp");
    tree.write("sys/bus/pci/drivers/shpchp/unbind", "");
    tree.add_device({.address = bridge,
        .id = "1b36:000e",
        .class_code = 0x060400,
        .group = group_of_bridge,
        .driver = start.has_host_drivers ? "shpchp" : ""});
    tree.add_hotplug_controller(bridge);
    fault_kernel::set_host_driver(bridge, "shpchp");
    tree.write("dev/vfio/" + std::to_string(group_of_bridge), "");
    if (start.has_vfio_pci) {
        for (auto const* driver : {"vfio-pci", "pci-stub"}) {
            tree.add_driver(driver);
            tree.write(std::string("sys/bus/pci/drivers/") + driver + "/unbind", "");
        }
    }
    if (start.is_release)
        build_bound(tree);
}

std::string driver_of(Tree const& tree, std::string const& address)
{
    std::error_code none;
    return std::filesystem::read_symlink(
        tree.directory() + "/sys/bus/pci/devices/" + address + "/driver", none)
        .filename();
}

bool has_override(Tree const& tree, std::string const& address)
{
    return tree.read("sys/bus/pci/devices/" + address + "/driver_override") != "(null)\n";
}

// Runs the command in processes of its own, as statics are not for a second run. The exit status, or -1 where
// it was killed.
int run_command(Tree const& tree, Start const& start)
{
    auto const child = ::fork();
    if (child == 0) {
        auto const directory = tree.directory();
        close(STDOUT_FILENO);
        close(STDERR_FILENO);
        ::open((directory + "/printed").c_str(), O_WRONLY | O_CREAT, 0644);
        ::open("/dev/null", O_WRONLY);
        CommandOptions options;
        options.root = directory;
        if (start.label)
            options.words.append(start.label);
        if (start.is_release)
            _exit(run_release(options));
        _exit(run_bind(options));
    }
    int result = -1;
    int status = 0;
    // Whatever it left behind, too: this process adopts it.
    for (auto ended = wait(&status); ended >= 0; ended = wait(&status)) {
        if (ended == child && WIFEXITED(status))
            result = WEXITSTATUS(status);
    }
    return result;
}

// The bridge is with no driver where its group is for guests, and otherwise as it was, or the report has it.
std::string complaints_of_bridge(Tree const& tree, Start const& start, std::string const& report)
{
    std::string const not_put_back = "not put back as they were: [^\"]*";
    bool const is_for_guests = driver_of(tree, "0000:02:00.0") == "vfio-pci"
        && !std::regex_search(report, std::regex(not_put_back + "0000:02:00.0"));
    auto const driver = driver_of(tree, bridge);
    auto const has_report = !report.empty();
    bool const is_on_shpchp = driver == "shpchp";
    bool const is_named =
        report.find("bridge " + std::string(bridge) + " in group 9 is driven by shpchp") != std::string::npos;
    bool const is_stuck = std::regex_search(report, std::regex(not_put_back + bridge));
    // Where its driver could not be read again.
    bool const is_doubted =
        report.find("bridge " + std::string(bridge) + " in group 9 is not kept from shpchp")
        != std::string::npos;
    std::string wrong;
    if (is_for_guests && is_on_shpchp && has_report && !is_named && !is_doubted)
        wrong += "guests cannot use the group of the bridge, and that is not said\n";
    if (is_named && !is_on_shpchp)
        wrong += "shpchp is said to be on the bridge, and is not\n";
    if (!is_for_guests && (is_on_shpchp != start.has_host_drivers || has_override(tree, bridge)) && has_report
        && !is_stuck)
        wrong += "the bridge of a group that is not bound is not as it was\n";
    if (is_on_shpchp && report.find("\"viable\": true") != std::string::npos)
        wrong += "the report says that guests can use the group of the bridge\n";
    return wrong;
}

// A device that could not be put back is named with the driver that it is on, or with none.
std::string complaints_of_stuck(
    std::string const& address, std::string const& driver, std::string const& text)
{
    std::smatch said;
    bool const is_named_with_driver = std::regex_search(
        text, said, std::regex("not put back as they were: [^\"\n]*" + address + " \\(([^)]*)\\)"));
    if (!is_named_with_driver || said[1] == driver)
        return "";
    return address + " is on '" + driver + "' and is said to be stuck on " + said[1].str() + "\n";
}

// One line for each thing that is not as it has to be.
std::string complaints(Tree const& tree, Start const& start, int status)
{
    std::string wrong;
    std::string const report =
        tree.has("run/vfio-early/report.json") ? tree.read("run/vfio-early/report.json") : "";
    auto const printed = tree.read("printed");
    bool is_all_bound = true;
    for (auto const& group : groups) {
        bool is_whole = true;
        bool is_as_it_was = true;
        for (std::string const address : group) {
            if (address.empty())
                continue;
            auto const driver = driver_of(tree, address);
            auto const& target = target_of.at(address);
            is_whole &= driver == target && has_override(tree, address);
            bool const is_with_host = driver == host_driver_of.at(address);
            bool const is_back = is_with_host || (!start.has_host_drivers && driver.empty());
            is_as_it_was &= is_back && !has_override(tree, address);
            bool const is_named =
                std::regex_search(report, std::regex("not put back as they were: [^\"]*" + address));
            std::smatch said;
            bool const is_said = std::regex_search(report, said,
                std::regex("\"address\": \"" + address
                    + "\"[^}]*?\"driver\": (\"[^\"]*\"|null)[^}]*?\"outcome\": "
                      "\"([a-z-]*)\""));
            if (is_said && (said[2] == "bound") != (driver == target) && !is_named)
                wrong += address + " is on '" + driver + "' and the report has it as " + said[2].str() + "\n";
            auto const expected = driver.empty() ? "null" : '"' + driver + '"';
            bool const is_unknown = is_named && said[1] == "null";
            if (is_said && said[1] != expected && !is_unknown)
                wrong += address + " is on '" + driver + "' and the report says " + said[1].str() + "\n";
            wrong += complaints_of_stuck(address, driver, printed);
        }
        bool const is_named = !start.label || std::string(group[0]) == start.first_of_label;
        is_all_bound &= is_whole || !is_named;
        if (is_whole && !is_named)
            wrong += std::string(group[0]) + " is bound, and was not named\n";
        if (is_whole && start.is_refused)
            wrong += std::string(group[0]) + " is bound, and no line allows it\n";
        // Where everything fails, there is no report either, and the exit status has to tell.
        bool const is_told =
            report.find("not put back as they were") != std::string::npos || (report.empty() && status != 0);
        if (!is_whole && !is_as_it_was && !is_told)
            wrong +=
                std::string(group[0]) + ": its group is neither bound nor as it was, and that is not said\n";
    }
    wrong += complaints_of_bridge(tree, start, report);
    if (!start.is_refused && status == 0 && !is_all_bound)
        wrong += "exit status 0, and not all is bound\n";
    if (!start.is_refused && status > 0 && is_all_bound && report.find("\"ok\": true") != std::string::npos)
        wrong += "exit status " + std::to_string(status) + ", and all is bound\n";
    return wrong;
}

struct Kind {
    char const* name = "no fault";
    Fault fault = Fault::Error;
    int number = 0;
    bool is_persistent = false;
    bool is_one_kind = false;
};

// Each group is whole with the host or untouched; where it is neither, the report has all of it as failed.
std::string complaints_of_release(Tree const& tree, int status, Kind const& kind)
{
    std::string wrong;
    // Where nobody is left to go on, or someone else takes a part.
    bool const may_be_half = kind.is_persistent || kind.fault == Fault::Alone || kind.fault == Fault::Loss;
    // What is not there is not listed.
    bool const may_be_absent = kind.fault == Fault::Error && kind.number == ENOENT;
    std::string const report =
        tree.has("run/vfio-early/live.json") ? tree.read("run/vfio-early/live.json") : "";
    bool is_all_released = true;
    for (auto const& group : groups) {
        bool is_released = true;
        bool is_untouched = true;
        for (std::string const address : group) {
            if (address.empty())
                continue;
            auto const driver = driver_of(tree, address);
            bool const is_with_host = driver == host_driver_of.at(address) && !has_override(tree, address);
            is_released &= is_with_host;
            is_untouched &= driver == target_of.at(address) && has_override(tree, address);
            std::smatch said;
            bool const is_said = std::regex_search(report, said,
                std::regex("\"address\": \"" + address
                    + "\"[^}]*?\"driver\": (\"[^\"]*\"|null)[^}]*?\"outcome\": \"([a-z-]*)\""));
            if (is_said && said[2] == "released" && !is_with_host)
                wrong += address + " is on '" + driver + "' and the report has it as released\n";
            if (is_said && said[1] != "null" && said[1] != '"' + driver + '"')
                wrong += address + " is on '" + driver + "' and the report says " + said[1].str() + "\n";
        }
        is_all_released &= is_released;
        if (!is_released && !is_untouched && status == 0)
            wrong += std::string(group[0]) + ": its group is half given back, and that is not said\n";
        if (!is_released && !is_untouched && !may_be_half)
            wrong += std::string(group[0]) + ": its group is half given back\n";
    }
    if (status == 0 && !is_all_released && !may_be_absent)
        wrong += "exit status 0, and not all is given back\n";
    return wrong;
}

void check_release(Tree const& tree, int status)
{
    auto const wrong = complaints_of_release(tree, status, {});
    auto const report = tree.read("run/vfio-early/live.json");
    bool const is_right = wrong.empty() && status == 0 && driver_of(tree, bridge) == "shpchp"
        && !has_override(tree, bridge) && report.find("the id 8086:10d3") != std::string::npos;
    if (is_right)
        return;
    ++went_wrong;
    printf("a release, no fault: exit status %d, the bridge is on '%s'\n%s%s", status,
        driver_of(tree, bridge).c_str(), wrong.c_str(), report.c_str());
}

constexpr Kind kinds[] = {
    {"EIO", Fault::Error, EIO},
    {"EBUSY", Fault::Error, EBUSY},
    {"ENOENT", Fault::Error, ENOENT},
    {"ENOMEM", Fault::Error, ENOMEM},
    {"EINTR", Fault::Error, EINTR},
    {"a short read or write", Fault::Short, 0},
    {"SIGKILL", Fault::Kill, 0},
    {"SIGKILL and no fork from there on", Fault::Alone, 0},
    {"SIGKILL and a loss", Fault::Loss, 0},
    {"EIO from there on", Fault::Error, EIO, true},
    {"ENOENT from there on", Fault::Error, ENOENT, true},
    {"ENOMEM from there on", Fault::Error, ENOMEM, true},
    {"EIO of this call from there on", Fault::Error, EIO, true, true},
};

// Returns how many calls there were.
unsigned try_fault(Start const& start, Kind const& kind, unsigned at)
{
    Tree tree;
    build(tree, start);
    fault_kernel::begin(tree.directory(),
        {.fault = kind.fault,
            .number = kind.number,
            .at = at,
            .is_persistent = kind.is_persistent,
            .is_one_kind = kind.is_one_kind,
            .lost = "0000:01:00.1"});
    auto const status = run_command(tree, start);
    ++tried;
    auto const wrong =
        start.is_release ? complaints_of_release(tree, status, kind) : complaints(tree, start, status);
    if (!wrong.empty()) {
        ++went_wrong;
        printf("%s, %s at call %u (%s): exit status %d\n%s", start.about, kind.name, at,
            fault_kernel::failed_call().c_str(), status, wrong.c_str());
    }
    return fault_kernel::calls();
}

// What the kernel is left with when nothing fails: so that all the rest is tried on what it should be tried
// on.
void check_without_fault(Start const& start)
{
    Tree tree;
    build(tree, start);
    fault_kernel::begin(tree.directory(), {});
    auto const status = run_command(tree, start);
    ++tried;
    if (start.is_release)
        return check_release(tree, status);
    auto const report = tree.read("run/vfio-early/report.json");
    auto const has = [&](std::string const& text) { return report.find(text) != std::string::npos; };
    std::string const before = "bridge 0000:01:1f.0 in group 9 was ";
    bool const is_right = start.is_refused
        ? driver_of(tree, bridge) == "shpchp" && !has_override(tree, bridge) && !has(before)
        : driver_of(tree, bridge).empty() && has_override(tree, bridge)
            && has(before + (start.has_host_drivers ? "taken" : "kept") + " from shpchp")
            && has("\"viable\": true");
    if (is_right)
        return;
    ++went_wrong;
    printf("%s, no fault: the bridge is on '%s'\n%s", start.about, driver_of(tree, bridge).c_str(),
        report.c_str());
}

// A guest takes a group while it is given back late: it has all of it or nothing.
void check_guest(int opens)
{
    Tree tree;
    build(tree, starts[1]);
    tree.write("dev/vfio/8", "");
    fault_kernel::begin(tree.directory(), {});
    auto const session = std::make_unique<Session>();
    auto const root = tree.root();
    parse_config(two_groups, session->config, session->problems);
    scan(root, session->config, session->facts, session->inventory);
    make_plan(session->config, session->facts, session->inventory, session->plan, session->problems);
    for (auto& decision : session->plan.decisions) {
        TEST_ASSERT_TRUE(
            !note_what_it_was(root, *session, decision, *decision.device, driver_name(decision.target))
                 .is_error());
        fail(decision, Reason::Timeout);
    }
    for (std::string const address : groups[0]) {
        auto const directory = "sys/bus/pci/devices/" + address;
        tree.unlink(directory + "/driver");
        tree.link(directory + "/driver", "../../drivers/vfio-pci");
    }
    session->is_undone_late = true;
    fault_kernel::let_guest_come(opens);
    undo(*session, root);
    ++tried;
    bool const has_guest = opens == 0;
    for (std::string const address : groups[0]) {
        if ((driver_of(tree, address) == "vfio-pci") == has_guest)
            continue;
        ++went_wrong;
        printf("a guest comes after %d: %s is on '%s'\n", opens, address.c_str(),
            driver_of(tree, address).c_str());
    }
}

// --- a card for one guest at a time

constexpr char const* handover = "[bind]\ncard = 01:00.*\n[handover]\ncard = display.service stand_in\n";

void build_handover(Tree& tree)
{
    build(tree, {"a handover", true, true, handover});
    tree.unlink("init"); // a machine that runs, with its root on the network
    tree.add_mount("0:30", "/", "server:/root", "nfs4");
    tree.make_directory("sys/class/block");
    tree.write("proc/1/comm", "init\n");
    tree.make_directory("proc/1/fd");
    for (auto const* program : {"usr/bin/systemctl", "sbin/rmmod", "active/display.service"})
        tree.write(program, "");
    tree.write("sys/module/stand_in/initstate", "live\n");
    tree.write("sys/module/stand_in/refcnt", "0\n");
}

int run_on_card(Tree const& tree, ExitStatus (*command)(CommandOptions const&))
{
    auto const child = ::fork();
    if (child == 0) {
        auto const directory = tree.directory();
        close(STDOUT_FILENO);
        close(STDERR_FILENO);
        ::open((directory + "/printed").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
        ::dup(STDOUT_FILENO);
        CommandOptions options;
        options.root = directory;
        options.words.append("card");
        _exit(command(options));
    }
    int result = -1;
    int status = 0;
    for (auto ended = wait(&status); ended >= 0; ended = wait(&status)) {
        if (ended == child && WIFEXITED(status))
            result = WEXITSTATUS(status);
    }
    return result;
}

bool is_card_on(Tree const& tree, bool is_for_guests)
{
    for (std::string const address : groups[0]) {
        auto const& wanted = is_for_guests ? target_of : host_driver_of;
        if (driver_of(tree, address) != wanted.at(address) || has_override(tree, address) != is_for_guests)
            return false;
    }
    return true;
}

bool is_display_back(Tree const& tree)
{
    return tree.has("active/display.service") && tree.has("sys/module/stand_in/initstate");
}

// After a `bind` in which one call failed the guest has the card, or the host has it with its display, or the
// record knows what is to be brought back; and `release` brings everything back, whatever the first one came
// to.
unsigned try_handover(Kind const& kind, unsigned at, bool is_release)
{
    Tree tree;
    build_handover(tree);
    fault_kernel::Plan const fault = {.fault = kind.fault, .number = kind.number, .at = at};
    fault_kernel::begin(tree.directory(), {});
    if (is_release)
        run_on_card(tree, run_bind);
    fault_kernel::begin(tree.directory(), fault);
    auto const status = run_on_card(tree, is_release ? run_release : run_bind);
    auto const calls = fault_kernel::calls();
    auto const failed_call = fault_kernel::failed_call();
    std::string wrong;
    bool const is_recorded = tree.has("run/vfio-early/handover-card");
    // Without a word from the kernel the machine counts as a tree, where no program is run.
    if (failed_call == "stat")
        return calls;
    // What is not there has no record; and a release judges by what a read of sysfs cut short, which the
    // kernel does not do.
    bool const is_spared = is_release && (kind.number == ENOENT || kind.fault == Fault::Short);
    if (status == 0 && !is_release && !(is_card_on(tree, true) && is_recorded))
        wrong += "exit status 0, and the card is not the guest's\n";
    if (status == 0 && is_release && !is_spared && !(is_card_on(tree, false) && is_display_back(tree)))
        wrong += "exit status 0, and the card is not the host's\n";
    if (!is_display_back(tree) && !is_recorded)
        wrong += "the display is off, and there is no record of it\n";
    if (!is_release && status != 0 && kind.fault != Fault::Kill && !is_display_back(tree)
        && !is_card_on(tree, true) && tree.read("printed").find("bringing back") == std::string::npos
        && tree.read("printed").find("not put back") == std::string::npos)
        wrong += "the guest does not have the card, and the host not its display\n";
    fault_kernel::begin(tree.directory(), {});
    run_on_card(tree, run_release);
    if (!is_card_on(tree, false) || !is_display_back(tree) || tree.has("run/vfio-early/handover-card"))
        wrong += "release does not bring all back\n";
    ++tried;
    if (!wrong.empty()) {
        ++went_wrong;
        printf("a handover%s, %s at call %u (%s): exit status %d\n%s%s", is_release ? " that ends" : "",
            kind.name, at, failed_call.c_str(), status, wrong.c_str(), tree.read("printed").c_str());
    }
    return calls;
}

void check_handovers(bool is_every)
{
    for (bool const is_release : {false, true}) {
        auto const calls = try_handover({}, 0, is_release);
        for (auto const& kind : kinds) {
            bool const is_meant =
                !kind.is_persistent && kind.fault != Fault::Alone && kind.fault != Fault::Loss;
            for (unsigned at = 1; is_meant && at <= calls; ++at) {
                if (is_every || (at + static_cast<unsigned>(&kind - kinds)) % 11 == 0)
                    try_handover(kind, at, is_release);
            }
        }
        printf("a handover%s: %u calls\n", is_release ? " that ends" : "", calls);
    }
}

void check_start(Start const& start, bool is_every)
{
    check_without_fault(start);
    auto const calls = try_fault(start, kinds[0], 0);
    for (auto const& kind : kinds) {
        for (unsigned at = 1; at <= calls; ++at) {
            // Those that fail from there on wait for time to run out: every eleventh.
            bool const is_slow = kind.is_persistent || kind.fault == Fault::Alone;
            if (is_every || !is_slow || (at + static_cast<unsigned>(&kind - kinds)) % 11 == 0)
                try_fault(start, kind, at);
        }
    }
    printf("%s: %u calls\n", start.about, calls);
}

// One start in a process of its own, which shares nothing with the others.
pid_t run_beside(char const* self, char const* mode, char const* about)
{
    auto const child = fork();
    if (child != 0)
        return child;
    execl("/proc/self/exe", self, mode, about, nullptr);
    _exit(127);
}

bool is_well(pid_t child)
{
    int status = -1;
    return waitpid(child, &status, 0) == child && status == 0;
}

} // namespace

int main(int count, char** arguments)
{
    auto const* mode = count > 1 ? arguments[1] : "part";
    constexpr char const* handover = "a handover";
    if (count <= 2) {
        // Most of the time is waited: all at the same time.
        std::vector<pid_t> children = {run_beside(arguments[0], mode, handover)};
        for (auto const& start : starts)
            children.push_back(run_beside(arguments[0], mode, start.about));
        auto const well = std::count_if(children.begin(), children.end(), is_well);
        return static_cast<size_t>(well) == children.size() ? 0 : 1;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    std::string const about = arguments[2];
    bool const is_every = std::string(mode) == "every";
    if (about == handover) {
        for (int const opens : {0, 1})
            check_guest(opens);
        check_handovers(is_every);
    }
    for (auto const& start : starts) {
        if (start.about == about)
            check_start(start, is_every);
    }
    printf("%s: tried %u, wrong %u\n", about.c_str(), tried, went_wrong);
    return tried > 0 && went_wrong == 0 ? 0 : 1;
}
