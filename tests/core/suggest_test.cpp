// SPDX-License-Identifier: MIT
#include "core/suggest.h"

#include "base/text.h"
#include "machine.h"

using namespace vfio_early;

// A draft of the session's own configuration.
struct Suggesting {
    Session& session;
    Draft draft{session.config, session.plan, session.problems};

    Suggesting& want(std::vector<size_t> const& devices, Target target = Target::VfioPci)
    {
        for (auto const device : devices)
            draft.wanted[device] = target;
        complete(draft, session, by_address);
        return *this;
    }

    std::string lines() const
    {
        return written_by([&](Sink& sink) {
            write_lines(sink, draft, session.inventory,
                [](Sink& name, Device const& device) { print(name, "%i", device.id); });
        });
    }

    // 'ADDRESS CODE' of what is refused, one a line.
    std::string refusals() const
    {
        std::string all;
        for_each_refusal(draft, [&](Decision const& decision) {
            auto const* device = device_of(decision, session.inventory);
            all += (device ? text_of("%a", device->address) : "-") + " "
                + std::string(name_of(decision.reason)) + "\n";
        });
        return all;
    }
};

static void add_card(Machine& machine)
{
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8, "nouveau").is_express = true;
    machine.add("0000:01:00.1", "10de:1aeb", 0x040300, 8, "snd_hda_intel").is_express = true;
}

static std::string advice_on(Session const& session, size_t decision)
{
    auto const trial = std::make_unique_for_overwrite<Trial>();
    return written_by(
        [&](Sink& sink) { write_advice(sink, session.plan.decisions[decision], session, *trial); });
}

TEST(suggests_the_functions_of_the_card_and_names_them)
{
    Machine machine;
    add_card(machine);
    Suggesting suggesting{machine.session};
    TEST_ASSERT_EQUAL_STRING("[bind]\n"
                             "gpu        = 0000:01:00.0 10de:2191  ; 10de:2191\n"
                             "gpu-audio  = 0000:01:00.1 10de:1aeb  ; 10de:1aeb\n",
        suggesting.want({0}).lines());
    TEST_ASSERT_EQUAL_STRING("", suggesting.refusals());
}

TEST(parks_peers_that_nobody_asked_for_and_parts_of_the_board)
{
    Machine machine;
    machine.add("0000:02:00.0", "8086:1572", 0x020000, 5);
    machine.add("0000:03:00.0", "144d:a808", 0x010802, 5, "nvme");
    machine.add("0000:02:00.1", "8086:a131", 0x118000, 5);
    machine.add("0000:04:00.0", "8086:1572", 0x020000, 6);
    Suggesting suggesting{machine.session};
    TEST_ASSERT_EQUAL_STRING("[bind]\n"
                             "nic        = 0000:02:00.0 8086:1572  ; 8086:1572\n"
                             "[stub]\n"
                             "signal     = 0000:02:00.1 8086:a131  ; 8086:a131\n"
                             "nvme       = 0000:03:00.0 144d:a808  ; 144d:a808\n",
        suggesting.want({0}).lines());
}

TEST(a_device_that_was_asked_for_goes_to_a_guest_whatever_it_is)
{
    Machine machine;
    machine.add("0000:02:00.0", "8086:1572", 0x020000, 5);
    machine.add("0000:02:00.1", "8086:a131", 0x118000, 5);
    Suggesting suggesting{machine.session};
    TEST_ASSERT_EQUAL_STRING("[bind]\n"
                             "nic        = 0000:02:00.0 8086:1572  ; 8086:1572\n"
                             "signal     = 0000:02:00.1 8086:a131  ; 8086:a131\n",
        suggesting.want({0, 1}).lines());
}

TEST(labels_are_numbered_past_those_of_the_configuration)
{
    Machine machine;
    machine.add("0000:02:00.0", "8086:1572", 0x020000, 5);
    machine.add("0000:03:00.0", "8086:1572", 0x020000, 6);
    machine.add("0000:04:00.0", "8086:1572", 0x020000, 7);
    machine.plan("[bind]\nnic = 02:00.0\n");
    Suggesting suggesting{machine.session};
    TEST_ASSERT_EQUAL_STRING("[bind]\n"
                             "; 0000:02:00.0 has a line already: nic = 02:00.0\n"
                             "nic-2      = 0000:03:00.0 8086:1572  ; 8086:1572\n"
                             "nic-3      = 0000:04:00.0 8086:1572  ; 8086:1572\n",
        suggesting.want({0, 1, 2}).lines());
}

TEST(what_was_asked_for_gets_the_first_label)
{
    Machine machine;
    machine.add("0000:02:00.0", "8086:1572", 0x020000, 5);
    machine.add("0000:03:00.0", "8086:1572", 0x020000, 5);
    Suggesting suggesting{machine.session};
    TEST_ASSERT_EQUAL_STRING("[bind]\n"
                             "nic        = 0000:03:00.0 8086:1572  ; 8086:1572\n"
                             "[stub]\n"
                             "nic-2      = 0000:02:00.0 8086:1572  ; 8086:1572\n",
        suggesting.want({1}).lines());
}

TEST(a_function_that_guests_get_without_the_display_is_not_named_after_it)
{
    Machine machine;
    machine.add("0000:38:00.0", "1002:15dd", 0x030000, 11);
    machine.add("0000:38:00.3", "1022:15e0", 0x0c0330, 12);
    Suggesting suggesting{machine.session};
    TEST_ASSERT_EQUAL_STRING("[bind]\n"
                             "usb        = 0000:38:00.3 1022:15e0  ; 1022:15e0\n",
        suggesting.want({1}).lines());
}

