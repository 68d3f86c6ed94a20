// SPDX-License-Identifier: MIT
#include "core/resolve.h"

#include "machine.h"
#include "text_of.h"

using namespace vfio_early;

static Selector selector_of(std::string_view text)
{
    std::optional<Selector> selector;
    written_by([&](Sink& sink) { selector = parse_selector(text, sink); });
    return *selector;
}

static std::string found(Machine const& machine, std::string_view selector)
{
    auto const resolution = resolve(selector_of(selector), machine.session.inventory);
    constexpr char const* kinds[] = {"found", "not-found", "id-mismatch", "ambiguous", "unsure"};
    std::string text = kinds[static_cast<int>(resolution.kind)];
    for (auto const index : resolution.devices)
        text += text_of(" %a", machine.session.inventory.devices[index].address);
    return text;
}

TEST(follows_the_bus_numbers_that_bridges_have_now)
{
    Machine machine;
    machine.add("0000:00:1c.4", "8086:a114", 0x060400, 7).secondary_bus = 3;
    machine.add("0000:03:00.0", "1b21:1242", 0x0c0330, 12);
    TEST_ASSERT_EQUAL_STRING("found 0000:03:00.0", found(machine, "00:1c.4/00.0"));
    machine.session.inventory.devices[0].secondary_bus = 9;
    TEST_ASSERT_EQUAL_STRING("not-found", found(machine, "00:1c.4/00.0"));
}

TEST(stays_in_the_domain_of_the_path)
{
    Machine machine;
    machine.add("10000:00:1c.4", "8086:a114", 0x060400, 7).secondary_bus = 3;
    machine.add("0000:03:00.0", "1b21:1242", 0x0c0330, 12);
    TEST_ASSERT_EQUAL_STRING("not-found", found(machine, "10000:00:1c.4/00.0"));
}

TEST(follows_several_bridges)
{
    Machine machine;
    machine.add("0000:00:01.0", "8086:a114", 0x060400, 1).secondary_bus = 1;
    machine.add("0000:01:00.0", "104c:8232", 0x060400, 1).secondary_bus = 2;
    machine.add("0000:02:03.0", "104c:8233", 0x060400, 1).secondary_bus = 3;
    machine.add("0000:03:00.1", "8086:10d3", 0x020000, 2);
    TEST_ASSERT_EQUAL_STRING("found 0000:03:00.1", found(machine, "00:01.0/00.0/03.0/00.1"));
}

TEST(does_not_follow_a_path_through_what_is_not_a_bridge)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    auto const arrival = follow(*selector_of("01:00.0/00.0").location, machine.session.inventory);
    TEST_ASSERT_TRUE(arrival.kind == Arrival::Kind::NotABridge);
    TEST_ASSERT_EQUAL_STRING("0000:01:00.0", text_of("%a", arrival.address));
}

TEST(needs_all_terms_to_match)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    TEST_ASSERT_EQUAL_STRING("found 0000:01:00.0", found(machine, "01:00.0 10de:2191"));
    TEST_ASSERT_EQUAL_STRING("id-mismatch 0000:01:00.0", found(machine, "01:00.0 10de:2192"));
}

TEST(distinguishes_subsystems)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8).subsystem = {0x1043, 0x1111};
    machine.add("0000:02:00.0", "10de:2191", 0x030000, 9).subsystem = {0x1043, 0x2222};
    TEST_ASSERT_EQUAL_STRING("found 0000:02:00.0", found(machine, "10de:2191:1043:2222"));
    TEST_ASSERT_EQUAL_STRING("ambiguous 0000:01:00.0 0000:02:00.0", found(machine, "10de:2191"));
}

TEST(lists_all_by_address)
{
    Machine machine;
    machine.add("0000:0b:00.0", "8086:1572", 0x020000, 9);
    machine.add("0000:0a:00.0", "8086:1572", 0x020000, 8);
    TEST_ASSERT_EQUAL_STRING("found 0000:0a:00.0 0000:0b:00.0", found(machine, "8086:1572 all"));
}

TEST(takes_the_functions_of_a_card_that_have_the_id)
{
    Machine machine;
    machine.add("0000:01:00.0", "8086:1572", 0x020000, 8);
    machine.add("0000:01:00.1", "8086:1573", 0x020000, 8);
    TEST_ASSERT_EQUAL_STRING("found 0000:01:00.1", found(machine, "01:00.* 8086:1573"));
}

TEST(is_unsure_of_an_id_when_not_all_devices_could_be_listed)
{
    Machine machine;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 1);
    machine.session.inventory.is_incomplete = true;
    TEST_ASSERT_EQUAL_STRING("unsure 0000:01:00.0", found(machine, "8086:10d3"));
    TEST_ASSERT_EQUAL_STRING("unsure 0000:01:00.0", found(machine, "8086:10d3 all"));
    TEST_ASSERT_EQUAL_STRING("unsure", found(machine, "8086:1572"));
    TEST_ASSERT_EQUAL_STRING("found 0000:01:00.0", found(machine, "0000:01:00.0 8086:10d3"));
}

UNITY_MAIN()
