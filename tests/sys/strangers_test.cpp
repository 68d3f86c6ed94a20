// SPDX-License-Identifier: MIT
#include "sys/strangers.h"

#include "machine.h"
#include "tree.h"

using namespace vfio_early;

static std::string found_in(Tree const& tree, Session& session)
{
    find_strangers(tree.root(), session);
    std::string all;
    for (auto const& stranger : session.strangers)
        all += text_of("%a%c%c\n", stranger.address, stranger.is_on_vfio_pci ? " on" : "",
            stranger.named_for ? " named" : "");
    return all;
}

// A NIC that a line selects, and an NVMe controller and a display that none does.
static void add_devices(Tree& tree, std::string const& nvme_driver)
{
    tree.add_machine();
    tree.add_driver("vfio-pci");
    tree.add_device("0000:01:00.0", "20000", "8086:10d3", 1, "vfio-pci");
    tree.add_device("0000:02:00.0", "10802", "1b36:0010", 2, nvme_driver);
    tree.add_device("0000:03:00.0", "30000", "1234:1111", 3);
}

static Session& plan_of(Machine& machine, Mode mode)
{
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 1);
    auto& session = machine.plan("[bind]\nnic = 01:00.0\n");
    session.mode = mode;
    return session;
}

TEST(finds_what_is_on_vfio_pci_without_a_line)
{
    Tree tree;
    add_devices(tree, "vfio-pci");
    Machine machine;
    TEST_ASSERT_EQUAL_STRING("0000:02:00.0 on\n", found_in(tree, plan_of(machine, Mode::Bind)));
}

TEST(finds_what_an_id_names)
{
    Tree tree;
    add_devices(tree, "nvme");
    for (auto const mode : {Mode::Check, Mode::Bind}) {
        Machine machine;
        auto& session = plan_of(machine, mode);
        session.loading_of(Target::VfioPci).is_ours = true;
        parse_kernel_settings("vfio-pci.ids=1b36:0010,1234:1111,8086:10d3", session.module_settings);
        TEST_ASSERT_EQUAL_STRING("0000:02:00.0 named\n0000:03:00.0 named\n", found_in(tree, session));
    }
}

TEST(says_nothing_for_a_driver_that_did_not_load)
{
    Tree tree;
    add_devices(tree, "nvme");
    tree.unlink("sys/bus/pci/drivers/vfio-pci");
    Machine machine;
    auto& session = plan_of(machine, Mode::Bind);
    session.loading_of(Target::VfioPci).is_ours = true;
    parse_kernel_settings("vfio-pci.ids=1b36:0010", session.module_settings);
    TEST_ASSERT_EQUAL_STRING("", found_in(tree, session));
}

UNITY_MAIN()
