// SPDX-License-Identifier: MIT
#include "core/json_reader.h"

#include "unity.h"

#include <string>

using namespace vfio_early;

// What is left of a text that was read as any value; 'failed' where it is none.
static std::string any(std::string text)
{
    JsonReader reader(text);
    std::string const value(reader.any());
    return reader.is_at_end() ? value : "failed";
}

static std::string string(std::string text)
{
    JsonReader reader(text);
    std::string const value(reader.string_or_null());
    return reader.is_at_end() ? value : "failed";
}

TEST(takes_what_is_json)
{
    for (auto const* text : {"null", "true", "false", "0", "4294967295", "\"\"", "\"a\\\"b\"", "[]", "{}",
             "[1, \"a\", [null], {\"b\": {}}]", "{\"a\":1 ,\n\t\"b\" : [ ]}"})
        TEST_ASSERT_EQUAL_STRING(text, any(text));
    TEST_ASSERT_EQUAL_STRING("1", any(" \r\n\t1 "));
}

TEST(refuses_what_is_none)
{
    for (auto const* text : {"", " ", "nul", "nulll", "-1", "01", "1.5", "1e3", "4294967296", "[", "]", "[1",
             "[1,", "[1,]", "[,1]", "[1 2]", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}", "\"",
             "\"a", "\"\\", "\"\\\"", "\"\\x\"", "\"\\u00\"", "\"\\u00g0\"", "\"\\u012", "\"a\nb\"", "1 2",
             "[]]", "[}", "'a'"})
        TEST_ASSERT_EQUAL_STRING("failed", any(text));
    TEST_ASSERT_EQUAL_STRING("failed", any(std::string(1, '\0')));
    TEST_ASSERT_EQUAL_STRING("failed", any(std::string("1\0", 2)));
}

TEST(decodes_strings)
{
    TEST_ASSERT_EQUAL_STRING("", string("null"));
    TEST_ASSERT_EQUAL_STRING("a\"\\/\b\f\n\r\tz", string("\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\""));
    TEST_ASSERT_EQUAL_STRING("\xe9\x1bz", string("\"\\u00e9\\u001Bz\""));
    TEST_ASSERT_EQUAL_UINT(1, string("\"\\u0000\"").size());
    // Beyond a byte: vfio-early never writes that.
    TEST_ASSERT_EQUAL_STRING("failed", string("\"\\u0100\""));
    TEST_ASSERT_EQUAL_STRING("failed", string("1"));
    TEST_ASSERT_EQUAL_STRING("failed", string("nothing"));
}

TEST(reads_members_and_elements_in_their_order)
{
    std::string text = R"({"a": "1", "b\u0063": ["2", "3"], "d": {"e": 4}})";
    std::string seen;
    JsonReader reader(text);
    reader.object([&](std::string_view key) {
        seen += std::string(key) + "=";
        if (key == "bc")
            reader.array([&] { seen += std::string(reader.string_or_null()) + ","; });
        else
            seen += reader.any();
        seen += ";";
    });
    TEST_ASSERT_TRUE(reader.is_at_end());
    TEST_ASSERT_EQUAL_STRING("a=\"1\";bc=2,3,;d={\"e\": 4};", seen);
}

TEST(an_array_of_strings_stays_as_it_stands)
{
    std::string text = R"( ["a\n", "b"])";
    JsonReader reader(text);
    auto const strings = reader.strings();
    TEST_ASSERT_EQUAL_STRING(R"(["a\n", "b"])", std::string(strings.data(), strings.size()));
    std::string numbers = "[\"a\", 1]";
    JsonReader other(numbers);
    other.strings();
    TEST_ASSERT_TRUE(other.has_failed());
}

TEST(reads_nothing_more_after_a_failure)
{
    std::string text = R"([x, "a", "b"])";
    JsonReader reader(text);
    unsigned calls = 0;
    reader.array([&] {
        ++calls;
        reader.any();
    });
    TEST_ASSERT_EQUAL_UINT(1, calls);
    TEST_ASSERT_TRUE(reader.has_failed());
    TEST_ASSERT_EQUAL_STRING("", std::string(reader.string_or_null()));
    TEST_ASSERT_FALSE(reader.is_at_end());
}

TEST(depth_has_an_end)
{
    TEST_ASSERT_EQUAL_STRING("[[[[[[[[]]]]]]]]", any("[[[[[[[[]]]]]]]]"));
    for (auto const* opening : {"[", "{\"a\":", "[{\"a\":"}) {
        std::string text;
        for (int i = 0; i < 200000; ++i)
            text += opening;
        TEST_ASSERT_EQUAL_STRING("failed", any(text));
    }
}

UNITY_MAIN()
