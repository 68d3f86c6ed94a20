// SPDX-License-Identifier: MIT
#include "sys/handover.h"

#include "core/explain.h"
#include "machine.h"
#include "sys/scan.h"
#include "tree.h"

#include <sys/wait.h>
#include <unistd.h>

using namespace vfio_early;

namespace {

constexpr char const* config =
    "[bind]\ngpu = 01:00.*\n[handover]\ngpu = gdm.service snd-hda-intel nvidia_drm nvidia\n";

// A display and its audio function, with stand-ins for the programs that are run. Each notes how it was
// called, and fails where the file 'fails' has its first words.
struct Host {
    Tree tree;
    Machine machine;
    Session& session = machine.session;

    explicit Host(char const* ini = config)
    {
        tree.add_machine();
        tree.add_mount("0:30", "/", "server:/root", "nfs4");
        tree.make_directory("sys/class/block");
        tree.make_directory("run/vfio-early");
        tree.add_driver("nvidia");
        tree.add_device("0000:01:00.0", "0x030000", "10de:2191", 8, "nvidia");
        tree.add_device("0000:01:00.1", "0x040300", "10de:1aeb", 8);
        tree.add_driver("vfio-pci");
        for (auto const* module : {"snd_hda_intel", "nvidia_drm", "nvidia"})
            add_module(module);
        tree.write("active/gdm.service", "");
        tree.write("called", "");
        std::string const start =
            "#!/bin/sh\nroot=${0%/*bin/*}\n[ ! -d \"$root/usr\" ] && root=${root%/usr}\n"
            "echo \"${0##*/} $*\" >>\"$root/called\"\n"
            "module=$root/sys/module/$(echo \"$1\" | tr - _)\n"
            "grep -qsxF \"${0##*/} $*\" \"$root/fails\" && echo it is broken && exit 1\n";
        tree.make_program("usr/bin/systemctl",
            start
                + "case $1 in\n"
                  "is-active) [ -e \"$root/active/$2\" ] && echo active || { echo inactive; exit 3; } ;;\n"
                  "stop) cp \"$root/run/vfio-early/handover-gpu\" \"$root/record-when-stopped\"; rm "
                  "\"$root/active/$2\" ;;\n"
                  "start) touch \"$root/active/$2\" ;;\n"
                  "esac\n");
        tree.make_program("sbin/rmmod", start + "rm -r \"$module\"\n");
        tree.make_program("sbin/modprobe",
            start
                + "mkdir -p \"$module\" && echo live >\"$module/initstate\" && "
                  "echo 0 >\"$module/refcnt\"\n");
        tree.write("sys/class/vtconsole/vtcon0/name", "(S) dummy device\n");
        tree.write("sys/class/vtconsole/vtcon0/bind", "0\n");
        tree.write("sys/class/vtconsole/vtcon1/name", "(M) frame buffer device\n");
        tree.write("sys/class/vtconsole/vtcon1/bind", "1\n");
        plan(ini);
    }

    void add_module(std::string const& name)
    {
        tree.write("sys/module/" + name + "/initstate", "live\n");
        tree.write("sys/module/" + name + "/refcnt", "0\n");
    }

    void show_console_on(std::string const& address)
    {
        tree.link("sys/class/graphics/fb0", "../../devices/pci0000:00/" + address + "/graphics/fb0");
    }

    void plan(char const* ini)
    {
        session.problems = {};
        parse_config(ini, session.config, session.problems);
        scan(tree.root(), session.config, session.facts, session.inventory);
        make_plan(session.config, session.facts, session.inventory, session.plan, session.problems);
        TEST_ASSERT_TRUE(session.problems.empty());
        session.mode = Mode::Bind;
        session.is_running_system = true;
    }

    void hand_over(int64_t patience = 300) { vfio_early::hand_over(session, tree.root(), patience); }
    void take_back() { vfio_early::take_back(session, tree.root()); }

    // Those calls that change something.
    std::string called() const
    {
        std::istringstream lines(tree.read("called"));
        std::string all;
        for (std::string line; std::getline(lines, line);)
            all += line.find("is-active") == std::string::npos ? line + "\n" : "";
        return all;
    }

