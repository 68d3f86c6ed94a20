// SPDX-License-Identifier: MIT
#include "base/text.h"

#include "unity.h"

using namespace vfio_early;

TEST(takes_words_at_any_white_space)
{
    std::string_view rest = " one\ttwo  three\r";
    TEST_ASSERT_EQUAL_STRING("one", take_word(rest));
    TEST_ASSERT_EQUAL_STRING("two", take_word(rest));
    TEST_ASSERT_EQUAL_STRING("three", take_word(rest));
    TEST_ASSERT_EQUAL_STRING("", take_word(rest));
}

TEST(takes_everything_if_there_is_no_separator)
{
    std::string_view rest = "a:b";
    TEST_ASSERT_EQUAL_STRING("a", take_until(rest, ':'));
    TEST_ASSERT_EQUAL_STRING("b", take_until(rest, ':'));
    TEST_ASSERT_EQUAL_STRING("", rest);
}

TEST(slices_within_what_is_there)
{
    TEST_ASSERT_EQUAL_STRING("bc", slice("abc", 1, 9));
    TEST_ASSERT_EQUAL_STRING("", slice("abc", 9));
}

TEST(parses_hex_of_whole_words_only)
{
    TEST_ASSERT_EQUAL_UINT(0xffffffff, *parse_hex("ffffFFFF", 8));
    TEST_ASSERT_FALSE(parse_hex("", 4).has_value());
    TEST_ASSERT_FALSE(parse_hex("12345", 4).has_value());
    TEST_ASSERT_FALSE(parse_hex("1g", 4).has_value());
    TEST_ASSERT_FALSE(parse_hex("+1", 4).has_value());
}

TEST(parses_decimals_that_fit)
{
    TEST_ASSERT_EQUAL_UINT(4294967295, *parse_decimal("4294967295"));
    TEST_ASSERT_FALSE(parse_decimal("4294967296").has_value());
    TEST_ASSERT_FALSE(parse_decimal("99999999999999999999999").has_value());
    TEST_ASSERT_FALSE(parse_decimal("-1").has_value());
    TEST_ASSERT_FALSE(parse_decimal("").has_value());
}

TEST(finds_the_word_that_was_meant)
{
    constexpr std::string_view words[] = {"boot-display", "timeout"};
    TEST_ASSERT_EQUAL_STRING("boot-display", *nearest("boot-dispaly", words));
    TEST_ASSERT_EQUAL_STRING("timeout", *nearest("timout", words));
    TEST_ASSERT_FALSE(nearest("colour", words));
    TEST_ASSERT_FALSE(nearest(std::string(1000, 't'), words));
}

TEST(does_not_mistake_a_short_word_for_another)
{
    constexpr std::string_view words[] = {"all"};
    TEST_ASSERT_EQUAL_STRING("all", *nearest("al", words));
    TEST_ASSERT_FALSE(nearest("ab", words));
}

TEST(takes_a_dash_for_an_underscore_in_names)
{
    TEST_ASSERT_TRUE(is_same_name("vfio-pci", "vfio_pci"));
    TEST_ASSERT_TRUE(is_same_name("vfio_pci", "vfio-pci"));
    TEST_ASSERT_FALSE(is_same_name("vfio-pci", "vfio_pci_core"));
    TEST_ASSERT_FALSE(is_same_name("vfio-pci", "vfio.pci"));
}

UNITY_MAIN()
