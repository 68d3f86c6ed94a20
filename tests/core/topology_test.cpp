// SPDX-License-Identifier: MIT
#include "core/topology.h"

#include "machine.h"

using namespace vfio_early;

static Device& add_bridge(Machine& machine, char const* address, uint8_t first_bus, uint8_t last_bus)
{
    auto& bridge = machine.add(address, "8086:1901", 0x060400, 1);
    bridge.secondary_bus = first_bus;
    bridge.last_bus = last_bus;
    bridge.is_express = true;
    return bridge;
}

static Address at(char const* address)
{
    return parse_address(address).value();
}

TEST(the_bridge_above_is_the_nearest_of_those_that_lead_to_the_bus)
{
    Machine machine;
    auto const& inventory = machine.session.inventory;
    auto const& switch_port = add_bridge(machine, "0000:02:01.0", 4, 4);
    auto const& root_port = add_bridge(machine, "0000:00:1c.0", 1, 4);
    auto const& upstream = add_bridge(machine, "0000:01:00.0", 2, 4);
    TEST_ASSERT_TRUE(bridge_above(inventory, at("0000:04:00.0")) == &switch_port);
    TEST_ASSERT_TRUE(bridge_above(inventory, switch_port.address) == &upstream);
    TEST_ASSERT_TRUE(bridge_above(inventory, upstream.address) == &root_port);
    TEST_ASSERT_TRUE(bridge_above(inventory, root_port.address) == nullptr);
}

TEST(other_domains_have_buses_of_their_own)
{
    Machine machine;
    add_bridge(machine, "0000:00:1c.0", 1, 4);
    TEST_ASSERT_TRUE(bridge_above(machine.session.inventory, at("10000:01:00.0")) == nullptr);
}

TEST(a_virtual_function_on_a_bus_that_no_bridge_leads_to_is_below_the_bridge_with_that_range)
{
    Machine machine;
    auto const& port = add_bridge(machine, "0000:00:1c.0", 1, 2);
    TEST_ASSERT_TRUE(bridge_above(machine.session.inventory, at("0000:02:10.0")) == &port);
    TEST_ASSERT_TRUE(bridge_above(machine.session.inventory, at("0000:03:10.0")) == nullptr);
}

TEST(a_bridge_whose_last_bus_could_not_be_read_leads_to_its_first)
{
    Machine machine;
    auto const& port = add_bridge(machine, "0000:00:1c.0", 3, 0);
    TEST_ASSERT_TRUE(is_below(at("0000:03:00.0"), port));
    TEST_ASSERT_FALSE(is_below(at("0000:04:00.0"), port));
}

TEST(a_conventional_bus_begins_where_the_bridge_or_what_is_right_below_is_not_express)
{
    Machine machine;
    auto const& inventory = machine.session.inventory;
    auto& port = add_bridge(machine, "0000:00:1c.0", 1, 2);
    auto& bridge = add_bridge(machine, "0000:01:00.0", 2, 2);
    auto& card = machine.add("0000:02:01.0", "8086:100e", 0x020000, 1);
    TEST_ASSERT_FALSE(begins_conventional_bus(inventory, port));
    TEST_ASSERT_TRUE(begins_conventional_bus(inventory, bridge)); // PCI Express to PCI
    TEST_ASSERT_FALSE(begins_conventional_bus(inventory, card));
    card.is_express = true;
    TEST_ASSERT_FALSE(begins_conventional_bus(inventory, bridge));
    bridge.is_express = false;
    TEST_ASSERT_TRUE(begins_conventional_bus(inventory, bridge));
}

UNITY_MAIN()
