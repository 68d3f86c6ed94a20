// SPDX-License-Identifier: MIT
#include "sys/scan.h"

#include "core/plan.h"
#include "core/session.h"
#include "tree.h"

#include <memory>

using namespace vfio_early;

static std::unique_ptr<Session> scanned(Tree const& tree, char const* config)
{
    auto session = std::make_unique_for_overwrite<Session>();
    parse_config(config, session->config, session->problems);
    scan(tree.root(), session->config, session->facts, session->inventory);
    make_plan(session->config, session->facts, session->inventory, session->plan, session->problems);
    return session;
}

// The addresses in the inventory, in the order in which they were read.
static std::string addresses(Session const& session)
{
    std::string all;
    for (auto const& device : session.inventory.devices)
        all += text_of("%a ", device.address);
    return all;
}

static std::string first_code(Session const& session)
{
    return std::string(name_of(session.plan.decisions[0].reason));
}

TEST(reads_an_address_its_group_and_nothing_else)
{
    Tree tree;
    tree.add_machine();
    tree.add_device("0000:01:00.0", "30000", "10DE:2191", 8, "nouveau");
    tree.add_device("0000:01:00.1", "40300", "10DE:1AEB", 8);
    tree.add_device("0000:02:00.0", "20000", "8086:10D3", 9);
    auto const session = scanned(tree, "[bind]\ngpu = 01:00.0\n");
    TEST_ASSERT_EQUAL_STRING("0000:01:00.0 0000:01:00.1 ", addresses(*session));
    auto const& gpu = session->inventory.devices[0];
    TEST_ASSERT_EQUAL_STRING("10de:2191 1043:8520 nouveau 8",
        text_of("%i %i %s %u", gpu.id, gpu.subsystem, gpu.driver, gpu.group.value()));
}

TEST(reads_the_devices_that_have_an_id_and_their_groups)
{
    Tree tree;
    tree.add_machine();
    tree.add_device("0000:01:00.0", "30000", "10DE:2191", 8);
    tree.add_device("0000:02:00.0", "20000", "8086:10D3", 9);
    tree.write("sys/bus/pci/devices/not-an-address/uevent", "x");
    TEST_ASSERT_EQUAL_STRING("0000:02:00.0 ", addresses(*scanned(tree, "[bind]\nnic = 8086:10d3\n")));
}

TEST(does_not_take_a_listing_that_failed_for_the_whole)
{
    Tree tree;
    tree.add_machine();
    tree.unlink("sys/bus/pci/devices");
    TEST_ASSERT_EQUAL_STRING("not-found", first_code(*scanned(tree, "[bind]\nnic = 8086:10d3\n")));
    tree.link("sys/bus/pci/devices", "devices");
    TEST_ASSERT_EQUAL_STRING("unreadable", first_code(*scanned(tree, "[bind]\nnic = 8086:10d3\n")));
}

TEST(follows_a_path_by_the_current_bus_numbers)
{
    Tree tree;
    tree.add_machine();
    tree.add_device("0000:00:1c.4", "60400", "8086:A114", 7, "pcieport");
    tree.write("sys/bus/pci/devices/0000:00:1c.4/secondary_bus_number", "3\n");
    tree.add_device("0000:03:00.0", "C0330", "1B21:1242", 12);
    auto const session = scanned(tree, "[bind]\nslot = 00:1c.4/00.0\n");
    TEST_ASSERT_EQUAL_STRING("0000:00:1c.4 0000:03:00.0 ", addresses(*session));
    TEST_ASSERT_EQUAL_STRING("", first_code(*session));
    tree.write("sys/bus/pci/devices/0000:00:1c.4/secondary_bus_number", "259\n");
    TEST_ASSERT_EQUAL_STRING("not-found", first_code(*scanned(tree, "[bind]\nslot = 00:1c.4/00.0\n")));
}

TEST(does_not_follow_a_path_through_a_bridge_that_was_not_set_up)
{
    Tree tree;
    tree.add_machine();
    tree.add_device("0000:00:1c.4", "60400", "8086:A114", 7, "pcieport");
    tree.add_device("0000:00:1f.6", "20000", "8086:15B8", 11);
    tree.write("sys/bus/pci/devices/0000:00:1c.4/secondary_bus_number", "0\n");
    TEST_ASSERT_EQUAL_STRING("not-found", first_code(*scanned(tree, "[bind]\nslot = 00:1c.4/1f.6\n")));
}

