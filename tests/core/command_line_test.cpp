// SPDX-License-Identifier: MIT
#include "core/command_line.h"

#include "unity.h"

using namespace vfio_early;

using Switch = CommandLine::Switch;

TEST(runs_by_default)
{
    TEST_ASSERT_TRUE(parse_command_line("BOOT_IMAGE=/vmlinuz root=/dev/sda1 quiet\n").power == Switch::Run);
    TEST_ASSERT_TRUE(parse_command_line("").power == Switch::Run);
}

TEST(can_be_switched_off_and_to_checking)
{
    TEST_ASSERT_TRUE(parse_command_line("quiet rd.vfio_early=0\n").power == Switch::Off);
    TEST_ASSERT_TRUE(parse_command_line("rd.vfio-early=0").power == Switch::Off);
    TEST_ASSERT_TRUE(parse_command_line("rd.vfio_early=check quiet").power == Switch::CheckOnly);
}

TEST(lets_the_last_word_count)
{
    TEST_ASSERT_TRUE(parse_command_line("rd.vfio_early=0 rd.vfio_early=1").power == Switch::Run);
    TEST_ASSERT_TRUE(parse_command_line("rd.vfio_early=check rd.vfio_early=0").power == Switch::Off);
}

TEST(treats_an_unknown_value_as_off_and_says_so)
{
    auto const command_line = parse_command_line("rd.vfio_early=off");
    TEST_ASSERT_TRUE(command_line.power == Switch::Off);
    TEST_ASSERT_EQUAL_STRING("off", command_line.unknown_value);
}

TEST(does_not_mistake_other_words_for_ours)
{
    TEST_ASSERT_TRUE(parse_command_line("rd.vfio_early vfio_early=0 xrd.vfio_early=0 rd.vfio_earlyx=0").power
        == Switch::Run);
}

TEST(sees_the_acs_override)
{
    TEST_ASSERT_TRUE(parse_command_line("pcie_acs_override=downstream").acs_is_overridden);
    TEST_ASSERT_FALSE(parse_command_line("quiet").acs_is_overridden);
}

UNITY_MAIN()