    std::string record() const { return tree.read("run/vfio-early/handover-gpu"); }
    bool has_record() const { return tree.has("run/vfio-early/handover-gpu"); }

    std::string verdict() const
    {
        return written_by([&](Sink& sink) { describe(sink, session.plan.decisions[0], session); });
    }

    bool is_open() const
    {
        for (auto const& decision : session.plan.decisions) {
            if (!vfio_early::is_open(decision))
                return false;
        }
        return true;
    }

    void move_to_vfio_pci()
    {
        for (std::string const address : {"0000:01:00.0", "0000:01:00.1"}) {
            tree.unlink("sys/bus/pci/devices/" + address + "/driver");
            tree.link("sys/bus/pci/devices/" + address + "/driver", "../../drivers/vfio-pci");
        }
    }

    // Another process does something after a while.
    template <typename Action> pid_t after(int milliseconds, Action action)
    {
        auto const child = fork();
        if (child != 0)
            return child;
        usleep(static_cast<useconds_t>(milliseconds) * 1000);
        action();
        _exit(0);
    }
};

constexpr char const* all_stopped =
    "systemctl stop gdm.service\nrmmod snd-hda-intel\nrmmod nvidia_drm\nrmmod nvidia\n";
constexpr char const* all_back =
    "modprobe nvidia\nmodprobe nvidia_drm\nmodprobe snd-hda-intel\nsystemctl start gdm.service\n";

} // namespace

TEST(stops_and_unloads_in_the_order_of_the_line_and_records_each_step_before)
{
    Host host;
    host.hand_over();
    TEST_ASSERT_TRUE(host.is_open());
    TEST_ASSERT_EQUAL_STRING(all_stopped, host.called());
    TEST_ASSERT_EQUAL_STRING("gdm.service\nsnd-hda-intel\nnvidia_drm\nnvidia\n", host.record());
    TEST_ASSERT_EQUAL_STRING("gdm.service\n", host.tree.read("record-when-stopped"));
}

TEST(brings_everything_back_in_reverse_when_the_devices_are_with_the_host)
{
    Host host;
    host.hand_over();
    host.tree.write("called", "");
    host.take_back();
    TEST_ASSERT_EQUAL_STRING(all_back, host.called());
    TEST_ASSERT_FALSE(host.has_record());
    TEST_ASSERT_TRUE(host.session.handover_problem.empty());
    host.tree.write("called", "");
    host.take_back();
    TEST_ASSERT_EQUAL_STRING("", host.called());
}

TEST(leaves_alone_what_was_not_there_and_does_not_bring_it_either)
{
    Host host;
    host.tree.unlink("active/gdm.service");
    host.tree.unlink("sys/module/nvidia_drm");
    host.hand_over();
    TEST_ASSERT_EQUAL_STRING("rmmod snd-hda-intel\nrmmod nvidia\n", host.called());
    host.tree.write("called", "");
    host.take_back();
    TEST_ASSERT_EQUAL_STRING("modprobe nvidia\nmodprobe snd-hda-intel\n", host.called());
}

TEST(detaches_the_console_of_this_display_before_the_first_module_and_attaches_it_after_the_last)
{
    Host host;
    host.show_console_on("0000:01:00.0");
    host.hand_over();
    TEST_ASSERT_EQUAL_STRING("0", host.tree.read("sys/class/vtconsole/vtcon1/bind"));
    TEST_ASSERT_EQUAL_STRING(
        "gdm.service\nvtconsole/vtcon1\nsnd-hda-intel\nnvidia_drm\nnvidia\n", host.record());
    host.take_back();
    TEST_ASSERT_EQUAL_STRING("1", host.tree.read("sys/class/vtconsole/vtcon1/bind"));
    TEST_ASSERT_EQUAL_STRING("0\n", host.tree.read("sys/class/vtconsole/vtcon0/bind"));
}

TEST(detaches_the_console_also_where_no_module_is_unloaded)
{
    Host host("[bind]\ngpu = 01:00.*\n[handover]\ngpu = gdm.service\n");
    host.show_console_on("0000:01:00.0");
    host.hand_over();
    TEST_ASSERT_EQUAL_STRING("gdm.service\nvtconsole/vtcon1\n", host.record());
}

