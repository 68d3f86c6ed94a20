// SPDX-License-Identifier: MIT
#include "core/config_space.h"

#include "unity.h"

using namespace vfio_early;

static void put16(std::string& config, size_t offset, unsigned value)
{
    config[offset] = static_cast<char>(value);
    config[offset + 1] = static_cast<char>(value >> 8);
}

static void put32(std::string& config, size_t offset, uint32_t value)
{
    put16(config, offset, value & 0xffff);
    put16(config, offset + 2, value >> 16);
}

// A function with power management at 40 and PCI Express of this type at 50, with this port number.
static std::string express(unsigned type, unsigned port)
{
    std::string config(4096, '\0');
    put16(config, 0x06, 0x10);
    config[0x34] = 0x40;
    put16(config, 0x40, 0x5001);
    put16(config, 0x50, 0x0010);
    put16(config, 0x52, type << 4 | 2);
    put32(config, 0x5c, port << 24 | 0x123);
    return config;
}

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

// A function with error reporting at 100 and a serial number at 140.
static std::string with_serial(uint64_t serial)
{
    auto config = express(0, 0);
    put32(config, 0x100, 0x14010001);
    put32(config, 0x140, 0x00010003);
    put32(config, 0x144, static_cast<uint32_t>(serial));
    put32(config, 0x148, static_cast<uint32_t>(serial >> 32));
    return config;
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