TEST(treats_a_group_that_cannot_be_listed_as_unreadable)
{
    Tree tree;
    tree.add_machine();
    tree.add_device("0000:01:00.0", "30000", "10DE:2191", 8);
    tree.unlink("sys/kernel/iommu_groups/8/devices");
    tree.write("sys/kernel/iommu_groups/8/devices", "not a directory");
    auto const session = scanned(tree, "[bind]\ngpu = 01:00.0\n");
    TEST_ASSERT_FALSE(session->inventory.groups[0].is_readable);
    TEST_ASSERT_EQUAL_STRING("unreadable", first_code(*session));
}

TEST(counts_a_member_that_is_not_on_the_bus)
{
    Tree tree;
    tree.add_machine();
    tree.add_device("0000:01:00.0", "30000", "10DE:2191", 8);
    tree.make_directory("sys/kernel/iommu_groups/8/devices/0000:01:00.1");
    TEST_ASSERT_EQUAL_STRING("shared-group", first_code(*scanned(tree, "[bind]\ngpu = 01:00.0\n")));
}

TEST(is_unsure_of_an_id_while_another_devices_id_cannot_be_read)
{
    Tree tree;
    tree.add_machine();
    tree.add_device("0000:01:00.0", "20000", "8086:10D3", 8);
    tree.add_device("0000:02:00.0", "20000", "8086:10D3", 9);
    tree.write("sys/bus/pci/devices/0000:02:00.0/uevent", "");
    auto const session = scanned(tree, "[bind]\nnic = 8086:10d3\n");
    TEST_ASSERT_EQUAL_STRING("unreadable", first_code(*session));
    TEST_ASSERT_FALSE(session->plan.decisions[0].device.has_value());
    TEST_ASSERT_EQUAL_STRING("", first_code(*scanned(tree, "[bind]\nnic = 01:00.0 8086:10d3\n")));
}

TEST(finds_domains_of_five_digits)
{
    Tree tree;
    tree.add_machine();
    tree.add_device("10000:01:00.0", "10802", "144D:A808", 8);
    TEST_ASSERT_EQUAL_STRING("", first_code(*scanned(tree, "[bind]\nnvme = 10000:01:00.0\n")));
    TEST_ASSERT_EQUAL_STRING("", first_code(*scanned(tree, "[bind]\nnvme = 144d:a808\n")));
}

TEST(refuses_a_device_with_invalid_attributes)
{
    for (auto const& uevent : {std::string(), std::string("PCI_CLASS=30000\n"), std::string("\0\0\0\0", 4),
             std::string(4096, 'x'), std::string(100000, '\n')}) {
        Tree tree;
        tree.add_machine();
        tree.add_device("0000:01:00.0", "30000", "10DE:2191", 8);
        tree.write("sys/bus/pci/devices/0000:01:00.0/uevent", uevent);
        TEST_ASSERT_EQUAL_STRING("unreadable", first_code(*scanned(tree, "[bind]\ngpu = 01:00.0\n")));
        TEST_ASSERT_EQUAL_STRING(
            "id-mismatch", first_code(*scanned(tree, "[bind]\ngpu = 01:00.0 10de:2191\n")));
    }
}

TEST(refuses_a_device_without_uevent)
{
    Tree tree;
    tree.add_machine();
    tree.add_device("0000:01:00.0", "30000", "10DE:2191", 8);
    tree.unlink("sys/bus/pci/devices/0000:01:00.0/uevent");
    TEST_ASSERT_EQUAL_STRING("unreadable", first_code(*scanned(tree, "[bind]\ngpu = 01:00.0\n")));
}

