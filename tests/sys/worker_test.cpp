// SPDX-License-Identifier: MIT
#include "sys/worker.h"

#include "unity.h"

#include <csignal>
#include <unistd.h>

using namespace vfio_early;

TEST(shows_what_the_work_changed)
{
    auto* number = static_cast<int*>(allocate_shared(sizeof(int)));
    auto const end =
        run_worker([](void* context) { *static_cast<int*>(context) = 7; }, number, now_milliseconds() + 5000);
    TEST_ASSERT_TRUE(end.kind == WorkerEnd::Kind::Done);
    TEST_ASSERT_EQUAL_UINT(7, *number);
}

TEST(does_not_wait_beyond_the_deadline)
{
    auto const start = now_milliseconds();
    auto const end = run_worker(
        [](void*) {
            for (;;)
                pause();
        },
        nullptr, start + 100);
    TEST_ASSERT_TRUE(end.kind == WorkerEnd::Kind::TimeIsUp);
    TEST_ASSERT_TRUE(now_milliseconds() - start < 1000);
}

TEST(ends_what_the_worker_started_too)
{
    auto* grandchild = static_cast<pid_t*>(allocate_shared(sizeof(pid_t)));
    run_worker(
        [](void* context) {
            auto const child = fork();
            if (child == 0) {
                for (;;)
                    pause();
            }
            *static_cast<pid_t volatile*>(context) = child;
            pause();
        },
        grandchild, now_milliseconds() + 200);
    TEST_ASSERT_TRUE(*grandchild > 0);
    for (int i = 0; i < 100 && kill(*grandchild, 0) == 0; ++i)
        usleep(10000);
    // Gone, or at most a zombie that its new parent has not waited for yet.
    if (kill(*grandchild, 0) == 0) {
        char path[64];
        snprintf(path, sizeof(path), "/proc/%d/stat", *grandchild);
        char state = '?';
        auto* file = fopen(path, "r");
        if (file) {
            static_cast<void>(!fscanf(file, "%*d %*s %c", &state));
            fclose(file);
        }
        TEST_ASSERT_TRUE(state == 'Z' || !file);
    }
}

TEST(says_which_signal_ended_the_work)
{
    auto const end = run_worker([](void*) { raise(SIGKILL); }, nullptr, now_milliseconds() + 5000);
    TEST_ASSERT_TRUE(end.kind == WorkerEnd::Kind::Died);
    TEST_ASSERT_EQUAL_UINT(SIGKILL, end.signal);
}

TEST(sees_that_the_work_did_not_finish)
{
    auto const end = run_worker([](void*) { _exit(3); }, nullptr, now_milliseconds() + 5000);
    TEST_ASSERT_TRUE(end.kind == WorkerEnd::Kind::Died);
    TEST_ASSERT_EQUAL_UINT(0, end.signal);
}

TEST(leaves_work_that_takes_longer_to_come_to_its_end)
{
    auto* number = static_cast<int volatile*>(allocate_shared(sizeof(int)));
    auto const start = now_milliseconds();
    auto const end = run_to_the_end(
        [](void* context) {
            usleep(300000);
            *static_cast<int volatile*>(context) = 7;
        },
        const_cast<int*>(number), start + 50);
    TEST_ASSERT_TRUE(end.kind == WorkerEnd::Kind::TimeIsUp);
    TEST_ASSERT_TRUE(now_milliseconds() - start < 250);
    for (int i = 0; i < 200 && *number == 0; ++i)
        usleep(10000);
    TEST_ASSERT_EQUAL_UINT(7, *number);
}

TEST(waits_for_work_that_takes_less)
{
    auto const end = run_to_the_end([](void*) {}, nullptr, now_milliseconds() + 5000);
    TEST_ASSERT_TRUE(end.kind == WorkerEnd::Kind::Done);
}

UNITY_MAIN()
