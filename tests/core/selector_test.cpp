// SPDX-License-Identifier: MIT
#include "core/selector.h"

#include "text_of.h"
#include "unity.h"

using namespace vfio_early;

static std::optional<Selector> parsed(std::string_view text)
{
    std::optional<Selector> selector;
    written_by([&](Sink& sink) { selector = parse_selector(text, sink); });
    return selector;
}

static std::string problem_of(std::string_view text)
{
    return written_by([&](Sink& sink) {
        if (parse_selector(text, sink))
            print(sink, "it was taken");
    });
}

TEST(takes_an_address_with_and_without_domain)
{
    TEST_ASSERT_EQUAL_STRING("0000:01:00.1", text_of("%a", parsed("01:00.1")->location->start));
    TEST_ASSERT_EQUAL_STRING("10000:01:00.1", text_of("%a", parsed("10000:1:0.1")->location->start));
    TEST_ASSERT_FALSE(parsed("01:00.1")->location->every_function);
}

TEST(takes_every_function)
{
    TEST_ASSERT_TRUE(parsed("0000:01:00.*")->location->every_function);
}

TEST(takes_a_path_behind_bridges)
{
    auto const location = *parsed("0000:00:1c.4/00.0/1f.3")->location;
    TEST_ASSERT_EQUAL_STRING("0000:00:1c.4", text_of("%a", location.start));
    TEST_ASSERT_EQUAL_UINT(2, location.steps.size());
    TEST_ASSERT_EQUAL_UINT(0x1f, location.steps[1].device);
    TEST_ASSERT_EQUAL_UINT(3, location.steps[1].function);
    TEST_ASSERT_TRUE(parsed("00:1c.4/00.*")->location->every_function);
}

TEST(takes_an_id_with_and_without_subsystem)
{
    TEST_ASSERT_EQUAL_STRING("1b21:1242", text_of("%i", parsed("1b21:1242")->id->id));
    TEST_ASSERT_FALSE(parsed("1b21:1242")->id->subsystem.has_value());
    TEST_ASSERT_EQUAL_STRING("1849:1242", text_of("%i", *parsed("1b21:1242:1849:1242")->id->subsystem));
}

TEST(takes_terms_in_any_order)
{
    auto const selector = parsed("10de:2191  0000:01:00.0");
    TEST_ASSERT_TRUE(selector->location && selector->id);
    TEST_ASSERT_TRUE(parsed("8086:1572 all")->allow_all == AllowAll::Yes);
    TEST_ASSERT_TRUE(parsed("8086:1572")->allow_all == AllowAll::No);
}

TEST(says_which_word_is_wrong)
{
    TEST_ASSERT_EQUAL_STRING(
        "'0000:01:00' has no function, add '.0' for the first one or '.*' for all of them",
        problem_of("0000:01:00"));
    TEST_ASSERT_EQUAL_STRING(
        "'01:00.8' names function 8, but function numbers go from 0 to 7", problem_of("01:00.8"));
    TEST_ASSERT_EQUAL_STRING(
        "'01:20.0' names device 20, but device numbers go from 00 to 1f", problem_of("01:20.0"));
    TEST_ASSERT_EQUAL_STRING(
        "'1b21' is neither an address like 0000:01:00.0, nor an id like 10de:2191, nor the word 'all'",
        problem_of("1b21"));
    TEST_ASSERT_EQUAL_STRING("'1b21:xyz' is not an id, which is VENDOR:DEVICE[:SUBVENDOR:SUBDEVICE] with "
                             "four hexadecimal digits each",
        problem_of("1b21:xyz"));
    TEST_ASSERT_EQUAL_STRING(
        "'../../etc' is not an address, which is [DOMAIN:]BUS:DEV.FN[/DEV.FN...]", problem_of("../../etc"));
    TEST_ASSERT_EQUAL_STRING("unknown term 'al', did you mean 'all'?", problem_of("8086:1572 al"));
}

TEST(says_what_is_wrong_with_the_last_number)
{
    for (char const* word : {"0000:01:00:0", "01:00:0", "0000:01:00:*"})
        TEST_ASSERT_EQUAL_STRING(
            std::string("'") + word + "' has ':' before its function, write '.' there, such as 0000:01:00.0",
            problem_of(word));
    TEST_ASSERT_EQUAL_STRING("'10de:0000:1' has half of a subsystem, which is SUBVENDOR:SUBDEVICE, leave it "
                             "out or write all of it",
        problem_of("10de:0000:1"));
    TEST_ASSERT_EQUAL_STRING("'10de:2191:1043:1' is not an id, which is VENDOR:DEVICE[:SUBVENDOR:SUBDEVICE] "
                             "with four hexadecimal digits each",
        problem_of("10de:2191:1043:1"));
}

TEST(says_how_a_comment_begins)
{
    TEST_ASSERT_EQUAL_STRING(
        "'#' is not a term, a comment after a value begins with ' ;'", problem_of("01:00.0 # the card"));
}

TEST(refuses_terms_that_cannot_all_match)
{
    TEST_ASSERT_EQUAL_STRING(
        "'10de:2192' is a repeated term, a selector has at most one address, one id and one 'all'",
        problem_of("10de:2191 10de:2192"));
    TEST_ASSERT_EQUAL_STRING(
        "'01:00.1' is a repeated term, a selector has at most one address, one id and one 'all'",
        problem_of("01:00.0 01:00.1"));
}

TEST(refuses_to_take_everything)
{
    TEST_ASSERT_EQUAL_STRING("'all' needs an id before it, such as '8086:1572 all'", problem_of("all"));
}

TEST(refuses_a_star_in_the_middle_of_a_path)
{
    TEST_ASSERT_EQUAL_STRING(
        "'00:1c.*/00.0' has '*' before its last step, but a path leads through one bridge at a time",
        problem_of("00:1c.*/00.0"));
}

TEST(refuses_broken_paths_and_addresses)
{
    for (auto const* text :
        {"00:1c.4/", "00:1c.4//00.0", "00:1c.4/00", "/00.0", "00:1c.4/00.8", ":.", "00:.0", "1:2:3:4.0",
            "00:1c.4/0.0/0.0/0.0/0.0/0.0/0.0/0.0/0.0/0.0", "fffffffff:00:00.0", "0000:01:00.0.0"}) {
        if (parsed(text))
            TEST_FAIL_MESSAGE(std::string("took ") + text);
    }
}

UNITY_MAIN()
