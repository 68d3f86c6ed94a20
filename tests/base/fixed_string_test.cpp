// SPDX-License-Identifier: MIT
#include "base/fixed_string.h"

#include "unity.h"

using namespace vfio_early;

TEST(holds_what_fits_and_says_when_it_was_cut)
{
    FixedString<4> text("abcd");
    TEST_ASSERT_EQUAL_STRING("abcd", text.view());
    TEST_ASSERT_FALSE(text.was_cut());
    text.append("e");
    TEST_ASSERT_EQUAL_STRING("abcd", text.view());
    TEST_ASSERT_TRUE(text.was_cut());
}

TEST(ends_with_a_nul_even_when_full)
{
    FixedString<2> text("abc");
    TEST_ASSERT_EQUAL_STRING("ab", text.c_str());
}

TEST(is_a_sink)
{
    FixedString<8> text;
    Sink sink(text);
    print(sink, "a%u", 1u);
    TEST_ASSERT_EQUAL_STRING("a1", text.view());
}

TEST(is_printed_in_one_expression)
{
    auto const text = printed<FixedString<4>>("a%ubcd", 1u);
    TEST_ASSERT_EQUAL_STRING("a1bc", text.view());
    TEST_ASSERT_TRUE(text.was_cut());
}

TEST(has_its_nul_after_every_change)
{
    FixedString<8> const empty;
    TEST_ASSERT_EQUAL_STRING("", empty.c_str());
    FixedString<8> text("abc");
    text.clear();
    text.append("d");
    TEST_ASSERT_EQUAL_STRING("d", text.c_str());
    auto const copy = text;
    TEST_ASSERT_EQUAL_STRING("d", copy.c_str());
}

UNITY_MAIN()
