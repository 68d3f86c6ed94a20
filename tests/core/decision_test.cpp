// SPDX-License-Identifier: MIT
#include "core/decision.h"

#include "machine.h"

#include <set>

using namespace vfio_early;

TEST(every_outcome_has_a_name_of_its_own)
{
    std::set<std::string_view> names;
    for (int outcome = 0; outcome <= static_cast<int>(Outcome::Handover); ++outcome)
        names.insert(name_of(static_cast<Outcome>(outcome)));
    TEST_ASSERT_EQUAL_UINT(6, names.size());
    TEST_ASSERT_TRUE(names.contains("would-bind"));
}

TEST(keeps_the_devices_that_a_decision_is_about)
{
    auto const plan = std::make_unique<Plan>();
    DeviceIndices devices;
    devices.append(3);
    record(*plan, devices);
    devices.append(4);
    auto const recorded = plan->devices_of(record(*plan, devices));
    TEST_ASSERT_EQUAL_UINT(2, recorded.size());
    TEST_ASSERT_EQUAL_UINT(3, recorded[0]);
    TEST_ASSERT_EQUAL_UINT(4, recorded[1]);
}

TEST(keeps_fewer_when_there_is_no_room_left)
{
    auto const plan = std::make_unique<Plan>();
    DeviceIndices devices;
    for (size_t i = 0; i < max_devices; ++i)
        devices.append(static_cast<DeviceIndex>(i));
    for (size_t i = 0; i < max_recorded_devices / max_devices; ++i)
        TEST_ASSERT_EQUAL_UINT(max_devices, record(*plan, devices).count);
    TEST_ASSERT_EQUAL_UINT(0, plan->devices_of(record(*plan, devices)).size());
}

TEST(devices_without_a_group_share_none)
{
    Machine machine;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, {});
    machine.add("0000:01:00.1", "8086:10d3", 0x020000, {});
    Decision const first = {.device = 0};
    Decision const second = {.device = 1};
    TEST_ASSERT_FALSE(share_group(first, second, machine.session.inventory));
    TEST_ASSERT_TRUE(share_group(first, first, machine.session.inventory));
    TEST_ASSERT_FALSE(share_group(first, {}, machine.session.inventory));
}

UNITY_MAIN()