TEST(refuses_a_group_that_is_not_a_number_or_does_not_list_its_member)
{
    Tree tree;
    tree.add_machine();
    tree.add_device("0000:01:00.0", "30000", "10DE:2191", -1);
    tree.link("sys/bus/pci/devices/0000:01:00.0/iommu_group", "../../../../kernel/iommu_groups/x");
    TEST_ASSERT_EQUAL_STRING("unreadable", first_code(*scanned(tree, "[bind]\ngpu = 01:00.0\n")));
    tree.unlink("sys/bus/pci/devices/0000:01:00.0/iommu_group");
    tree.link("sys/bus/pci/devices/0000:01:00.0/iommu_group", "../../../../kernel/iommu_groups/3");
    TEST_ASSERT_EQUAL_STRING("unreadable", first_code(*scanned(tree, "[bind]\ngpu = 01:00.0\n")));
}

TEST(counts_a_peer_that_cannot_be_read)
{
    Tree tree;
    tree.add_machine();
    tree.add_device("0000:01:00.0", "30000", "10DE:2191", 8);
    tree.add_device("0000:01:00.1", "40300", "10DE:1AEB", 8);
    tree.write("sys/bus/pci/devices/0000:01:00.1/uevent", "");
    TEST_ASSERT_EQUAL_STRING("shared-group", first_code(*scanned(tree, "[bind]\ngpu = 01:00.0\n")));
}

TEST(reads_a_header_type_that_the_class_leaves_open)
{
    Tree tree;
    tree.add_machine();
    tree.add_device("0000:01:00.0", "60900", "8086:1234", 8);
    TEST_ASSERT_EQUAL_STRING("", first_code(*scanned(tree, "[bind]\nntb = 01:00.0\n")));
    tree.unlink("sys/bus/pci/devices/0000:01:00.0/config");
    TEST_ASSERT_EQUAL_STRING("unreadable", first_code(*scanned(tree, "[bind]\nntb = 01:00.0\n")));
    std::string config(64, '\0');
    config[0x0e] = 1;
    tree.write("sys/bus/pci/devices/0000:01:00.0/config", config);
    TEST_ASSERT_EQUAL_STRING("is-bridge", first_code(*scanned(tree, "[bind]\nntb = 01:00.0\n")));
}

TEST(sees_vfios_no_iommu_mode)
{
    Tree tree;
    tree.add_machine();
    tree.add_device("0000:01:00.0", "30000", "10DE:2191", 0);
    tree.write("sys/kernel/iommu_groups/0/name", "vfio-noiommu\n");
    TEST_ASSERT_EQUAL_STRING("noiommu-group", first_code(*scanned(tree, "[bind]\ngpu = 01:00.0\n")));
}

TEST(finds_members_that_are_not_pci_functions)
{
    Tree tree;
    tree.add_machine();
    tree.add_device("0000:01:00.0", "30000", "10DE:2191", 8);
    tree.make_directory("sys/kernel/iommu_groups/8/devices/fd4a0000.usb");
    TEST_ASSERT_EQUAL_STRING("shared-group", first_code(*scanned(tree, "[bind]\ngpu = 01:00.0\n")));
}

TEST(says_why_there_is_no_iommu)
{
    Tree tree;
    tree.add_machine("");
    tree.write("proc/cpuinfo", "flags : fpu\n");
    auto const iommu = [&] { return scanned(tree, "[bind]\ngpu = 01:00.0\n")->inventory.iommu; };
    TEST_ASSERT_TRUE(iommu() == Iommu::Absent);
    tree.write("proc/cpuinfo", "flags : fpu vmx\n");
    TEST_ASSERT_TRUE(iommu() == Iommu::OffInFirmware);
    tree.write("sys/firmware/acpi/tables/DMAR", "");
    TEST_ASSERT_TRUE(iommu() == Iommu::OffInKernel);
    tree.make_directory("sys/class/iommu/dmar0");
    TEST_ASSERT_TRUE(iommu() == Iommu::On);
}

TEST(knows_iommus_that_make_groups_late)
{
    Tree tree;
    tree.add_machine();
    TEST_ASSERT_FALSE(scanned(tree, "[bind]\n")->inventory.groups_appear_late);
    tree.make_directory("sys/class/iommu/virtio0");
    TEST_ASSERT_TRUE(scanned(tree, "[bind]\n")->inventory.groups_appear_late);
}

