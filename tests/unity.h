// SPDX-License-Identifier: MIT
// A minimal test framework in the style of ThrowTheSwitch's Unity: one header, one executable per test file,
// one line a test, '<file>:<line>:<test>:PASS' or ':FAIL: <why>', and a tally at the end.
//
//     TEST(adds_small_numbers)
//     {
//         TEST_ASSERT_EQUAL_UINT(4, 2 + 2);
//     }
//     UNITY_MAIN()
//
// A test ends at its first failed assertion. Assertions can be used only in the body of a TEST.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace unity {

struct Test {
    char const* file;
    int line;
    char const* name;
    void (*body)();
    Test* next;
};

struct State {
    Test* first = nullptr;
    Test** end = &first;
    Test* running = nullptr;
    bool has_failed = false;
};

inline State& state()
{
    static State the_state;
    return the_state;
}

struct Registration {
    explicit Registration(Test& test)
    {
        *state().end = &test;
        state().end = &test.next;
    }
};

inline void fail(int line, std::string const& why)
{
    state().has_failed = true;
    printf("%s:%d:%s:FAIL: %s\n", state().running->file, line, state().running->name, why.c_str());
}

inline std::string expected(std::string const& wanted, std::string const& found)
{
    return "expected '" + wanted + "', was '" + found + "'";
}

inline int run_all()
{
    int count = 0;
    int failures = 0;
    for (auto* test = state().first; test; test = test->next) {
        state().running = test;
        state().has_failed = false;
        test->body();
        if (!state().has_failed)
            printf("%s:%d:%s:PASS\n", test->file, test->line, test->name);
        ++count;
        failures += state().has_failed;
    }
    printf("-----------------------\n%d Tests %d Failures 0 Ignored\n%s\n", count, failures,
        failures == 0 ? "OK" : "FAIL");
    // A file without a test proves nothing.
    return failures == 0 && count > 0 ? 0 : 1;
}

} // namespace unity

#define TEST(test_name)                                                                                      \
    static void test_name();                                                                                 \
    static unity::Test unity_test_##test_name = {__FILE__, __LINE__, #test_name, test_name, nullptr};        \
    static unity::Registration unity_registration_##test_name(unity_test_##test_name);                       \
    static void test_name()

#define UNITY_MAIN()                                                                                         \
    int main()                                                                                               \
    {                                                                                                        \
        return unity::run_all();                                                                             \
    }

#define TEST_FAIL_MESSAGE(why)                                                                               \
    do {                                                                                                     \
        unity::fail(__LINE__, why);                                                                          \
        return;                                                                                              \
    } while (false)

#define TEST_ASSERT_TRUE(condition)                                                                          \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            TEST_FAIL_MESSAGE("expected to be true: " #condition);                                           \
    } while (false)

#define TEST_ASSERT_FALSE(condition)                                                                         \
    do {                                                                                                     \
        if (condition)                                                                                       \
            TEST_FAIL_MESSAGE("expected to be false: " #condition);                                          \
    } while (false)

#define TEST_ASSERT_EQUAL_UINT(wanted, found)                                                                \
    do {                                                                                                     \
        unsigned long long const unity_wanted = (wanted);                                                    \
        unsigned long long const unity_found = (found);                                                      \
        if (unity_wanted != unity_found)                                                                     \
            TEST_FAIL_MESSAGE(unity::expected(std::to_string(unity_wanted), std::to_string(unity_found)));   \
    } while (false)

#define TEST_ASSERT_EQUAL_STRING(wanted, found)                                                              \
    do {                                                                                                     \
        std::string const unity_wanted(wanted);                                                              \
        std::string const unity_found(found);                                                                \
        if (unity_wanted != unity_found)                                                                     \
            TEST_FAIL_MESSAGE(unity::expected(unity_wanted, unity_found));                                   \
    } while (false)
