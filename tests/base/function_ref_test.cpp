// SPDX-License-Identifier: MIT
#include "base/function_ref.h"

#include "unity.h"

using namespace vfio_early;

static int twice(FunctionRef<int(int)> function, int number)
{
    return function(function(number));
}

TEST(calls_what_it_refers_to)
{
    int calls = 0;
    auto const add_three = [&](int number) {
        ++calls;
        return number + 3;
    };
    TEST_ASSERT_EQUAL_UINT(8, twice(add_three, 2));
    TEST_ASSERT_EQUAL_UINT(2, calls);
}

TEST(can_be_handed_on)
{
    auto const add_three = [](int number) { return number + 3; };
    FunctionRef<int(int)> const function = add_three;
    FunctionRef<int(int)> const copy = function;
    TEST_ASSERT_EQUAL_UINT(8, twice(copy, 2));
}

UNITY_MAIN()
