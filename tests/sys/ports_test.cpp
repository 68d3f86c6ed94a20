// SPDX-License-Identifier: MIT
#include "sys/ports.h"

#include "fake_config_space.h"
#include "sys/scan.h"
#include "tree.h"

#include <memory>

using namespace vfio_early;

// A card that shares its group behind a port, and two ports beside it that isolate, of which one has a slot.
static void make(Tree& tree, bool is_root)
{
    tree.add_machine();
    tree.add_device("0000:00:1c.0", "60400", "8086:a110", 5, "pcieport");
    tree.add_device("0000:01:00.0", "60400", "8086:a111", 5, "pcieport");
    tree.add_device("0000:02:00.0", "20000", "8086:10d3", 5, "e1000e");
    tree.add_device("0000:02:01.0", "20000", "8086:10d3", 5, "e1000e");
    tree.unlink("sys/bus/pci/devices/0000:02:01.0/max_link_speed");
    tree.add_device("0000:00:1d.0", "60400", "8086:a118", 6, "pcieport");
    tree.add_device("0000:00:1d.1", "60400", "8086:a119", 7, "pcieport");
    if (is_root) {
        for (auto const* address : {"0000:00:1c.0", "0000:01:00.0", "0000:00:1d.0", "0000:00:1d.1"}) {
            auto config = root_port(1);
            put16(config, 0x52, std::string_view(address) == "0000:00:1d.1" ? 0x0142 : 0x42);
            put32(config, 0x100, 0x0001000d);
            put32(config, 0x104, 0x0004001d);
            tree.write(std::string("sys/bus/pci/devices/") + address + "/config", config);
        }
        tree.write("sys/firmware/dmi/tables/DMI", "table");
    }
    tree.add_buses("0000:00:1c.0", 1, 2);
    tree.add_buses("0000:01:00.0", 2, 2);
    tree.add_buses("0000:00:1d.0", 3, 3);
    tree.add_buses("0000:00:1d.1", 4, 4);
}

struct Look {
    Tree tree;
    std::unique_ptr<Inventory> inventory = std::make_unique<Inventory>();
    Why why;

    explicit Look(bool is_root)
    {
        make(tree, is_root);
        auto facts = std::make_unique<Facts>();
        scan_all(tree.root(), *facts, *inventory);
        find_why(*inventory, device("0000:02:00.0"), why);
        read_details(tree.root(), why);
    }

    Device& device(char const* address)
    {
        return inventory->devices[*inventory->find(parse_address(address).value())];
    }
};

TEST(the_survey_reads_the_buses_below_a_bridge_and_what_is_express)
{
    Look look(false);
    TEST_ASSERT_EQUAL_UINT(1, *look.device("0000:00:1c.0").secondary_bus);
    TEST_ASSERT_EQUAL_UINT(2, look.device("0000:00:1c.0").last_bus);
    TEST_ASSERT_TRUE(look.device("0000:02:00.0").is_express);
    TEST_ASSERT_FALSE(look.device("0000:02:01.0").is_express);
}

TEST(root_sees_access_control_and_the_table_of_slots_and_leaves_out_ports_without_one)
{
    Look look(true);
    TEST_ASSERT_TRUE(look.why.joint == &look.device("0000:00:1c.0"));
    TEST_ASSERT_TRUE(look.why.joint_isolation.is_known);
    TEST_ASSERT_EQUAL_UINT(0x1d, look.why.joint_isolation.control->capability);
    TEST_ASSERT_EQUAL_UINT(0x04, look.why.joint_isolation.control->control);
    TEST_ASSERT_FALSE(look.why.boundary_isolation.is_known); // there is none
    TEST_ASSERT_EQUAL_STRING("table", look.why.board);
    TEST_ASSERT_EQUAL_UINT(1, look.why.places.size());
    TEST_ASSERT_TRUE(&look.inventory->devices[look.why.places[0]] == &look.device("0000:00:1d.1"));
}

TEST(others_see_neither_and_every_port_that_isolates)
{
    Look look(false);
    TEST_ASSERT_FALSE(look.why.joint_isolation.is_known);
    TEST_ASSERT_TRUE(look.why.board.empty());
    TEST_ASSERT_EQUAL_UINT(2, look.why.places.size());
}

UNITY_MAIN()
