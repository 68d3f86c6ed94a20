#include "base/fixed_vector.h"

#include "unity.h"

using namespace vfio_early;

TEST(refuses_what_does_not_fit)
{
    FixedVector<int, 2> numbers;
    TEST_ASSERT_TRUE(numbers.append(1));
    TEST_ASSERT_TRUE(numbers.append(2));
    TEST_ASSERT_FALSE(numbers.append(3));
    TEST_ASSERT_EQUAL_UINT(2, numbers.size());
    TEST_ASSERT_EQUAL_UINT(2, numbers[1]);
}

UNITY_MAIN()
