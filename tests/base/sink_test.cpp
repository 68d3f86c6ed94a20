// SPDX-License-Identifier: MIT
#include "base/sink.h"

#include "text_of.h"
#include "unity.h"

using namespace vfio_early;

TEST(prints_numbers_in_decimal)
{
    TEST_ASSERT_EQUAL_STRING("0 7 4294967295", text_of(0u, " ", 7u, " ", UINT32_MAX));
}

TEST(prints_hex_with_leading_zeros_and_all_digits_that_there_are)
{
    TEST_ASSERT_EQUAL_STRING("001f 10000 0", text_of(Hex{0x1f, 4}, " ", Hex{0x10000, 4}, " ", Hex{0, 1}));
}

TEST(quotes_what_cannot_be_printed)
{
    TEST_ASSERT_EQUAL_STRING("'a\\x0ab\\xff\\x7f'", text_of(Quoted{"a\nb\xff\x7f"}));
}

TEST(cuts_long_quotes)
{
    std::string const long_text(81, 'x');
    TEST_ASSERT_EQUAL_STRING("'" + std::string(80, 'x') + "...'", text_of(Quoted{long_text}));
}

TEST(escapes_json)
{
    TEST_ASSERT_EQUAL_STRING(R"("a\"b\\c\u000a\u00ff")", text_of(JsonString{"a\"b\\c\n\xff"}));
}

UNITY_MAIN()
