// SPDX-License-Identifier: MIT
#include "base/address.h"

#include "text_of.h"
#include "unity.h"

using namespace vfio_early;

TEST(parses_what_sysfs_prints)
{
    TEST_ASSERT_EQUAL_STRING("0000:01:00.0", text_of("%a", *parse_address("0000:01:00.0")));
    TEST_ASSERT_EQUAL_STRING("0000:fe:1f.7", text_of("%a", *parse_address("0000:fe:1f.7")));
}

TEST(parses_domains_of_more_than_four_digits)
{
    TEST_ASSERT_EQUAL_STRING("10000:e1:00.0", text_of("%a", *parse_address("10000:e1:00.0")));
}

TEST(refuses_everything_else)
{
    for (auto const* text : {"", "0000", "0000:01", "0000:01:00", "0000:01:00.", "0000:01:20.0",
             "0000:01:00.8", "0000:01:00.00", "0000:001:00.0", "000000000:01:00.0", "01:00.0",
             "0000:01:00.0 ", "pci0000:00", "..", "xxxx:01:00.0"}) {
        if (parse_address(text))
            TEST_FAIL_MESSAGE(std::string("took ") + text);
    }
}

TEST(prints_the_domain_where_it_is_not_0)
{
    TEST_ASSERT_EQUAL_STRING("2b:00.1", text_of("%b", *parse_address("0000:2b:00.1")));
    TEST_ASSERT_EQUAL_STRING("10000:e1:00.0", text_of("%b", *parse_address("10000:e1:00.0")));
}

TEST(sorts_by_place)
{
    TEST_ASSERT_TRUE(*parse_address("0000:02:00.0") < *parse_address("0000:10:00.0"));
    TEST_ASSERT_TRUE(*parse_address("0000:ff:1f.7") < *parse_address("10000:00:00.0"));
}

UNITY_MAIN()
