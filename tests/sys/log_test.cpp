// SPDX-License-Identifier: MIT
#include "sys/log.h"

#include "machine.h"
#include "tree.h"

using namespace vfio_early;

TEST(writes_a_summary_and_a_line_for_each_device_that_is_not_bound)
{
    Tree tree;
    tree.add_machine();
    Machine machine;
    machine.session.mode = Mode::Bind;
    machine.session.facts.is_there = true;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 8);
    machine.session.inventory.acs_is_overridden = true;
    auto& session = machine.plan("[bind]\nnic = 8086:10d3\nusb = 1b21:1242\n");
    session.plan.decisions[0].outcome = Outcome::Bound;
    log_report(tree.root(), session);
    TEST_ASSERT_EQUAL_STRING(
        "<28>vfio-early: bound 1 of 2 listed devices, rd.vfio_early=0 boots without it\n"
        "<28>vfio-early: usb: refused (not-found): no device matches '1b21:1242', "
        "'vfio-early list --all' shows all of them\n"
        "<28>vfio-early: pcie_acs_override= is on the kernel command line, so the groups "
        "do not show what is isolated\n",
        tree.read("dev/kmsg"));
}

TEST(is_quiet_when_all_is_well)
{
    Tree tree;
    tree.add_machine();
    Machine machine;
    machine.session.mode = Mode::Bind;
    machine.session.facts.is_there = true;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 8);
    auto& session = machine.plan("[bind]\nnic = 8086:10d3\n");
    session.plan.decisions[0].outcome = Outcome::Bound;
    log_report(tree.root(), session);
    TEST_ASSERT_EQUAL_STRING(
        "<30>vfio-early: bound 1 of 1 listed devices, rd.vfio_early=0 boots without it\n",
        tree.read("dev/kmsg"));
}

TEST(cuts_lines_that_the_kernel_would_refuse)
{
    Tree tree;
    tree.add_machine();
    log_line(tree.root(), Level::Error, std::string(5000, 'x'));
    TEST_ASSERT_TRUE(tree.read("dev/kmsg").starts_with("<27>vfio-early: xxx"));
    TEST_ASSERT_EQUAL_UINT(900, tree.read("dev/kmsg").size());
}

TEST(writes_a_line_on_the_console)
{
    Tree tree;
    tree.add_machine();
    console_line(tree.root(), "nobody hears");
    TEST_ASSERT_FALSE(tree.has("dev/console"));
    tree.write("dev/console", "before\n");
    console_line(tree.root(), "it goes dark");
    TEST_ASSERT_EQUAL_STRING("before\nvfio-early: it goes dark\n", tree.read("dev/console"));
    TEST_ASSERT_EQUAL_STRING("", tree.read("dev/kmsg"));
}

TEST(does_without_a_log)
{
    Tree tree;
    log_line(tree.root(), Level::Info, "nobody hears");
    TEST_ASSERT_FALSE(tree.has("dev/kmsg"));
}

UNITY_MAIN()
