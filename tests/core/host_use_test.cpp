// SPDX-License-Identifier: MIT
#include "core/host_use.h"

#include "text_of.h"
#include "unity.h"

#include <memory>

using namespace std::literals;
using namespace vfio_early;

static constexpr Address disk = {0, 1, 0, 0};
static constexpr Address network = {0, 2, 0, 0};

TEST(knows_what_is_vital_and_what_is_open_now)
{
    auto const uses = std::make_unique<HostUses>();
    uses->add({disk, vital, UseText("crypttab's data on sda1")});
    uses->add({network, open_now, UseText("eno1 is up")});
    TEST_ASSERT_TRUE(uses->uses[0].weight == vital);
    TEST_ASSERT_TRUE(uses->uses[1].weight == open_now);
}

TEST(gives_one_use_the_weight_of_both_that_say_the_same)
{
    auto const uses = std::make_unique<HostUses>();
    uses->add({disk, open_now, UseText("/home on sda1")});
    uses->add({disk, vital, UseText("/home on sda1")});
    uses->add({network, open_now, UseText("/home on sda1")});
    TEST_ASSERT_EQUAL_UINT(2, uses->uses.size());
    TEST_ASSERT_TRUE(uses->uses[0].weight == vital_and_open);
    TEST_ASSERT_TRUE(uses->uses[1].weight == open_now);
}

TEST(leaves_out_what_decides_nothing_any_more)
{
    auto const uses = std::make_unique<HostUses>();
    for (uint32_t i = 0; i < 100; ++i)
        uses->add({disk, open_now, UseText(text_of("process %u", i))});
    TEST_ASSERT_EQUAL_UINT(max_uses_alike, uses->uses.size());
    uses->add({disk, vital_and_open, UseText("/ on sda1")});
    uses->add({network, open_now, UseText("eno1 is up")});
    TEST_ASSERT_EQUAL_UINT(max_uses_alike + 2, uses->uses.size());
    TEST_ASSERT_FALSE(uses->is_incomplete);
}

TEST(is_not_complete_when_a_use_does_not_fit)
{
    auto const uses = std::make_unique<HostUses>();
    for (size_t i = 0; i <= max_host_uses; ++i)
        uses->add({{static_cast<uint32_t>(i), 0, 0, 0}, open_now, UseText("in use")});
    TEST_ASSERT_EQUAL_UINT(max_host_uses, uses->uses.size());
    TEST_ASSERT_TRUE(uses->is_incomplete);
    TEST_ASSERT_EQUAL_STRING("there are more than 512 uses", uses->doubt.view());
}

TEST(keeps_the_first_doubt)
{
    HostUses uses;
    TEST_ASSERT_FALSE(uses.is_incomplete);
    uses.add_doubt("first");
    uses.add_doubt("second");
    TEST_ASSERT_EQUAL_STRING("first", uses.doubt.view());
}

TEST(quotes_names_that_could_be_taken_for_something_else)
{
    TEST_ASSERT_EQUAL_STRING("/srv/data-1", text_of("%n", "/srv/data-1"sv));
    TEST_ASSERT_EQUAL_STRING("'/srv/my data'", text_of("%n", "/srv/my data"sv));
    TEST_ASSERT_EQUAL_STRING("'a\\x0ab'", text_of("%n", "a\nb"sv));
    TEST_ASSERT_EQUAL_STRING("''", text_of("%n", ""sv));
    TEST_ASSERT_EQUAL_STRING("'" + std::string(80, 'x') + "...'", text_of("%n", std::string(90, 'x')));
}

UNITY_MAIN()