TEST(a_device_that_is_parked_already_stays_there)
{
    Machine machine;
    add_card(machine);
    machine.plan("[stub]\nmusic = 01:00.1\n");
    Suggesting suggesting{machine.session};
    TEST_ASSERT_EQUAL_STRING("[bind]\n"
                             "gpu        = 0000:01:00.0 10de:2191  ; 10de:2191\n"
                             "[stub]\n"
                             "; 0000:01:00.1 has a line already: music = 01:00.1\n",
        suggesting.want({0}).lines());
}

TEST(explains_what_check_would_refuse)
{
    Machine machine;
    add_card(machine);
    machine.session.inventory.devices[0].is_boot_display = true;
    Suggesting boot_display{machine.session};
    TEST_ASSERT_EQUAL_STRING("", boot_display.want({1}).lines());
    TEST_ASSERT_EQUAL_STRING(
        "0000:01:00.1 group-refused\n0000:01:00.0 boot-display\n", boot_display.refusals());

    Machine board;
    board.add("0000:00:1f.0", "8086:a145", 0x060100, 10);
    board.add("0000:00:1f.3", "8086:a170", 0x040300, 10);
    Suggesting platform{board.session};
    TEST_ASSERT_EQUAL_STRING("", platform.want({1}).lines());
    TEST_ASSERT_EQUAL_STRING("0000:00:1f.3 shared-group\n", platform.refusals());
}

TEST(a_line_that_meant_another_card_is_not_taken_for_one_of_this_card)
{
    Machine machine;
    add_card(machine);
    machine.meant("01:00.1", "0000:01:00.1", "10de:9999", "0000:01:00.1");
    machine.plan("[bind]\nmusic = 01:00.1\n");
    TEST_ASSERT_EQUAL_STRING("music 0000:01:00.1 changed\n", verdicts(machine.session));
    Suggesting suggesting{machine.session};
    TEST_ASSERT_EQUAL_STRING("[bind]\n"
                             "gpu        = 0000:01:00.0 10de:2191  ; 10de:2191\n"
                             "gpu-audio  = 0000:01:00.1 10de:1aeb  ; 10de:1aeb\n",
        suggesting.want({0}).lines());
}

TEST(a_line_that_would_be_refused_keeps_its_group_from_being_suggested)
{
    Machine machine;
    add_card(machine);
    machine.plan("[bind]\nmusic = 01:00.1 10de:9999\n");
    Suggesting suggesting{machine.session};
    TEST_ASSERT_EQUAL_STRING("", suggesting.want({0}).lines());
    TEST_ASSERT_EQUAL_STRING("0000:01:00.0 group-refused\n", suggesting.refusals());
}

TEST(takes_functions_along_whose_group_comes_late)
{
    Machine machine;
    machine.session.inventory.groups_appear_late = true;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, {});
    machine.add("0000:01:00.1", "10de:1aeb", 0x040300, {});
    machine.add("0000:02:00.0", "8086:10d3", 0x020000, {});
    Suggesting suggesting{machine.session};
    TEST_ASSERT_EQUAL_STRING("[bind]\n"
                             "gpu        = 0000:01:00.0 10de:2191  ; 10de:2191\n"
                             "gpu-audio  = 0000:01:00.1 10de:1aeb  ; 10de:1aeb\n",
        suggesting.want({0}).lines());
}

TEST(says_when_there_is_no_room_for_as_many_lines)
{
    Machine machine;
    for (size_t i = 0; i <= max_entries; ++i)
        machine.add(text_of("0000:%2x:00.0", i).c_str(), "8086:1572", 0x020000, 5);
    Suggesting suggesting{machine.session};
    suggesting.want({0});
    TEST_ASSERT_TRUE(suggesting.draft.is_full);
    TEST_ASSERT_EQUAL_STRING("", suggesting.lines());
}

TEST(advises_the_lines_that_a_group_lacks_once_and_they_are_accepted)
{
    Machine machine;
    add_card(machine);
    machine.add("0000:02:00.0", "144d:a808", 0x010802, 8, "nvme");
    machine.add("0000:01:00.2", "10de:1aec", 0x0c0330, 8);
    machine.plan("[bind]\ngpu = 01:00.0\nusb = 01:00.2\n");
    TEST_ASSERT_EQUAL_STRING("", advice_on(machine.session, 0));
    TEST_ASSERT_EQUAL_STRING("  add:\n"
                             "    [bind]\n"
                             "    gpu-audio  = 0000:01:00.1 10de:1aeb\n"
                             "    [stub]\n"
                             "    nvme       = 0000:02:00.0 144d:a808\n",
        advice_on(machine.session, 1));
}

TEST(advises_no_line_that_would_be_refused)
{
    Machine machine;
    add_card(machine);
    HostFact fact;
    fact.why = FactText("/ on nvme0n1p2");
    fact.device.address = machine.add("0000:02:00.0", "144d:a808", 0x010802, 8, "nvme").address;
    fact.device.id = parse_device_id("144d:a808").value();
    fact.device.place = fact.device.address;
    machine.session.facts.host.append(fact);
    TEST_ASSERT_EQUAL_STRING("  no line helps: 0000:02:00.0 would be refused (protected)\n",
        advice_on(machine.plan("[bind]\ngpu = 01:00.0\n"), 0));

    Machine board;
    board.add("0000:00:1f.0", "8086:a145", 0x060100, 10);
    board.add("0000:00:1f.3", "8086:a170", 0x040300, 10);
    TEST_ASSERT_EQUAL_STRING(
        "  see: vfio-early why 0000:00:1f.3\n", advice_on(board.plan("[bind]\naudio = 00:1f.3\n"), 0));
}

UNITY_MAIN()
