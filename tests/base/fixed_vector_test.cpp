// SPDX-License-Identifier: MIT
#include "base/fixed_vector.h"

#include "ends.h"
#include "unity.h"

#include <cstring>

using namespace vfio_early;

TEST(refuses_what_does_not_fit)
{
    FixedVector<int, 2> numbers;
    TEST_ASSERT_TRUE(numbers.try_append(1));
    TEST_ASSERT_TRUE(numbers.try_append(2));
    TEST_ASSERT_FALSE(numbers.try_append(3));
    TEST_ASSERT_EQUAL_UINT(2, numbers.size());
    TEST_ASSERT_EQUAL_UINT(2, numbers[1]);
}

TEST(ends_the_program_when_what_fits_by_construction_does_not)
{
    TEST_ASSERT_FALSE(ends_by_a_signal([] {
        FixedVector<int, 1> numbers;
        numbers.append(1);
    }));
    TEST_ASSERT_TRUE(ends_by_a_signal([] {
        FixedVector<int, 1> numbers;
        numbers.append(1);
        numbers.append(2);
    }));
}

TEST(is_copied_with_its_values)
{
    FixedVector<int, 4> numbers;
    numbers.append(7);
    auto copy = numbers;
    numbers.append(8);
    TEST_ASSERT_EQUAL_UINT(1, copy.size());
    TEST_ASSERT_EQUAL_UINT(7, copy[0]);
    copy = numbers;
    TEST_ASSERT_EQUAL_UINT(2, copy.size());
    TEST_ASSERT_EQUAL_UINT(8, copy[1]);
}

TEST(does_not_touch_memory_for_values_that_are_not_there)
{
    using Numbers = FixedVector<int, 100>;
    alignas(Numbers) unsigned char memory[sizeof(Numbers)];
    memset(memory, 0x55, sizeof(memory));
    auto* numbers = new (memory) Numbers;
    numbers->append(7);
    for (size_t i = sizeof(Numbers) - 99 * sizeof(int); i < sizeof(memory); ++i)
        TEST_ASSERT_EQUAL_UINT(0x55, memory[i]);
}

UNITY_MAIN()
