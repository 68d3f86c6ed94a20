// SPDX-License-Identifier: MIT
#include "core/slot.h"

#include "text_of.h"
#include "unity.h"

using namespace vfio_early;

static Slot slot_of(char const* link)
{
    return parse_slot_link(link).value();
}

static std::string text_of_slot(Slot const& slot)
{
    return written_by([&](Sink& sink) { put_slot(sink, slot); });
}

TEST(is_the_way_from_the_root_bus)
{
    auto const slot = slot_of("../../../devices/pci0000:00/0000:00:1c.4/0000:03:00.0");
    TEST_ASSERT_EQUAL_STRING("0000:00:1c.4/00.0", text_of_slot(slot));
    TEST_ASSERT_EQUAL_STRING("", slot.root.parent.view());
    TEST_ASSERT_EQUAL_STRING(
        "0000:00:1f.2", text_of_slot(slot_of("../../../devices/pci0000:00/0000:00:1f.2")));
}

TEST(knows_what_a_root_bus_belongs_to)
{
    auto const vmd =
        slot_of("../../../devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0");
    TEST_ASSERT_EQUAL_STRING("10000:e0:06.0/00.0", text_of_slot(vmd));
    TEST_ASSERT_EQUAL_STRING("pci0000:00/0000:00:0e.0/", vmd.root.parent.view());
    auto const arm = slot_of("../../../devices/platform/soc/40000000.pcie/pci0000:00/0000:00:01.0");
    TEST_ASSERT_EQUAL_STRING("platform/soc/40000000.pcie/", arm.root.parent.view());
}

TEST(refuses_what_is_no_way_to_a_function)
{
    for (auto const* link :
        {"", "../../../devices", "../../../devices/pci0000:00", "pci0000:00/x/0000:00:01.0",
            "../../../devices/platform/0000:00:01.0", "../../../devices/pci0000:0g/0000:00:01.0"})
        TEST_ASSERT_FALSE(parse_slot_link(link).has_value());
    std::string deep = "../../../devices/pci0000:00";
    for (int i = 0; i < 10; ++i)
        deep += "/0000:0" + std::to_string(i) + ":00.0";
    TEST_ASSERT_FALSE(parse_slot_link(deep).has_value());
    TEST_ASSERT_FALSE(
        parse_slot_link("devices/" + std::string(200, 'x') + "/pci0000:00/0000:00:01.0").has_value());
}

TEST(knows_a_root_bus_by_the_firmwares_name_then_by_what_it_belongs_to_then_by_its_number)
{
    RootBus left = {.domain = 0, .bus = 0x40};
    RootBus right = {.domain = 0, .bus = 0x50};
    TEST_ASSERT_FALSE(is_same_root(left, right));
    left.firmware_path.append("\\_SB_.PC01");
    right.firmware_path.append("\\_SB_.PC01");
    TEST_ASSERT_TRUE(is_same_root(left, right));
    right.firmware_path.append("x");
    right.bus = 0x40;
    TEST_ASSERT_FALSE(is_same_root(left, right));
    RootBus vmd = {.domain = 0x10000, .bus = 0};
    RootBus moved = {.domain = 0x10001, .bus = 0};
    vmd.parent.append("pci0000:00/0000:00:0e.0/");
    moved.parent.append("pci0000:00/0000:00:0e.0/");
    TEST_ASSERT_TRUE(is_same_root(vmd, moved));
    moved.parent.append("x");
    TEST_ASSERT_FALSE(is_same_root(vmd, moved));
}

UNITY_MAIN()
