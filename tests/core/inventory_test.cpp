// SPDX-License-Identifier: MIT
#include "core/inventory.h"

#include "machine.h"

using namespace vfio_early;

TEST(endpoints_have_header_type_0_and_are_not_host_bridges)
{
    Machine machine;
    TEST_ASSERT_TRUE(is_endpoint(machine.add("0000:01:00.0", "10de:2191", 0x030000, 8)));
    TEST_ASSERT_TRUE(is_endpoint(machine.add("0000:00:1f.0", "8086:a145", 0x060100, 8)));
    TEST_ASSERT_FALSE(is_endpoint(machine.add("0000:00:00.0", "8086:191f", 0x060000, 0)));
    TEST_ASSERT_FALSE(is_endpoint(machine.add("0000:00:01.0", "8086:1901", 0x060400, 1)));
}

TEST(a_bridge_of_another_kind_may_be_an_endpoint)
{
    Machine machine;
    auto& bridge = machine.add("0000:00:02.0", "8086:1901", 0x060900, 1);
    TEST_ASSERT_FALSE(is_endpoint(bridge));
    bridge.header = HeaderType::Normal;
    TEST_ASSERT_TRUE(is_endpoint(bridge));
}

TEST(finds_devices_and_groups)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    auto const& inventory = machine.session.inventory;
    TEST_ASSERT_TRUE(inventory.find(*parse_address("0000:01:00.0")) == DeviceIndex{0});
    TEST_ASSERT_FALSE(inventory.find(*parse_address("0000:01:00.1")).has_value());
    TEST_ASSERT_EQUAL_UINT(8, inventory.find_group(8)->number);
    TEST_ASSERT_TRUE(inventory.find_group(9) == nullptr);
    TEST_ASSERT_TRUE(inventory.find_group({}) == nullptr);
}

TEST(sorts_by_group_and_then_by_address)
{
    Machine machine;
    constexpr unsigned count = 200;
    for (unsigned i = 0; i < count; ++i) {
        auto& device = machine.add("0000:00:00.0", "8086:1533", 0x020000, i * 7 % 10);
        device.address.bus = static_cast<uint8_t>(i * 37 % count);
        if (i % 11 == 0)
            device.group.reset();
    }
    auto const& devices = machine.session.inventory.devices;
    auto const order = machine.session.inventory.by_group();
    TEST_ASSERT_EQUAL_UINT(count, order.size());
    for (size_t i = 1; i < order.size(); ++i) {
        auto const& before = devices[order[i - 1]];
        auto const& after = devices[order[i]];
        auto const last = ~uint32_t{0};
        TEST_ASSERT_TRUE(before.group.value_or(last) < after.group.value_or(last)
            || (before.group == after.group && before.address < after.address));
    }
}

UNITY_MAIN()