TEST(finds_the_boot_display_in_each_of_the_places_where_kernels_show_it)
{
    auto const code_with = [](auto prepare) {
        Tree tree;
        tree.add_machine();
        tree.add_device("0000:01:00.0", "38000", "1234:1111", 8);
        prepare(tree);
        return first_code(*scanned(tree, "[bind]\ngpu = 01:00.0\n"));
    };
    TEST_ASSERT_EQUAL_STRING("", code_with([](Tree&) {}));
    TEST_ASSERT_EQUAL_STRING("boot-display",
        code_with([](Tree& tree) { tree.write("sys/bus/pci/devices/0000:01:00.0/boot_vga", "1\n"); }));
    TEST_ASSERT_EQUAL_STRING(
        "", code_with([](Tree& tree) { tree.write("sys/bus/pci/devices/0000:01:00.0/boot_vga", "0\n"); }));
    TEST_ASSERT_EQUAL_STRING("boot-display",
        code_with([](Tree& tree) { tree.write("sys/bus/pci/devices/0000:01:00.0/boot_display", "1\n"); }));
    TEST_ASSERT_EQUAL_STRING("boot-display", code_with([](Tree& tree) {
        tree.link("sys/bus/platform/devices/efi-framebuffer.0",
            "../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0/efi-framebuffer.0");
    }));
    TEST_ASSERT_EQUAL_STRING("", code_with([](Tree& tree) {
        tree.link(
            "sys/bus/platform/devices/efi-framebuffer.0", "../../../devices/platform/efi-framebuffer.0");
    }));
    TEST_ASSERT_EQUAL_STRING("boot-display", code_with([](Tree& tree) {
        tree.write("proc/iomem", "80000000-80ffffff : 0000:01:00.0\n  80000000-803e7fff : BOOTFB\n");
    }));
}

TEST(refuses_everything_when_a_group_is_larger_than_it_can_hold)
{
    Tree tree;
    tree.add_machine();
    for (int i = 0; i < 1025; ++i) { // max_devices + 1
        char address[16];
        snprintf(address, sizeof(address), "0000:%02x:%02x.%d", 1 + i / 256, i / 8 % 32, i % 8);
        tree.add_device(address, "20000", "8086:1572", 8);
    }
    auto const session = scanned(tree, "[bind]\nnics = 8086:1572 all\n");
    TEST_ASSERT_TRUE(session->inventory.is_overfull);
    for (auto const& decision : session->plan.decisions)
        TEST_ASSERT_EQUAL_STRING("unreadable", name_of(decision.reason));
}

TEST(counts_a_device_whose_group_cannot_be_read_when_an_id_is_looked_for)
{
    Tree tree;
    tree.add_machine();
    tree.add_device("0000:01:00.0", "20000", "8086:10D3", 8);
    tree.add_device("0000:02:00.0", "20000", "8086:10D3", -1);
    tree.link("sys/bus/pci/devices/0000:02:00.0/iommu_group", "../../../../kernel/iommu_groups/x");
    TEST_ASSERT_EQUAL_STRING("ambiguous", first_code(*scanned(tree, "[bind]\nany = 8086:10d3\n")));
    auto const all = scanned(tree, "[bind]\nany = 8086:10d3 all\n");
    TEST_ASSERT_EQUAL_UINT(2, all->plan.decisions.size());
    TEST_ASSERT_EQUAL_STRING("", name_of(all->plan.decisions[0].reason));
    TEST_ASSERT_EQUAL_STRING("unreadable", name_of(all->plan.decisions[1].reason));
    TEST_ASSERT_EQUAL_STRING("unreadable", first_code(*scanned(tree, "[bind]\nnic = 02:00.0 8086:10d3\n")));
}

TEST(counts_a_device_that_its_group_does_not_list_when_an_id_is_looked_for)
{
    Tree tree;
    tree.add_machine();
    tree.add_device("0000:01:00.0", "20000", "8086:1572", 8);
    tree.add_device("0000:02:00.0", "20000", "8086:1572", 9);
    tree.unlink("sys/kernel/iommu_groups/9/devices/0000:02:00.0");
    TEST_ASSERT_EQUAL_STRING("ambiguous", first_code(*scanned(tree, "[bind]\nany = 8086:1572\n")));
}

