// SPDX-License-Identifier: MIT
#include "sys/identify.h"

#include "fake_config_space.h"
#include "tree.h"

using namespace vfio_early;

// A function as the kernel shows it: a directory below those of the bridges above it, and a link to that.
static void place(Tree& tree, std::string const& where, std::string const& config, int secondary_bus = 0)
{
    auto const address = where.substr(where.rfind('/') + 1);
    auto const directory = "sys/devices/" + where + "/";
    tree.write(directory + "uevent",
        uevent_of({.address = address,
            .id = "8086:10d3",
            .class_code = secondary_bus == 0 ? 0x020000u : 0x060400u}));
    tree.write(directory + "config", config);
    if (secondary_bus != 0)
        tree.write(directory + "secondary_bus_number", std::to_string(secondary_bus) + "\n");
    tree.link("sys/bus/pci/devices/" + address, "../../../devices/" + where);
}

static Address at(char const* address)
{
    return parse_address(address).value();
}

static std::string found(Tree const& tree, Slot const& slot)
{
    RootBusSought last;
    auto const address = find_slot(tree.root(), slot, last);
    return address ? text_of("%a", *address) : "-";
}

// What was recorded of the card behind this port.
static Slot slot_behind(unsigned port, char const* function = "1")
{
    Tree tree;
    auto const where = std::string("pci0000:00/0000:00:1c.") + function;
    place(tree, where, root_port(port), 4);
    place(tree, where + "/0000:04:00.0", with_serial(7));
    return read_slot(tree.root(), at("0000:04:00.0")).value();
}

TEST(finds_a_slot_whose_buses_were_renumbered)
{
    auto const slot = slot_behind(2);
    Tree tree;
    place(tree, "pci0000:00/0000:00:1c.1", root_port(2), 9);
    TEST_ASSERT_EQUAL_STRING("0000:09:00.0", found(tree, slot));
}

TEST(finds_a_root_port_by_its_number_when_its_function_moved)
{
    auto const slot = slot_behind(2);
    Tree tree;
    place(tree, "pci0000:00/0000:00:1c.0", root_port(2), 4);
    place(tree, "pci0000:00/0000:00:1c.1", root_port(3), 5);
    TEST_ASSERT_EQUAL_STRING("0000:04:00.0", found(tree, slot));
}

TEST(finds_no_slot_below_a_port_with_another_number)
{
    auto const slot = slot_behind(2);
    Tree tree;
    place(tree, "pci0000:00/0000:00:1c.1", root_port(3), 5);
    TEST_ASSERT_EQUAL_STRING("-", found(tree, slot));
}

TEST(goes_by_the_function_where_port_numbers_do_not_tell)
{
    Tree alike;
    place(alike, "pci0000:00/0000:00:1c.0", root_port(0), 4);
    place(alike, "pci0000:00/0000:00:1c.1", root_port(0), 5);
    TEST_ASSERT_EQUAL_STRING("0000:05:00.0", found(alike, slot_behind(0)));
    TEST_ASSERT_EQUAL_STRING("0000:04:00.0", found(alike, slot_behind(0, "0")));
    // Only root may read as far as that.
    Tree unreadable;
    place(unreadable, "pci0000:00/0000:00:1c.0", root_port(2).substr(0, 64), 4);
    place(unreadable, "pci0000:00/0000:00:1c.1", root_port(3).substr(0, 64), 5);
    TEST_ASSERT_EQUAL_STRING("0000:05:00.0", found(unreadable, slot_behind(2)));
}

TEST(records_no_port_number_that_another_function_of_the_device_has_too)
{
    Tree then;
    place(then, "pci0000:00/0000:00:1c.0", root_port(0), 4);
    place(then, "pci0000:00/0000:00:1c.1", root_port(0), 5);
    place(then, "pci0000:00/0000:00:1c.1/0000:05:00.0", with_serial(7));
    auto const slot = read_slot(then.root(), at("0000:05:00.0")).value();
    Tree now; // the other one alone
    place(now, "pci0000:00/0000:00:1c.0", root_port(0), 4);
    TEST_ASSERT_EQUAL_STRING("-", found(now, slot));
}

TEST(takes_none_of_two_ports_that_have_the_number_where_the_recorded_one_has_another)
{
    auto const slot = slot_behind(2);
    Tree tree;
    place(tree, "pci0000:00/0000:00:1c.0", root_port(2), 4);
    place(tree, "pci0000:00/0000:00:1c.1", root_port(3), 5);
    place(tree, "pci0000:00/0000:00:1c.2", root_port(2), 6);
    TEST_ASSERT_EQUAL_STRING("-", found(tree, slot));
}

TEST(finds_a_root_bus_by_the_name_that_the_firmware_gives_it)
{
    Tree then;
    place(then, "pci0000:16/0000:16:00.0", root_port(1), 0x17);
    place(then, "pci0000:16/0000:16:00.0/0000:17:00.0", with_serial(7));
    then.write("sys/devices/pci0000:16/firmware_node/path", "\\_SB_.PC01\n");
    auto const slot = read_slot(then.root(), at("0000:17:00.0")).value();
    Tree now;
    now.write("sys/devices/pci0000:16/firmware_node/path", "\\_SB_.PC00\n");
    now.write("sys/devices/pci0000:20/firmware_node/path", "\\_SB_.PC01\n");
    place(now, "pci0000:16/0000:16:00.0", root_port(1), 0x17);
    place(now, "pci0000:20/0000:20:00.0", root_port(1), 0x21);
    TEST_ASSERT_EQUAL_STRING("0000:21:00.0", found(now, slot));
}

TEST(finds_a_root_bus_below_another_device_whatever_its_domain)
{
    Tree then;
    place(then, "pci0000:00/0000:00:0e.0/pci10000:00/10000:00:02.0", root_port(1), 1);
    place(then, "pci0000:00/0000:00:0e.0/pci10000:00/10000:00:02.0/10000:01:00.0", with_serial(7));
    auto const slot = read_slot(then.root(), at("10000:01:00.0")).value();
    Tree now;
    place(now, "pci0000:00/0000:00:0e.0/pci10001:00/10001:00:02.0", root_port(1), 1);
    TEST_ASSERT_EQUAL_STRING("10001:01:00.0", found(now, slot));
}

TEST(reads_the_serial_number_of_a_card_also_for_its_other_functions)
{
    Tree tree;
    place(tree, "pci0000:00/0000:00:1c.1", root_port(2), 4);
    place(tree, "pci0000:00/0000:00:1c.1/0000:04:00.0", with_serial(7));
    place(tree, "pci0000:00/0000:00:1c.1/0000:04:00.1", express(0, 0));
    TEST_ASSERT_TRUE(read_serial(tree.root(), at("0000:04:00.1")) == 7);
    TEST_ASSERT_TRUE(identify(tree.root(), at("0000:04:00.0"))->serial == 7);
    TEST_ASSERT_FALSE(identify(tree.root(), at("0000:05:00.0")).has_value());
}

UNITY_MAIN()
