// SPDX-License-Identifier: MIT
#include "core/reason.h"

#include "text_of.h"
#include "unity.h"

#include <cctype>
#include <fstream>
#include <set>
#include <sstream>

using namespace vfio_early;

static std::string contents(char const* path)
{
    std::ostringstream text;
    text << std::ifstream(std::string(PROJECT_DIRECTORY "/") + path).rdbuf();
    return text.str();
}

static bool contains(std::string const& text, std::string const& wanted)
{
    if (text.find(wanted) != std::string::npos)
        return true;
    printf("missing: %s\n", wanted.c_str());
    return false;
}

static std::string as_sentence(std::string_view meaning)
{
    std::string sentence(meaning);
    sentence[0] = static_cast<char>(toupper(sentence[0]));
    return sentence + ".";
}

TEST(every_reason_has_a_name_of_its_own_and_a_meaning)
{
    std::set<std::string_view> names;
    for (auto const& text : all_reasons()) {
        names.insert(text.name);
        TEST_ASSERT_FALSE(text.meaning.empty());
        TEST_ASSERT_EQUAL_STRING(text.name, name_of(text.reason));
        TEST_ASSERT_EQUAL_STRING(text.meaning, meaning_of(text.reason));
    }
    TEST_ASSERT_EQUAL_UINT(all_reasons().size(), names.size());
    TEST_ASSERT_EQUAL_STRING("", name_of(Reason::None));
}

TEST(the_readme_lists_every_reason)
{
    auto const readme = contents("README.md");
    for (auto const& text : all_reasons())
        TEST_ASSERT_TRUE(contains(readme, text_of("\n| `%s` | %s |", text.name, text.meaning)));
}

TEST(the_manual_lists_every_reason)
{
    auto const manual = contents("docs/vfio-early.8");
    for (auto const& text : all_reasons())
        TEST_ASSERT_TRUE(
            contains(manual, text_of("\n.It Li %s\n%s\n", text.name, as_sentence(text.meaning))));
}

UNITY_MAIN()
