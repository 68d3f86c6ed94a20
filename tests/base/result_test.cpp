// SPDX-License-Identifier: MIT
#include "base/result.h"

#include "unity.h"

#include <memory>

using namespace vfio_early;

static Result<int> half(int number)
{
    if (number % 2 != 0)
        return Error{"halving", 22};
    return number / 2;
}

static Result<int> quarter(int number)
{
    int const once = TRY(half(number));
    return TRY(half(once));
}

TEST(try_passes_the_value_on)
{
    TEST_ASSERT_EQUAL_UINT(2, quarter(8).value());
}

TEST(try_passes_the_error_on)
{
    auto const result = quarter(6);
    TEST_ASSERT_TRUE(result.is_error());
    TEST_ASSERT_EQUAL_STRING("halving", result.error().action);
    TEST_ASSERT_EQUAL_UINT(22, result.error().number);
}

static Result<std::unique_ptr<int>> owned(int number)
{
    return std::make_unique<int>(number);
}

static Result<int> value_of_owned()
{
    auto const number = TRY(owned(7));
    return *number;
}

TEST(try_moves_what_can_only_be_moved)
{
    TEST_ASSERT_EQUAL_UINT(7, value_of_owned().value());
}

UNITY_MAIN()
