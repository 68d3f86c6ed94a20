#include "core/verdict.h"

#include "unity.h"

#include <set>

using namespace vfio_early;

TEST(every_code_has_a_name_of_its_own)
{
    std::set<std::string> names;
    for (int code = 0; code <= static_cast<int>(Code::Timeout); ++code)
        names.insert(std::string(code_name(static_cast<Code>(code))));
    TEST_ASSERT_EQUAL_UINT(static_cast<int>(Code::Timeout) + 1, names.size());
}

TEST(every_outcome_has_a_name_of_its_own)
{
    std::set<std::string> names;
    for (int outcome = 0; outcome <= static_cast<int>(Outcome::Failed); ++outcome)
        names.insert(std::string(outcome_name(static_cast<Outcome>(outcome))));
    TEST_ASSERT_EQUAL_UINT(4, names.size());
    TEST_ASSERT_TRUE(names.contains("would-bind"));
}

UNITY_MAIN()
