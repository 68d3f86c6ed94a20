// SPDX-License-Identifier: MIT
#include "sys/descriptor.h"

#include "unity.h"

#include <fcntl.h>

using namespace vfio_early;

static bool is_open(int number)
{
    return fcntl(number, F_GETFD) >= 0;
}

TEST(closes_what_it_owns)
{
    int number = -1;
    {
        Descriptor const descriptor(dup(STDIN_FILENO));
        number = descriptor.number();
        TEST_ASSERT_TRUE(is_open(number));
    }
    TEST_ASSERT_FALSE(is_open(number));
}

TEST(is_moved_and_closed_once)
{
    Descriptor first(dup(STDIN_FILENO));
    int const number = first.number();
    Descriptor second(std::move(first));
    TEST_ASSERT_EQUAL_UINT(number, second.number());
    TEST_ASSERT_TRUE(first.number() < 0);
    first.close();
    TEST_ASSERT_TRUE(is_open(number));
    Descriptor third;
    third = std::move(second);
    TEST_ASSERT_TRUE(is_open(number));
    third.close();
    TEST_ASSERT_FALSE(is_open(number));
}

UNITY_MAIN()