TEST(leaves_the_console_of_another_display)
{
    Host host;
    host.show_console_on("0000:00:02.0");
    host.hand_over();
    TEST_ASSERT_EQUAL_STRING("1\n", host.tree.read("sys/class/vtconsole/vtcon1/bind"));
}

TEST(never_unloads_a_module_that_has_users_and_says_who_they_are)
{
    Host host;
    host.tree.write("sys/module/nvidia_drm/refcnt", "2\n");
    host.tree.write("sys/module/nvidia_drm/holders/nvidia_uvm", "");
    host.hand_over();
    TEST_ASSERT_FALSE(host.is_open());
    TEST_ASSERT_EQUAL_STRING(
        "gpu 0000:01:00.0: refused (in-use): the running system uses it: module nvidia_drm is in "
        "use by module nvidia_uvm",
        host.verdict());
    TEST_ASSERT_EQUAL_STRING("systemctl stop gdm.service\nrmmod snd-hda-intel\n", host.called());
    host.tree.write("called", "");
    host.take_back();
    TEST_ASSERT_EQUAL_STRING("modprobe snd-hda-intel\nsystemctl start gdm.service\n", host.called());
    // What it is refused for is still told.
    TEST_ASSERT_TRUE(host.verdict().find("by module nvidia_uvm") != std::string::npos);
}

TEST(names_the_process_that_keeps_a_module)
{
    Host host;
    host.tree.write("sys/module/nvidia/refcnt", "1\n");
    host.tree.add_process("812", "Xorg", {"/dev/dri/card0"});
    host.tree.link("sys/class/drm/card0", "../../devices/pci0000:00/0000:01:00.0/drm/card0");
    host.hand_over();
    TEST_ASSERT_TRUE(
        host.verdict().find("module nvidia is in use, process 812 (Xorg) has /dev/dri/card0 open")
        != std::string::npos);
}

TEST(says_how_many_users_a_module_has_where_it_is_not_known_who_they_are)
{
    Host host;
    host.tree.write("sys/module/nvidia/refcnt", "3\n");
    host.hand_over();
    TEST_ASSERT_TRUE(host.verdict().find("module nvidia is in use, its refcnt is 3") != std::string::npos);
}

TEST(waits_for_the_last_user_of_a_module)
{
    Host host;
    host.tree.write("sys/module/nvidia/refcnt", "1\n");
    auto const child = host.after(300, [&] { host.tree.write("sys/module/nvidia/refcnt", "0\n"); });
    host.hand_over(5000);
    waitpid(child, nullptr, 0);
    TEST_ASSERT_TRUE(host.is_open());
    TEST_ASSERT_EQUAL_STRING(all_stopped, host.called());
}

TEST(waits_until_nobody_has_a_device_open_and_no_longer_than_it_may)
{
    for (bool const does_it_end : {true, false}) {
        Host host;
        host.tree.add_process("812", "Xorg", {"/dev/dri/card0"});
        host.tree.link("sys/class/drm/card0", "../../devices/pci0000:00/0000:01:00.0/drm/card0");
        auto const child = host.after(300, [&] {
            if (does_it_end)
                host.tree.unlink("proc/812");
        });
        host.hand_over(does_it_end ? 5000 : 600);
        waitpid(child, nullptr, 0);
        refuse_what_is_in_use(host.session.plan, host.session.uses, host.session.inventory);
        TEST_ASSERT_TRUE(host.is_open() == does_it_end);
    }
}

TEST(does_not_take_a_card_from_nvidia_while_its_module_has_users)
{
    Host host("[bind]\ngpu = 01:00.*\n[handover]\ngpu = gdm.service\n");
    host.tree.write("sys/module/nvidia/refcnt", "1\n");
    host.tree.write("sys/module/nvidia/holders/nvidia_drm", "");
    host.hand_over();
    TEST_ASSERT_TRUE(
        host.verdict().find("module nvidia is in use by module nvidia_drm") != std::string::npos);
    Host free("[bind]\ngpu = 01:00.*\n[handover]\ngpu = gdm.service\n");
    free.hand_over();
    TEST_ASSERT_TRUE(free.is_open());
}

