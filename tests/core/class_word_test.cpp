// SPDX-License-Identifier: MIT
#include "core/class_word.h"

#include "unity.h"

using namespace vfio_early;

TEST(has_a_word_for_a_class)
{
    TEST_ASSERT_EQUAL_STRING("USB", class_word(0x0c0330));
    TEST_ASSERT_EQUAL_STRING("NVMe", class_word(0x010802));
    TEST_ASSERT_EQUAL_STRING("Display", class_word(0x030000));
    TEST_ASSERT_EQUAL_STRING("Ethernet", class_word(0x020000));
}

TEST(has_a_word_for_the_rest_of_a_base_class)
{
    TEST_ASSERT_EQUAL_STRING("Display", class_word(0x030200));
    TEST_ASSERT_EQUAL_STRING("Storage", class_word(0x010000));
    TEST_ASSERT_EQUAL_STRING("Bridge", class_word(0x060400));
    TEST_ASSERT_EQUAL_STRING("Network", class_word(0x020700));
}

TEST(has_none_for_what_has_no_name)
{
    TEST_ASSERT_EQUAL_STRING("-", class_word(0xff0000));
    TEST_ASSERT_EQUAL_STRING("-", class_word(0));
}

UNITY_MAIN()
