// SPDX-License-Identifier: MIT
#include "core/dynamic_id.h"

#include "unity.h"

using namespace vfio_early;

static Device nvme()
{
    Device device;
    device.id = {0x1b36, 0x0010};
    device.subsystem = {0x1af4, 0x1100};
    device.class_code = 0x010802;
    device.is_identified = true;
    return device;
}

static bool takes(char const* text)
{
    auto const id = parse_dynamic_id(text);
    return id && matches(*id, nvme());
}

TEST(takes_a_model)
{
    TEST_ASSERT_TRUE(takes("1b36:0010"));
    TEST_ASSERT_TRUE(takes("1B36:10"));
    TEST_ASSERT_FALSE(takes("1b36:0011"));
    TEST_ASSERT_FALSE(takes("1b37:0010"));
}

TEST(compares_the_subsystem_where_it_is_named)
{
    TEST_ASSERT_TRUE(takes("1b36:0010:1af4:1100"));
    TEST_ASSERT_FALSE(takes("1b36:0010:1af4:1101"));
    TEST_ASSERT_FALSE(takes("1b36:0010:1af5"));
    TEST_ASSERT_TRUE(takes("1b36:0010:ffffffff:1100"));
}

TEST(compares_the_class_under_its_mask)
{
    TEST_ASSERT_TRUE(takes("ffffffff:ffffffff:ffffffff:ffffffff:010800:ffff00"));
    TEST_ASSERT_FALSE(takes("ffffffff:ffffffff:ffffffff:ffffffff:030000:ff0000"));
    TEST_ASSERT_TRUE(takes("ffffffff:ffffffff:ffffffff:ffffffff:030000"));
}

TEST(reads_numbers_as_sscanf_does)
{
    TEST_ASSERT_TRUE(takes("0x1b36:0x0010"));
    TEST_ASSERT_TRUE(takes(" 1b36: 0010"));
    TEST_ASSERT_TRUE(takes("1b36:0010:"));
    TEST_ASSERT_TRUE(takes("1b36:0010 and more"));
    // Five digits are a number, and no device has it.
    TEST_ASSERT_FALSE(takes("11b36:0010"));
}

TEST(passes_over_what_is_no_id)
{
    for (auto const* text : {"", "1b36", "1b36:", ":0010", "vfio:0010", "1b36-0010"})
        TEST_ASSERT_FALSE(parse_dynamic_id(text).has_value());
}

TEST(takes_no_device_that_cannot_be_read)
{
    auto device = nvme();
    device.is_identified = false;
    TEST_ASSERT_FALSE(matches(*parse_dynamic_id("1b36:0010"), device));
}

UNITY_MAIN()
