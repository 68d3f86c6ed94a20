// SPDX-License-Identifier: MIT
#include "base/device_id.h"

#include "text_of.h"
#include "unity.h"

using namespace vfio_early;

TEST(parses_either_case_and_prints_lower_case)
{
    TEST_ASSERT_EQUAL_STRING("10de:1aeb", text_of("%i", *parse_device_id("10DE:1aEB")));
}

TEST(refuses_everything_else)
{
    for (auto const* text :
        {"", "10de", "10de:", "10de:219", "10de:21911", "10de-2191", "0x10:2191", "10de:219g"}) {
        if (parse_device_id(text))
            TEST_FAIL_MESSAGE(std::string("took ") + text);
    }
}

UNITY_MAIN()
