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

// A port of this type with Access Control Services at 100.
static std::string with_acs(unsigned type, unsigned capability, unsigned control)
{
    auto config = express(type, 0);
    put32(config, 0x100, 0x0001000d);
    put16(config, 0x104, capability);
    put16(config, 0x106, control);
    return config;
}

static bool does_isolate(std::string const& config)
{
    return isolates(isolation_of(config));
}

TEST(a_port_isolates_with_all_that_it_has_of_what_is_asked_for_switched_on)
{
    TEST_ASSERT_TRUE(does_isolate(with_acs(4, 0x1d, 0x1d)));
    TEST_ASSERT_TRUE(does_isolate(with_acs(6, 0x1f, 0x1d)));
    TEST_ASSERT_TRUE(does_isolate(with_acs(4, 0x05, 0x05)));
    TEST_ASSERT_FALSE(does_isolate(with_acs(4, 0x1d, 0x0d)));
    TEST_ASSERT_FALSE(does_isolate(with_acs(6, 0x1d, 0)));
    TEST_ASSERT_FALSE(does_isolate(express(4, 0)));
}

TEST(an_endpoint_and_an_upstream_port_need_it_only_beside_other_functions)
{
    for (unsigned const type : {0u, 1u, 5u, 9u}) {
        auto config = express(type, 0);
        TEST_ASSERT_TRUE(does_isolate(config));
        config[0x0e] = static_cast<char>(0x80);
        TEST_ASSERT_FALSE(does_isolate(config));
        auto with = with_acs(type, 0x0c, 0x0c);
        with[0x0e] = static_cast<char>(0x80);
        TEST_ASSERT_TRUE(does_isolate(with));
    }
}

TEST(bridges_to_conventional_PCI_never_isolate)
{
    TEST_ASSERT_FALSE(does_isolate(with_acs(7, 0x1d, 0x1d)));
    TEST_ASSERT_FALSE(does_isolate(with_acs(8, 0x1d, 0x1d)));
    TEST_ASSERT_FALSE(does_isolate(with_acs(10, 0x1d, 0x1d)));
    TEST_ASSERT_FALSE(does_isolate(std::string(256, '\0')));
}

TEST(knows_whether_a_port_has_a_slot_and_whether_that_could_be_read)
{
    auto config = express(4, 0);
    TEST_ASSERT_TRUE(isolation_of(config).is_known);
    TEST_ASSERT_FALSE(isolation_of(config).has_slot);
    put16(config, 0x52, 0x0142);
    TEST_ASSERT_TRUE(isolation_of(config).has_slot);
    TEST_ASSERT_FALSE(isolation_of(config.substr(0, 64)).is_known);
    TEST_ASSERT_FALSE(isolation_of(config.substr(0, 64)).has_slot);
    TEST_ASSERT_FALSE(isolation_of("").is_known);
}

UNITY_MAIN()
