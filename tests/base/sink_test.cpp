// SPDX-License-Identifier: MIT
#include "base/sink.h"

#include "text_of.h"
#include "unity.h"

#include <cerrno>

using namespace std::literals;
using namespace vfio_early;

TEST(prints_numbers_in_decimal)
{
    TEST_ASSERT_EQUAL_STRING("0 7 4294967295", text_of("%u %u %u", 0u, 7u, UINT32_MAX));
}

TEST(prints_hex_with_leading_zeros_and_all_digits_that_there_are)
{
    TEST_ASSERT_EQUAL_STRING("001f 10000 0", text_of("%4x %4x %x", 0x1fu, 0x10000u, 0u));
}

TEST(prints_every_kind_of_part_in_its_place)
{
    TEST_ASSERT_EQUAL_STRING("one", text_of("one"));
    TEST_ASSERT_EQUAL_STRING("", text_of("%s", ""sv));
    TEST_ASSERT_EQUAL_STRING(
        "<text\n|C string|2|2a>", text_of("<%s|%c|%u|%x>", "text\n"sv, "C string", uint8_t{2}, size_t{42}));
    TEST_ASSERT_EQUAL_STRING("10000:e1:00.7 is 10de:1aeb",
        text_of("%a is %i", Address{0x10000, 0xe1, 0, 7}, DeviceId{0x10de, 0x1aeb}));
    TEST_ASSERT_EQUAL_STRING(
        R"(a\x0a 'b\x0b' c "d\u000d")", text_of("%e %q %n %j", "a\n"sv, "b\v"sv, "c"sv, "d\r"sv));
}

TEST(prints_an_errno_in_words_or_as_its_number)
{
    TEST_ASSERT_EQUAL_STRING("No such device, I/O error, error 0, error 517, error 4294967295",
        text_of("%m, %m, %m, %m, %m", ENODEV, EIO, 0, 517, -1));
}

TEST(prints_a_percent_sign_where_there_are_two)
{
    TEST_ASSERT_EQUAL_STRING("100% of 1%", text_of("100%% of %u%%", 1u));
}

// More than a register each, on any machine.
TEST(prints_many_parts)
{
    TEST_ASSERT_EQUAL_STRING("a1b2c3d4e5f6",
        text_of(
            "%s%u%s%u%s%u%s%u%s%u%s%u", "a"sv, 1u, "b"sv, 2u, "c"sv, 3u, "d"sv, 4u, "e"sv, 5u, "f"sv, 6u));
}

TEST(cuts_a_number_to_32_bits)
{
    TEST_ASSERT_EQUAL_STRING("1", text_of("%u", size_t{0x100000001}));
}

TEST(quotes_what_cannot_be_printed)
{
    TEST_ASSERT_EQUAL_STRING("'a\\x0ab\\xff\\x7f'", text_of("%q", "a\nb\xff\x7f"sv));
}

TEST(cuts_long_quotes)
{
    std::string const long_text(81, 'x');
    TEST_ASSERT_EQUAL_STRING("'" + std::string(80, 'x') + "...'", text_of("%q", long_text));
}

TEST(escapes_json)
{
    TEST_ASSERT_EQUAL_STRING(R"("a\"b\\c\u000a\u00ff")", text_of("%j", "a\"b\\c\n\xff"sv));
}

TEST(cuts_a_quote_by_what_is_shown_and_never_in_the_middle_of_a_byte)
{
    std::string const letters(30, '\xe4');
    std::string shown;
    for (int i = 0; i < 20; ++i)
        shown += "\\xe4";
    TEST_ASSERT_EQUAL_STRING("'" + shown + "...'", text_of("%q", letters));
    TEST_ASSERT_EQUAL_STRING("'" + std::string(78, 'x') + "...'", text_of("%q", std::string(78, 'x') + "\n"));
}

TEST(quotes_a_foreign_name_only_where_it_has_to)
{
    TEST_ASSERT_EQUAL_STRING("fd4a0000.usb", text_of("%n", "fd4a0000.usb"sv));
    TEST_ASSERT_EQUAL_STRING("'a\\x1b[31m'", text_of("%n", "a\x1b[31m"sv));
    TEST_ASSERT_EQUAL_STRING("''", text_of("%n", ""sv));
}

UNITY_MAIN()