TEST(does_not_take_a_card_where_a_step_fails)
{
    struct {
        char const* fails;
        char const* why;
        char const* back;
    } const cases[] = {
        {"systemctl stop gdm.service", "'systemctl stop gdm.service' failed: it is broken",
            "systemctl start gdm.service\n"},
        {"rmmod nvidia", "'rmmod nvidia' failed: it is broken", all_back},
    };
    for (auto const& failing : cases) {
        Host host;
        host.tree.write("fails", failing.fails + std::string("\n"));
        host.hand_over();
        TEST_ASSERT_FALSE(host.is_open());
        TEST_ASSERT_EQUAL_STRING(
            std::string("gpu 0000:01:00.0: refused (in-use): the running system uses it: ") + failing.why,
            host.verdict());
        host.tree.write("called", "");
        host.take_back();
        TEST_ASSERT_EQUAL_STRING(failing.back, host.called());
    }
}

TEST(does_not_take_a_card_whose_module_is_built_in)
{
    Host host;
    host.tree.unlink("sys/module/nvidia/initstate");
    host.hand_over();
    TEST_ASSERT_TRUE(host.verdict().find("nvidia is built into the kernel, take it out of [handover]")
        != std::string::npos);
}

TEST(does_nothing_that_cannot_be_recorded)
{
    Host host;
    host.tree.unlink("run/vfio-early");
    host.hand_over();
    TEST_ASSERT_EQUAL_STRING("", host.called());
    TEST_ASSERT_TRUE(
        host.verdict().find("/run/vfio-early/handover-gpu cannot be written: No such file or directory")
        != std::string::npos);
}

TEST(does_nothing_for_what_is_with_a_guest_already)
{
    Host host;
    host.move_to_vfio_pci();
    host.hand_over();
    TEST_ASSERT_EQUAL_STRING("", host.called());
    TEST_ASSERT_FALSE(host.has_record());
}

TEST(does_nothing_for_what_is_refused)
{
    Host host("[bind]\ngpu = 01:00.0\n[handover]\ngpu = gdm.service\n");
    TEST_ASSERT_TRUE(host.session.plan.decisions[0].reason == Reason::SharedGroup);
    host.hand_over();
    TEST_ASSERT_EQUAL_STRING("", host.called());
}

TEST(brings_nothing_back_while_a_device_is_with_a_guest)
{
    Host host;
    host.hand_over();
    host.move_to_vfio_pci();
    host.tree.write("called", "");
    host.take_back();
    TEST_ASSERT_EQUAL_STRING("", host.called());
    TEST_ASSERT_TRUE(host.has_record());
}

TEST(keeps_the_record_where_something_could_not_be_brought_back_and_says_what)
{
    Host host;
    host.hand_over();
    host.tree.write("fails", "modprobe nvidia\n");
    host.tree.write("called", "");
    host.take_back();
    TEST_ASSERT_EQUAL_STRING(all_back, host.called());
    TEST_ASSERT_EQUAL_STRING(
        "bringing back nvidia failed: it is broken", host.session.handover_problem.view());
    TEST_ASSERT_TRUE(host.has_record());
    host.tree.unlink("fails");
    host.session.handover_problem = {};
    host.take_back();
    TEST_ASSERT_FALSE(host.has_record());
}

TEST(records_a_step_once_however_often_it_could_not_be_undone)
{
    Host host;
    host.hand_over();
    auto const record = host.record();
    host.tree.write("fails", "systemctl start gdm.service\n");
    for (int i = 0; i < 3; ++i) {
        host.take_back();
        host.hand_over();
        TEST_ASSERT_EQUAL_STRING(record.c_str(), host.record());
    }
}

TEST(does_not_take_half_a_line_of_the_record_for_a_step)
{
    Host host;
    host.tree.write("run/vfio-early/handover-gpu", "gdm.service\nnvid");
    host.take_back();
    TEST_ASSERT_EQUAL_STRING("systemctl start gdm.service\n", host.called());
    TEST_ASSERT_FALSE(host.has_record());
}

TEST(brings_back_what_earlier_runs_that_were_killed_have_recorded)
{
    Host host;
    host.tree.write("run/vfio-early/handover-gpu", "gdm.service\n");
    host.tree.unlink("active/gdm.service");
    host.hand_over();
    host.tree.write("called", "");
    host.take_back();
    TEST_ASSERT_EQUAL_STRING(all_back, host.called());
}

UNITY_MAIN()
