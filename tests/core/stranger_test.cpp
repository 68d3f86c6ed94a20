// SPDX-License-Identifier: MIT
#include "core/stranger.h"

#include "machine.h"

using namespace vfio_early;

// 'ADDRESS', 'on' for vfio-pci, and the driver that it is named for, for every stranger, one a line.
static std::string strangers_of(Session const& session)
{
    std::string all;
    for (auto const& stranger : session.strangers) {
        all += text_of("%a", stranger.address) + (stranger.is_on_vfio_pci ? " on" : "");
        if (stranger.named_for)
            all += " " + std::string(driver_name(*stranger.named_for)) + (stranger.is_taken ? " taken" : "");
        all += "\n";
    }
    return all;
}

static Address at(char const* text)
{
    return *parse_address(text);
}

// Two NICs of a model that the command line names for vfio-pci, which we load; a line selects the first.
struct TwoNics : Machine {
    TwoNics()
    {
        add("0000:01:00.0", "8086:10d3", 0x020000, 1);
        plan("[bind]\nnic = 01:00.0\n");
        parse_kernel_settings("vfio-pci.ids=8086:10d3", session.module_settings);
        session.loading_of(Target::VfioPci).is_ours = true;
    }

    static Device nic(char const* address, char const* driver = "e1000e")
    {
        Machine other;
        return other.add(address, "8086:10d3", 0x020000, {}, driver);
    }

    std::string noted(Device const& device)
    {
        note_named(session, device);
        return strangers_of(session);
    }
};

TEST(notes_what_is_named_and_not_selected)
{
    TEST_ASSERT_EQUAL_STRING("0000:02:00.0 vfio-pci\n", TwoNics().noted(TwoNics::nic("0000:02:00.0")));
    TEST_ASSERT_EQUAL_STRING("", TwoNics().noted(TwoNics::nic("0000:01:00.0")));
}

TEST(notes_nothing_for_a_driver_that_others_load)
{
    TwoNics nics;
    nics.session.loading_of(Target::VfioPci).is_ours = false;
    nics.session.loading_of(Target::PciStub).is_ours = true;
    TEST_ASSERT_EQUAL_STRING("", nics.noted(TwoNics::nic("0000:02:00.0")));
}

TEST(takes_what_an_ambiguous_line_names_for_selected)
{
    Machine machine;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 1);
    machine.add("0000:02:00.0", "8086:10d3", 0x020000, 2);
    machine.add("0000:03:00.0", "1b36:0010", 0x010802, 3);
    auto& session = machine.plan("[bind]\nnic = 8086:10d3\n");
    TEST_ASSERT_TRUE(is_selected(session, at("0000:02:00.0")));
    TEST_ASSERT_FALSE(is_selected(session, at("0000:03:00.0")));
    TEST_ASSERT_FALSE(is_selected(session, at("0000:04:00.0")));
}

TEST(does_not_take_what_is_in_the_way_of_a_line_for_selected)
{
    Machine machine;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 1);
    machine.add("0000:01:00.1", "1b36:0010", 0x010802, 1);
    auto& session = machine.plan("[bind]\nnic = 01:00.0\n");
    TEST_ASSERT_FALSE(is_selected(session, at("0000:01:00.1")));
}

TEST(passes_over_bridges)
{
    TwoNics nics;
    parse_kernel_settings("vfio-pci.ids=1b36:000c", nics.session.module_settings);
    Machine other;
    TEST_ASSERT_EQUAL_STRING("", nics.noted(other.add("0000:00:01.0", "1b36:000c", 0x060400, {})));
}

TEST(tells_in_a_rehearsal_that_the_next_boot_gives_a_device_back)
{
    TEST_ASSERT_EQUAL_STRING(
        "0000:02:00.0 vfio-pci taken\n", TwoNics().noted(TwoNics::nic("0000:02:00.0", "vfio-pci")));
    // At the boot somebody else put it there, so that it does not stay with its host driver.
    TwoNics booted;
    booted.session.mode = Mode::Bind;
    TEST_ASSERT_EQUAL_STRING("", booted.noted(TwoNics::nic("0000:02:00.0", "vfio-pci")));
}

TEST(notes_what_is_on_vfio_pci_without_a_line)
{
    TwoNics nics;
    for (auto const* address : {"0000:03:00.0", "0000:01:00.0", "0000:02:00.0", "10000:00:00.0"})
        note_taken(nics.session, at(address));
    TEST_ASSERT_EQUAL_STRING(
        "0000:02:00.0 on\n0000:03:00.0 on\n10000:00:00.0 on\n", strangers_of(nics.session));
    TEST_ASSERT_EQUAL_STRING("0000:02:00.0 on vfio-pci taken\n0000:03:00.0 on\n10000:00:00.0 on\n",
        nics.noted(TwoNics::nic("0000:02:00.0", "vfio-pci")));
}

TEST(says_that_there_are_more_than_fit)
{
    Machine machine;
    for (uint32_t i = 0; i < max_devices; ++i)
        note_taken(machine.session, {.domain = i});
    TEST_ASSERT_FALSE(machine.session.has_more_strangers);
    note_taken(machine.session, {.domain = 0});
    TEST_ASSERT_FALSE(machine.session.has_more_strangers);
    note_taken(machine.session, {.domain = max_devices});
    TEST_ASSERT_TRUE(machine.session.has_more_strangers);
}

UNITY_MAIN()
