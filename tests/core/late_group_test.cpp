// SPDX-License-Identifier: MIT
#include "core/late_group.h"

#include "machine.h"

using namespace vfio_early;

// A machine whose IOMMU makes groups when drivers bind, with a NIC that the plan binds.
struct LateMachine : Machine {
    LateMachine()
    {
        session.inventory.groups_appear_late = true;
        add("0000:01:00.0", "8086:10d3", 0x020000, {});
        plan("[bind]\nnic = 01:00.0\n");
    }

    // Judges the NIC, which now has this group.
    std::string judge(std::optional<uint32_t> group, Group const& as_read = {})
    {
        session.inventory.devices[0].group = group;
        if (group)
            session.inventory.groups.append(as_read);
        judge_late_group(session.plan, session.inventory, session.plan.decisions[0]);
        return verdicts(session);
    }
};

TEST(lets_a_device_that_is_alone_in_its_group_stay_bound)
{
    LateMachine machine;
    TEST_ASSERT_EQUAL_STRING("nic 0000:01:00.0 would-bind\n", machine.judge(8, {.number = 8}));
}

TEST(refuses_a_device_that_got_no_group)
{
    LateMachine machine;
    TEST_ASSERT_EQUAL_STRING("nic 0000:01:00.0 no-group\n", machine.judge({}));
    TEST_ASSERT_TRUE(machine.session.plan.decisions[0].outcome == Outcome::Failed);
}

TEST(refuses_a_group_in_no_iommu_mode)
{
    LateMachine machine;
    TEST_ASSERT_EQUAL_STRING(
        "nic 0000:01:00.0 noiommu-group\n", machine.judge(8, {.number = 8, .is_no_iommu = true}));
}

TEST(refuses_a_group_that_could_not_be_read)
{
    LateMachine machine;
    TEST_ASSERT_EQUAL_STRING(
        "nic 0000:01:00.0 unreadable\n", machine.judge(8, {.number = 8, .is_readable = false}));
    LateMachine without;
    without.session.inventory.devices[0].group = 8;
    judge_late_group(without.session.plan, without.session.inventory, without.session.plan.decisions[0]);
    TEST_ASSERT_EQUAL_STRING("nic 0000:01:00.0 unreadable\n", verdicts(without.session));
}

TEST(refuses_a_group_of_which_not_all_members_may_have_been_read)
{
    LateMachine machine;
    machine.session.inventory.is_overfull = true;
    TEST_ASSERT_EQUAL_STRING("nic 0000:01:00.0 unreadable\n", machine.judge(8, {.number = 8}));
}

TEST(counts_a_listed_function_that_was_refused_and_has_no_group_yet)
{
    Machine machine;
    machine.session.inventory.groups_appear_late = true;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, {});
    machine.add("0000:01:00.1", "144d:a808", 0x010802, {});
    auto& session = machine.plan("[bind]\nnic = 01:00.0\nnvme = 01:00.1 144d:9999\n");
    session.inventory.devices[0].group = 8;
    session.inventory.groups.append({.number = 8});
    judge_late_group(session.plan, session.inventory, session.plan.decisions[0]);
    TEST_ASSERT_EQUAL_STRING(
        "nic 0000:01:00.0 group-refused\nnvme 0000:01:00.1 id-mismatch\n", verdicts(session));
}

TEST(refuses_a_group_with_a_device_that_nobody_listed)
{
    LateMachine machine;
    machine.add("0000:02:00.0", "144d:a808", 0x010802, 8);
    TEST_ASSERT_EQUAL_STRING("nic 0000:01:00.0 shared-group\n", machine.judge(8, {.number = 8}));
}

TEST(counts_a_function_of_the_same_card_that_has_no_group_yet)
{
    LateMachine machine;
    machine.add("0000:01:00.1", "144d:a808", 0x010802, {});
    TEST_ASSERT_EQUAL_STRING("nic 0000:01:00.0 shared-group\n", machine.judge(8, {.number = 8}));
    TEST_ASSERT_EQUAL_UINT(8, machine.session.inventory.devices[1].group.value());
}

TEST(does_not_count_functions_of_other_cards_that_have_no_group_yet)
{
    LateMachine machine;
    machine.add("0000:01:01.0", "144d:a808", 0x010802, {});
    machine.add("0000:02:00.0", "144d:a808", 0x010802, {});
    machine.add("0001:01:00.1", "144d:a808", 0x010802, {});
    TEST_ASSERT_EQUAL_STRING("nic 0000:01:00.0 would-bind\n", machine.judge(8, {.number = 8}));
}

UNITY_MAIN()
