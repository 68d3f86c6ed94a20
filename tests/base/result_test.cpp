#include "base/result.h"

#include "unity.h"

using namespace vfio_early;

static Result<int> half(int number)
{
    if (number % 2 != 0)
        return Error{"halving", FixedString<256>("an odd number"), 22};
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
    TEST_ASSERT_EQUAL_UINT(22, result.error().error_number);
}

UNITY_MAIN()