TEST(believes_no_group_that_lists_a_device_of_another_whatever_the_order)
{
    for (char const* config : {"[bind]\na = 01:00.0\nb = 02:00.0\n", "[bind]\nb = 02:00.0\na = 01:00.0\n"}) {
        Tree tree;
        tree.add_machine();
        tree.add_device("0000:01:00.0", "20000", "8086:1572", 8);
        tree.add_device("0000:02:00.0", "20000", "8086:1572", 9);
        tree.link("sys/kernel/iommu_groups/9/devices/0000:01:00.0", "../../../../devices/x");
        auto const session = scanned(tree, config);
        for (auto const& decision : session->plan.decisions)
            TEST_ASSERT_EQUAL_STRING("unreadable", name_of(decision.reason));
    }
}

TEST(tells_a_boot_display_from_one_that_may_be_it)
{
    for (char const* path : {"sys/bus/pci/devices/0000:01:00.0/boot_vga",
             "sys/bus/platform/devices/efi-framebuffer.0", "proc/iomem"}) {
        Tree tree;
        tree.add_machine();
        tree.add_device("0000:01:00.0", "38000", "1234:1111", 8);
        tree.make_directory(path);
        auto const of_display = [&] {
            return scanned(tree, "[bind]\ngpu = 01:00.0\n")->inventory.devices[0];
        };
        TEST_ASSERT_TRUE(of_display().may_be_boot_display);
        TEST_ASSERT_FALSE(of_display().is_boot_display);
        // Another place that kernels show it in settles it.
        tree.link("sys/bus/platform/devices/simple-framebuffer.0",
            "../../../devices/pci0000:00/0000:01:00.0/simple-framebuffer.0");
        TEST_ASSERT_TRUE(of_display().is_boot_display);
    }
}

TEST(takes_what_it_cannot_read_of_a_display_for_the_one_that_the_firmware_booted_on)
{
    for (char const* path :
        {"sys/bus/pci/devices/0000:01:00.0/boot_vga", "sys/bus/pci/devices/0000:01:00.0/boot_display",
            "sys/bus/platform/devices/efi-framebuffer.0", "proc/iomem"}) {
        Tree tree;
        tree.add_machine();
        tree.add_device("0000:01:00.0", "38000", "1234:1111", 8);
        tree.make_directory(path);
        TEST_ASSERT_EQUAL_STRING("boot-display", first_code(*scanned(tree, "[bind]\ngpu = 01:00.0\n")));
    }
}

TEST(does_not_take_a_group_whose_name_cannot_be_read_for_an_isolated_one)
{
    Tree tree;
    tree.add_machine();
    tree.add_device("0000:01:00.0", "20000", "8086:1572", 8);
    tree.make_directory("sys/kernel/iommu_groups/8/name");
    TEST_ASSERT_EQUAL_STRING("unreadable", first_code(*scanned(tree, "[bind]\na = 01:00.0\n")));
}

TEST(says_unreadable_where_sysfs_is_not_mounted)
{
    Tree tree;
    tree.make_directory("sys");
    TEST_ASSERT_EQUAL_STRING("unreadable", first_code(*scanned(tree, "[bind]\na = 01:00.0\n")));
    TEST_ASSERT_EQUAL_STRING("unreadable", first_code(*scanned(tree, "[bind]\na = 8086:1572\n")));
}

TEST(refuses_only_the_group_that_has_many_members_which_are_no_pci_functions)
{
    Tree tree;
    tree.add_machine();
    tree.add_device("0000:01:00.0", "20000", "8086:1572", 8);
    tree.add_device("0000:02:00.0", "20000", "8086:1572", 9);
    for (int i = 0; i < 9; ++i)
        tree.make_directory("sys/kernel/iommu_groups/8/devices/part" + std::to_string(i));
    auto const session = scanned(tree, "[bind]\na = 01:00.0\nb = 02:00.0\n");
    TEST_ASSERT_EQUAL_STRING("shared-group", name_of(session->plan.decisions[0].reason));
    TEST_ASSERT_EQUAL_STRING("", name_of(session->plan.decisions[1].reason));
    TEST_ASSERT_EQUAL_UINT(
        9, session->inventory.groups[0].others.size() + session->inventory.groups[0].others_left_out);
}

UNITY_MAIN()
