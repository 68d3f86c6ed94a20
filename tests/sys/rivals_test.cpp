// SPDX-License-Identifier: MIT
#include "sys/rivals.h"

#include "core/rival.h"
#include "machine.h"
#include "sys/modprobe_d.h"
#include "tree.h"

using namespace vfio_early;

// What is told of a machine with this tree, of which a line lists a NIC that has this driver now.
static std::string told(Tree const& tree, char const* driver = "")
{
    Machine machine;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 1, driver);
    auto& session = machine.plan("[bind]\nnic = 01:00.0\n");
    machine.look_out();
    read_modprobe_d(tree.root(), session.module_settings);
    find_rivals(tree.root(), session);
    std::string all;
    tell_of_rivals(session, [&](std::string_view warning) { all += std::string(warning) + "\n"; });
    return all;
}

static bool has(std::string const& text, char const* part)
{
    return text.find(part) != std::string::npos;
}

TEST(reads_overrides_of_driverctl)
{
    Tree tree;
    TEST_ASSERT_EQUAL_STRING("", told(tree));
    tree.write("etc/driverctl.d/pci-0000:01:00.0", "e1000e\n");
    TEST_ASSERT_TRUE(
        has(told(tree), "'driverctl set-override e1000e' in /etc/driverctl.d/pci-0000:01:00.0 takes this"));
    tree.write("etc/driverctl.d/pci-0000:01:00.0", "vfio-pci\n");
    TEST_ASSERT_TRUE(has(told(tree), "not needed"));
    tree.write("etc/driverctl.d/pci-0000:01:00.0", "");
    TEST_ASSERT_EQUAL_STRING("", told(tree));
}

TEST(asks_the_aliases_of_the_kernel_what_drives_a_device)
{
    Tree tree;
    tree.write("etc/modprobe.d/nic.conf", "blacklist e1000e\n");
    TEST_ASSERT_EQUAL_STRING("", told(tree));
    tree.write("lib/modules/6.1.0/modules.alias",
        "# Aliases\nalias usb:v* x\nalias pci:v00008086d000010D3sv*sd*bc*sc*i* e1000e\n");
    TEST_ASSERT_TRUE(has(told(tree), "'blacklist e1000e' in /etc/modprobe.d/nic.conf:1"));
    TEST_ASSERT_TRUE(has(told(tree, "vfio-pci"), "blacklist"));
    // It has one now, whatever loaded that.
    TEST_ASSERT_EQUAL_STRING("", told(tree, "e1000e"));
}

UNITY_MAIN()
