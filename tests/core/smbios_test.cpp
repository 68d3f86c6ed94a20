// SPDX-License-Identifier: MIT
#include "core/smbios.h"

#include "machine.h"

using namespace vfio_early;

static std::string structure(uint8_t type, std::string formatted, std::string const& strings)
{
    std::string const header = {
        static_cast<char>(type), static_cast<char>(formatted.size() + 4), '\x12', '\x34'};
    return header + formatted + strings + (strings.empty() ? std::string(2, '\0') : std::string(1, '\0'));
}

// A System Slot at this place, whose name is its second string.
static std::string slot(char const* name, uint16_t segment, uint8_t bus, uint8_t device_function)
{
    std::string formatted(13, '\0');
    formatted[0] = 2;
    formatted[9] = static_cast<char>(segment);
    formatted[10] = static_cast<char>(segment >> 8);
    formatted[11] = static_cast<char>(bus);
    formatted[12] = static_cast<char>(device_function);
    return structure(9, formatted, std::string("other") + '\0' + name + '\0');
}

static Device port()
{
    Device port;
    port.address = parse_address("0000:00:1c.4").value();
    port.secondary_bus = 3;
    return port;
}

TEST(finds_the_slot_of_a_port_by_the_port_or_by_what_is_in_it)
{
    TEST_ASSERT_EQUAL_STRING("PCIEX1_2", slot_name(slot("PCIEX1_2", 0, 0, 0x1c << 3 | 4), port()));
    TEST_ASSERT_EQUAL_STRING("PCIEX1_2", slot_name(slot("PCIEX1_2", 0, 3, 0), port()));
    TEST_ASSERT_EQUAL_STRING("", slot_name(slot("PCIEX1_2", 0, 0, 0x1c << 3 | 5), port()));
    TEST_ASSERT_EQUAL_STRING("", slot_name(slot("PCIEX1_2", 1, 3, 0), port()));
    TEST_ASSERT_EQUAL_STRING("", slot_name(slot("PCIEX1_2", 0, 0xff, 0xff), port()));
}

TEST(passes_over_other_structures_with_and_without_strings)
{
    auto const table = structure(1, std::string(23, '\1'), std::string("vendor\0board\0", 13))
        + structure(8, std::string(5, '\0'), "") + slot("A", 0, 0, 0) + slot(" B ", 0, 3, 0)
        + slot("C", 0, 3, 0);
    TEST_ASSERT_EQUAL_STRING("B", slot_name(table, port()));
}

TEST(finds_nothing_in_a_table_that_is_cut_or_older_or_makes_no_sense)
{
    auto const whole = slot("PCIEX1_2", 0, 3, 0);
    TEST_ASSERT_EQUAL_STRING("", slot_name("", port()));
    for (size_t size = 0; size < 17; ++size)
        TEST_ASSERT_EQUAL_STRING("", slot_name(std::string_view(whole).substr(0, size), port()));
    auto shorter = structure(9, std::string(9, '\1'), std::string("old\0", 4)); // SMBIOS 2.0 to 2.5
    TEST_ASSERT_EQUAL_STRING("", slot_name(shorter, port()));
    auto too_short = whole;
    too_short[1] = 3;
    TEST_ASSERT_EQUAL_STRING("", slot_name(too_short, port()));
    auto no_such_string = whole;
    no_such_string[4] = 7;
    TEST_ASSERT_EQUAL_STRING("", slot_name(no_such_string, port()));
    TEST_ASSERT_EQUAL_STRING("", slot_name(std::string(4096, '\xff'), port()));
}

UNITY_MAIN()
