// SPDX-License-Identifier: MIT
#include "core/config_space.h"

#include "fake_config_space.h"
#include "unity.h"

using namespace vfio_early;

TEST(knows_the_number_of_a_root_port)
{
    TEST_ASSERT_EQUAL_UINT(5, root_port_number(express(4, 5)).value());
    TEST_ASSERT_FALSE(root_port_number(express(0, 5)).has_value()); // an endpoint
    TEST_ASSERT_FALSE(root_port_number(express(6, 5)).has_value()); // a switch's port
}

TEST(finds_nothing_in_what_could_not_be_read)
{
    TEST_ASSERT_FALSE(root_port_number(express(4, 5).substr(0, 64)).has_value());
    TEST_ASSERT_FALSE(root_port_number(express(4, 5).substr(0, 0x5e)).has_value());
    TEST_ASSERT_FALSE(root_port_number("").has_value());
    auto without_list = express(4, 5);
    put16(without_list, 0x06, 0);
    TEST_ASSERT_FALSE(root_port_number(without_list).has_value());
}

TEST(comes_to_an_end_where_capabilities_are_a_loop)
{
    auto config = express(4, 5);
    put16(config, 0x40, 0x4001);
    TEST_ASSERT_FALSE(root_port_number(config).has_value());
    put32(config, 0x100, 0x1001ffff);
    TEST_ASSERT_FALSE(serial_number(config).has_value());
    TEST_ASSERT_FALSE(root_port_number(std::string(4096, '\xff')).has_value());
    TEST_ASSERT_FALSE(serial_number(std::string(4096, '\xff')).has_value());
}

TEST(finds_a_standard_hotplug_controller)
{
    auto config = root_port(5);
    TEST_ASSERT_FALSE(has_hotplug_controller(config));
    config[0x40] = 0x0c;
    TEST_ASSERT_TRUE(has_hotplug_controller(config));
    TEST_ASSERT_FALSE(has_hotplug_controller(config.substr(0, 64)));
}

TEST(reads_a_serial_number)
{
    TEST_ASSERT_TRUE(serial_number(with_serial(0x0123456789abcdef)) == 0x0123456789abcdef);
    TEST_ASSERT_FALSE(serial_number(with_serial(0x0123456789abcdef).substr(0, 0x149)).has_value());
    TEST_ASSERT_FALSE(serial_number(with_serial(0x0123456789abcdef).substr(0, 256)).has_value());
}

TEST(a_serial_number_that_nobody_gave_is_none)
{
    TEST_ASSERT_FALSE(serial_number(with_serial(0)).has_value());
    TEST_ASSERT_FALSE(serial_number(with_serial(UINT64_MAX)).has_value());
}

UNITY_MAIN()
