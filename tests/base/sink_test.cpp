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

TEST(cuts_a_quote_by_what_is_shown_and_never_in_the_middle_of_a_byte)
{
    std::string const letters(30, '\xe4');
    std::string shown;
    for (int i = 0; i < 20; ++i)
        shown += "\\xe4";
    TEST_ASSERT_EQUAL_STRING("'" + shown + "...'", text_of(Quoted{letters}));
    TEST_ASSERT_EQUAL_STRING(
        "'" + std::string(78, 'x') + "...'", text_of(Quoted{std::string(78, 'x') + "\n"}));
}

TEST(quotes_a_foreign_name_only_where_it_has_to)
{
    TEST_ASSERT_EQUAL_STRING("fd4a0000.usb", text_of(ForeignName{"fd4a0000.usb"}));
    TEST_ASSERT_EQUAL_STRING("'a\\x1b[31m'", text_of(ForeignName{"a\x1b[31m"}));
    TEST_ASSERT_EQUAL_STRING("''", text_of(ForeignName{""}));
}

UNITY_MAIN()
