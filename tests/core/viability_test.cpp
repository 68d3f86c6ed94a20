// SPDX-License-Identifier: MIT
#include "core/viability.h"

#include "machine.h"
#include "text_of.h"

using namespace vfio_early;

static bool in_the_way(uint32_t class_code, char const* driver)
{
    Machine machine;
    return stands_in_the_way(machine.add("0000:00:01.0", "8086:1901", class_code, 1, driver));
}

TEST(bridges_never_count_whatever_drives_them)
{
    TEST_ASSERT_FALSE(in_the_way(0x060400, ""));
    TEST_ASSERT_FALSE(in_the_way(0x060400, "pcieport"));
    TEST_ASSERT_FALSE(in_the_way(0x060400, "shpchp"));
    TEST_ASSERT_FALSE(in_the_way(0x060700, "yenta_cardbus"));
}

TEST(host_bridges_never_count_because_at_the_boot_nothing_drives_them_yet)
{
    TEST_ASSERT_FALSE(in_the_way(0x060000, ""));
    TEST_ASSERT_FALSE(in_the_way(0x060000, "k10temp"));
}

TEST(endpoints_count_even_without_a_driver_because_it_comes_later)
{
    TEST_ASSERT_TRUE(in_the_way(0x010802, ""));
    TEST_ASSERT_TRUE(in_the_way(0x010802, "nvme"));
    TEST_ASSERT_TRUE(in_the_way(0x060100, ""));
}

TEST(endpoints_count_even_on_our_drivers_because_nothing_puts_them_there_next_time)
{
    TEST_ASSERT_TRUE(in_the_way(0x010802, "vfio-pci"));
    TEST_ASSERT_TRUE(in_the_way(0x010802, "pci-stub"));
}

TEST(what_cannot_be_read_counts)
{
    Machine machine;
    auto& device = machine.add("0000:00:01.0", "8086:1901", 0x060400, 1);
    device.is_readable = false;
    TEST_ASSERT_TRUE(stands_in_the_way(device));
}

TEST(finds_peers_of_the_same_group_only)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    machine.add("0000:01:00.1", "10de:1aeb", 0x040300, 8);
    machine.add("0000:02:00.0", "10de:1aeb", 0x040300, 9);
    auto const& session = machine.plan("[bind]\ngpu = 01:00.0\n");
    auto const peers = peers_in_the_way(8, session.plan, session.inventory);
    TEST_ASSERT_EQUAL_UINT(1, peers.size());
    TEST_ASSERT_EQUAL_UINT(1, peers[0]);
}

TEST(warns_of_bridges_with_a_driver_that_is_not_pcieport)
{
    Machine machine;
    TEST_ASSERT_TRUE(has_troublesome_driver(machine.add("0000:00:01.0", "8086:1901", 0x060400, 1, "shpchp")));
    TEST_ASSERT_FALSE(
        has_troublesome_driver(machine.add("0000:00:02.0", "8086:1901", 0x060400, 1, "pcieport")));
    TEST_ASSERT_TRUE(
        has_troublesome_driver(machine.add("0000:00:00.0", "8086:1918", 0x060000, 1, "ie31200_edac")));
    TEST_ASSERT_FALSE(has_troublesome_driver(machine.add("0000:00:03.0", "8086:1901", 0x060400, 1, "")));
    TEST_ASSERT_FALSE(
        has_troublesome_driver(machine.add("0000:01:00.0", "8086:10d3", 0x020000, 1, "e1000e")));
}

TEST(takes_conventional_bridges_with_a_hotplug_controller_from_shpchp_and_nothing_else)
{
    Machine machine;
    auto const is_taken = [&](uint32_t class_code, char const* driver, bool has_controller) {
        auto& device = machine.add("0000:00:01.0", "8086:1901", class_code, 1, driver);
        device.has_hotplug_controller = has_controller;
        return is_for_shpchp(device);
    };
    TEST_ASSERT_TRUE(is_taken(0x060400, "shpchp", true));
    // Two bridges of AMD show no such capability, and shpchp drives them.
    TEST_ASSERT_TRUE(is_taken(0x060400, "shpchp", false));
    TEST_ASSERT_TRUE(is_taken(0x060400, "", true));
    TEST_ASSERT_FALSE(is_taken(0x060400, "", false));
    TEST_ASSERT_FALSE(is_taken(0x060400, "pcieport", true));
    TEST_ASSERT_FALSE(is_taken(0x060400, "i82875p_edac", true));
    TEST_ASSERT_FALSE(is_taken(0x020000, "", true));
}

TEST(knows_drivers_that_leave_a_group_to_guests)
{
    Machine machine;
    auto& device = machine.add("0000:00:03.0", "8086:1901", 0x060400, 1, "shpchp");
    TEST_ASSERT_TRUE(has_host_driver(device));
    for (auto const* driver : {"", "pcieport", "vfio-pci", "pci-stub", "mlx5_vfio_pci"}) {
        device.driver = DriverName(driver);
        TEST_ASSERT_FALSE(has_host_driver(device));
    }
}

TEST(a_group_is_for_guests_only_if_something_of_it_is_for_vfio_pci)
{
    Machine machine;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 1);
    machine.add("0000:02:00.0", "8086:10d3", 0x020000, 2);
    machine.add("0000:03:00.0", "8086:10d3", 0x020000, 3);
    auto const& session = machine.plan("[bind]\na = 01:00.0\nb = 03:00.0 8086:9999\n[stub]\nc = 02:00.0\n");
    TEST_ASSERT_TRUE(first_for_guests(1, session.plan, session.inventory) == session.plan.decisions.begin());
    TEST_ASSERT_FALSE(first_for_guests(2, session.plan, session.inventory));
    TEST_ASSERT_FALSE(first_for_guests(3, session.plan, session.inventory));
}

UNITY_MAIN()
