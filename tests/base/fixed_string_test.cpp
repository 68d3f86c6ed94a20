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
    auto sink = text.sink();
    print(sink, "a", 1u);
    TEST_ASSERT_EQUAL_STRING("a1", text.view());
}

UNITY_MAIN()
