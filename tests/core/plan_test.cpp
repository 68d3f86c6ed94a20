// SPDX-License-Identifier: MIT
#include "core/plan.h"

#include "machine.h"

#include "text_of.h"
#include <cerrno>

using namespace vfio_early;

// The laptop of machines/gtx1660ti-laptop.txt: four functions of one card in one group.
static void add_card(Machine& machine)
{
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8, "nouveau");
    machine.add("0000:01:00.1", "10de:1aeb", 0x040300, 8);
    machine.add("0000:01:00.2", "10de:1aec", 0x0c0330, 8);
    machine.add("0000:01:00.3", "10de:1aed", 0x0c8000, 8);
}

TEST(binds_a_card_of_which_every_function_is_listed)
{
    Machine machine;
    add_card(machine);
    TEST_ASSERT_EQUAL_STRING("gpu 0000:01:00.0 would-bind\ngpu 0000:01:00.1 would-bind\n"
                             "gpu 0000:01:00.2 would-bind\ngpu 0000:01:00.3 would-bind\n",
        verdicts(machine.plan("[bind]\ngpu = 01:00.*\n")));
}

TEST(refuses_gpu_whose_audio_function_is_not_listed)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:1401", 0x030000, 1);
    machine.add("0000:01:00.1", "10de:0fba", 0x040300, 1);
    TEST_ASSERT_EQUAL_STRING(
        "gpu 0000:01:00.0 shared-group\n", verdicts(machine.plan("[bind]\ngpu = 01:00.0\n")));
}

TEST(binds_gpu_whose_audio_function_is_parked_on_the_stub)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:1401", 0x030000, 1);
    machine.add("0000:01:00.1", "10de:0fba", 0x040300, 1);
    auto const& session = machine.plan("[bind]\ngpu = 01:00.0\n[stub]\naudio = 01:00.1\n");
    TEST_ASSERT_EQUAL_STRING(
        "gpu 0000:01:00.0 would-bind\naudio 0000:01:00.1 would-bind\n", verdicts(session));
    TEST_ASSERT_TRUE(session.plan.decisions[1].target == Target::PciStub);
}

TEST(refuses_the_whole_group_for_one_function_of_another_model)
{
    Machine machine;
    add_card(machine);
    TEST_ASSERT_EQUAL_STRING("gpu 0000:01:00.0 id-mismatch\nrest 0000:01:00.1 group-refused\n"
                             "rest 0000:01:00.2 group-refused\nrest 0000:01:00.3 group-refused\n",
        verdicts(machine.plan("[bind]\ngpu = 01:00.0 10de:9999\nrest = 01:00.*\n")));
}

TEST(does_not_let_a_later_line_allow_what_an_earlier_one_refused_nor_the_other_way_round)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    TEST_ASSERT_EQUAL_STRING("gpu 0000:01:00.0 id-mismatch\n",
        verdicts(machine.plan("[bind]\ncard = 01:00.*\ngpu = 01:00.0 10de:9999\n")));
}

TEST(lists_once_a_device_that_two_lines_select_alike)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    auto const& session = machine.plan("[bind]\ngpu = 01:00.0\nsame = 10de:2191\n");
    TEST_ASSERT_EQUAL_STRING("gpu 0000:01:00.0 would-bind\n", verdicts(session));
    TEST_ASSERT_TRUE(session.problems.empty());
}

TEST(finds_an_error_in_two_lines_that_both_hand_over_one_device)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    auto const& session = machine.plan(
        "[bind]\ngpu = 01:00.0\nsame = 10de:2191\n[handover]\ngpu = x.service\nsame = y.service\n");
    TEST_ASSERT_EQUAL_UINT(1, session.problems.size());
    TEST_ASSERT_EQUAL_UINT(3, session.problems[0].line);
    TEST_ASSERT_EQUAL_STRING("'same' and 'gpu' on line 2 both hand over 0000:01:00.0, keep one of the two "
                             "under [handover]",
        session.problems[0].text.view());
    Machine other;
    other.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    TEST_ASSERT_TRUE(other.plan("[bind]\ngpu = 01:00.0\nsame = 10de:2191\n[handover]\nsame = y.service\n")
                         .problems.empty());
}

TEST(finds_an_error_in_two_lines_that_want_different_drivers_for_one_device)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    auto const& session = machine.plan("[bind]\ngpu = 01:00.0\n[stub]\nother = 10de:2191\n");
    TEST_ASSERT_EQUAL_UINT(1, session.problems.size());
    TEST_ASSERT_EQUAL_UINT(4, session.problems[0].line);
    TEST_ASSERT_EQUAL_STRING("'other' selects 0000:01:00.0 for [stub], but 'gpu' on line 2 selects it for "
                             "[bind], keep one of the two",
        session.problems[0].text.view());
}

TEST(refuses_an_id_that_two_devices_have)
{
    Machine machine;
    machine.add("0000:08:00.3", "1022:1639", 0x0c0330, 16);
    machine.add("0000:08:00.4", "1022:1639", 0x0c0330, 17);
    TEST_ASSERT_EQUAL_STRING("usb - ambiguous\n", verdicts(machine.plan("[bind]\nusb = 1022:1639\n")));
}

TEST(does_not_count_what_an_ambiguous_line_may_mean_as_listed)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    machine.add("0000:01:00.1", "10de:1aeb", 0x040300, 8);
    machine.add("0000:02:00.1", "10de:1aeb", 0x040300, 9);
    TEST_ASSERT_EQUAL_STRING("gpu 0000:01:00.0 shared-group\naudio - ambiguous\n",
        verdicts(machine.plan("[bind]\ngpu = 01:00.0\naudio = 10de:1aeb\n")));
}

TEST(refuses_what_is_not_there)
{
    Machine machine;
    TEST_ASSERT_EQUAL_STRING(
        "a - not-found\nb - not-found\n", verdicts(machine.plan("[bind]\na = 01:00.0\nb = 1b21:1242\n")));
}

TEST(refuses_bridges_and_host_bridges)
{
    Machine machine;
    machine.add("0000:00:01.0", "8086:1901", 0x060400, 1);
    machine.add("0000:00:00.0", "8086:191f", 0x060000, 0);
    TEST_ASSERT_EQUAL_STRING("port 0000:00:01.0 is-bridge\nhost 0000:00:00.0 is-bridge\n",
        verdicts(machine.plan("[bind]\nport = 00:01.0\nhost = 00:00.0\n")));
}

TEST(skips_bridges_that_a_star_covers)
{
    Machine machine;
    machine.add("0000:02:00.0", "1022:43d5", 0x0c0330, 11);
    machine.add("0000:02:00.1", "1022:43c8", 0x010601, 11);
    machine.add("0000:02:00.2", "1022:43c6", 0x060400, 11);
    TEST_ASSERT_EQUAL_STRING("chipset 0000:02:00.0 would-bind\nchipset 0000:02:00.1 would-bind\n",
        verdicts(machine.plan("[bind]\nchipset = 02:00.*\n")));
}

TEST(says_is_bridge_if_a_star_covers_nothing_else)
{
    Machine machine;
    machine.add("0000:00:01.0", "8086:1901", 0x060400, 1);
    TEST_ASSERT_EQUAL_STRING(
        "port 0000:00:01.0 is-bridge\n", verdicts(machine.plan("[bind]\nport = 00:01.*\n")));
}

TEST(refuses_without_an_iommu)
{
    for (auto const state : {Iommu::OffInKernel, Iommu::OffInFirmware, Iommu::Absent}) {
        Machine machine;
        machine.session.inventory.iommu = state;
        machine.add("0000:01:00.0", "8086:10d3", 0x020000, {});
        TEST_ASSERT_EQUAL_STRING(
            "nic 0000:01:00.0 no-iommu\n", verdicts(machine.plan("[bind]\nnic = 01:00.0\n")));
    }
}

TEST(trusts_a_group_more_than_an_empty_list_of_iommus)
{
    Machine machine;
    machine.session.inventory.iommu = Iommu::Absent;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 3);
    TEST_ASSERT_EQUAL_STRING(
        "nic 0000:01:00.0 would-bind\n", verdicts(machine.plan("[bind]\nnic = 01:00.0\n")));
}

TEST(refuses_a_device_without_a_group_where_groups_come_up_front)
{
    Machine machine;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, {});
    TEST_ASSERT_EQUAL_STRING(
        "nic 0000:01:00.0 no-group\n", verdicts(machine.plan("[bind]\nnic = 01:00.0\n")));
}

TEST(refuses_the_iommu_itself_where_groups_come_late)
{
    Machine machine;
    machine.session.inventory.groups_appear_late = true;
    machine.add("0000:00:01.0", "1af4:1057", 0x00ff00, {}).header = HeaderType::Normal;
    TEST_ASSERT_EQUAL_STRING("it 0000:00:01.0 no-group\n", verdicts(machine.plan("[bind]\nit = 00:01.0\n")));
}

TEST(tries_a_device_without_a_group_where_groups_come_late)
{
    Machine machine;
    machine.session.inventory.groups_appear_late = true;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, {});
    TEST_ASSERT_EQUAL_STRING(
        "nic 0000:01:00.0 would-bind\n", verdicts(machine.plan("[bind]\nnic = 01:00.0\n")));
}

TEST(refuses_a_no_iommu_group_even_without_an_iommu)
{
    Machine machine;
    machine.session.inventory.iommu = Iommu::Absent;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 0);
    machine.session.inventory.groups[0].is_no_iommu = true;
    TEST_ASSERT_EQUAL_STRING(
        "nic 0000:01:00.0 noiommu-group\n", verdicts(machine.plan("[bind]\nnic = 01:00.0\n")));
}

TEST(refuses_the_boot_display_unless_told_otherwise)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8).is_boot_display = true;
    TEST_ASSERT_EQUAL_STRING(
        "gpu 0000:01:00.0 boot-display\n", verdicts(machine.plan("[bind]\ngpu = 01:00.0\n")));
    Machine willing;
    willing.add("0000:01:00.0", "10de:2191", 0x030000, 8).is_boot_display = true;
    TEST_ASSERT_EQUAL_STRING("gpu 0000:01:00.0 would-bind\n",
        verdicts(willing.plan("[bind]\ngpu = 01:00.0\n[options]\nboot-display = bind\n")));
}

TEST(refuses_what_cannot_be_read)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8).is_readable = false;
    TEST_ASSERT_EQUAL_STRING(
        "gpu 0000:01:00.0 unreadable\n", verdicts(machine.plan("[bind]\ngpu = 01:00.0\n")));
}

TEST(refuses_a_device_whose_group_cannot_be_read)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    machine.session.inventory.groups[0].is_readable = false;
    TEST_ASSERT_EQUAL_STRING(
        "gpu 0000:01:00.0 unreadable\n", verdicts(machine.plan("[bind]\ngpu = 01:00.0\n")));
}

TEST(does_not_believe_an_id_that_cannot_be_read)
{
    Machine machine;
    auto& gpu = machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    gpu.is_identified = gpu.is_readable = false;
    TEST_ASSERT_EQUAL_STRING(
        "gpu 0000:01:00.0 id-mismatch\n", verdicts(machine.plan("[bind]\ngpu = 01:00.0 10de:2191\n")));
}

TEST(refuses_everything_when_there_are_more_devices_than_fit)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    machine.session.inventory.is_overfull = true;
    TEST_ASSERT_EQUAL_STRING(
        "gpu 0000:01:00.0 unreadable\n", verdicts(machine.plan("[bind]\ngpu = 01:00.0\n")));
}

TEST(does_not_say_that_nothing_is_there_when_there_are_more_devices_than_fit)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    machine.session.inventory.is_overfull = true;
    TEST_ASSERT_EQUAL_STRING("nic - unreadable\n", verdicts(machine.plan("[bind]\nnic = 8086:1572\n")));
}

TEST(counts_a_member_that_is_not_a_pci_function)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    machine.session.inventory.groups[0].others.append(FixedString<max_member_name_bytes>("fd4a0000.usb"));
    TEST_ASSERT_EQUAL_STRING(
        "gpu 0000:01:00.0 shared-group\n", verdicts(machine.plan("[bind]\ngpu = 01:00.0\n")));
}

TEST(says_which_drivers_it_needs)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    machine.add("0000:02:00.0", "8086:10d3", 0x020000, 9);
    auto const& plan = machine.plan("[bind]\ngpu = 01:00.0\n[stub]\nnic = 02:00.0 8086:9999\n").plan;
    TEST_ASSERT_TRUE(needs_driver(plan, Target::VfioPci));
    TEST_ASSERT_FALSE(needs_driver(plan, Target::PciStub));
}

TEST(recognises_vfio_pcis_answer_to_a_device_without_a_group)
{
    Device const without_group;
    Device with_group;
    with_group.group = 8;
    TEST_ASSERT_TRUE(reason_of({Failure::Step::Bind, EINVAL}, without_group) == Reason::NoGroup);
    TEST_ASSERT_TRUE(reason_of({Failure::Step::Bind, EINVAL}, with_group) == Reason::BindFailed);
    TEST_ASSERT_TRUE(reason_of({Failure::Step::Bind, EIO}, without_group) == Reason::BindFailed);
    TEST_ASSERT_TRUE(reason_of({Failure::Step::Unbind, EINVAL}, without_group) == Reason::BindFailed);
}

// A card was put in front of two NICs of one model: 04:00.0 became 05:00.0, and 03:00.0 became 04:00.0.
static void shift(Machine& machine)
{
    machine.add("0000:04:00.0", "8086:10d3", 0x020000, 4, "e1000e");
    machine.add("0000:05:00.0", "8086:10d3", 0x020000, 5, "e1000e");
}

TEST(binds_what_a_line_meant_at_its_new_address_and_leaves_what_is_at_the_listed_one)
{
    Machine machine;
    shift(machine);
    machine.meant("04:00.0", "0000:04:00.0", "8086:10d3", "0000:05:00.0");
    TEST_ASSERT_EQUAL_STRING(
        "nic 0000:05:00.0 would-bind\n", verdicts(machine.plan("[bind]\nnic = 04:00.0\n")));
}

TEST(says_changed_when_the_model_left_its_slot_whatever_the_line_leads_to)
{
    auto const verdicts_with = [](char const* at_listed_address, char const* line) {
        Machine machine;
        if (*at_listed_address)
            machine.add("0000:04:00.0", at_listed_address, 0x020000, 4);
        machine.add("0000:06:00.0", "8086:10d3", 0x020000, 6);
        machine.meant("04:00.0", "0000:04:00.0", "8086:10d3", "0000:04:00.0");
        machine.meant("04:00.0 8086:10d3", "0000:04:00.0", "8086:10d3", "0000:04:00.0");
        return verdicts(machine.plan(line));
    };
    for (auto const* line : {"[bind]\nnic = 04:00.0\n", "[bind]\nnic = 04:00.0 8086:10d3\n"}) {
        TEST_ASSERT_EQUAL_STRING("nic 0000:04:00.0 changed\n", verdicts_with("10de:2191", line));
        TEST_ASSERT_EQUAL_STRING("nic - changed\n", verdicts_with("", line));
    }
}

TEST(does_not_refuse_a_device_to_the_line_that_meant_it_because_another_line_leads_to_it_now)
{
    for (auto const* config :
        {"[bind]\nleft = 04:00.0\nright = 05:00.0\n", "[bind]\nright = 05:00.0\nleft = 04:00.0\n"}) {
        Machine machine;
        shift(machine);
        machine.add("0000:09:00.0", "10de:2191", 0x030000, 9);
        machine.meant("04:00.0", "0000:04:00.0", "10de:2191", "");
        machine.meant("05:00.0", "0000:05:00.0", "8086:10d3", "0000:04:00.0");
        auto const all = verdicts(machine.plan(config));
        TEST_ASSERT_TRUE(all.find("left - changed\n") != std::string::npos);
        TEST_ASSERT_TRUE(all.find("right 0000:04:00.0 would-bind\n") != std::string::npos);
    }
}

TEST(says_of_each_device_of_a_line_for_all_whether_it_was_recorded)
{
    Machine machine;
    shift(machine);
    machine.meant("8086:10d3 all", "0000:04:00.0", "8086:10d3", "0000:04:00.0");
    auto const& plan = machine.plan("[bind]\nnics = 8086:10d3 all\n").plan;
    TEST_ASSERT_TRUE(plan.decisions[0].note == Recollection::Note::None);
    TEST_ASSERT_TRUE(plan.decisions[1].note == Recollection::Note::NotRecorded);
}

TEST(tells_of_each_function_of_a_card_where_it_was)
{
    Machine machine;
    machine.add("0000:05:00.0", "10de:2191", 0x030000, 5);
    machine.add("0000:05:00.1", "10de:1aeb", 0x040300, 5);
    machine.meant("04:00.*", "0000:04:00.0", "10de:2191", "0000:05:00.0");
    auto const& plan = machine.plan("[bind]\ngpu = 04:00.*\n").plan;
    TEST_ASSERT_EQUAL_UINT(2, plan.decisions.size());
    TEST_ASSERT_EQUAL_STRING("0000:04:00.1", text_of("%a", plan.decisions[1].meant->was));
    TEST_ASSERT_EQUAL_STRING("0000:05:00.1", text_of("%a", plan.decisions[1].meant->is_now.value()));
}

// The host needs a device with this id, which was and is at this address.
static void host_needs(Machine& machine, char const* address, char const* id, char const* why, bool is_spare)
{
    Identity identity;
    identity.address = parse_address(address).value();
    identity.id = parse_device_id(id).value();
    identity.subsystem = parse_device_id("1043:8520").value();
    identity.place = identity.address;
    machine.session.facts.host.append({FactText(why), identity, is_spare});
}

TEST(gives_away_one_of_several_default_routes_and_not_all)
{
    auto const verdicts_with = [](char const* config) {
        Machine machine;
        shift(machine);
        host_needs(machine, "0000:04:00.0", "8086:10d3", "one of several default routes, through eth0", true);
        host_needs(machine, "0000:05:00.0", "8086:10d3", "one of several default routes, through eth1", true);
        auto const& session = machine.plan(config);
        return verdicts(session) + (session.plan.decisions[0].is_spare ? "spare" : "");
    };
    TEST_ASSERT_EQUAL_STRING("a 0000:04:00.0 would-bind\nspare", verdicts_with("[bind]\na = 04:00.0\n"));
    TEST_ASSERT_EQUAL_STRING("a 0000:04:00.0 protected\nb 0000:05:00.0 protected\n",
        verdicts_with("[bind]\na = 04:00.0\nb = 05:00.0\n"));
    TEST_ASSERT_EQUAL_STRING("a 0000:04:00.0 would-bind\nb 0000:05:00.0 would-bind\n",
        verdicts_with("[bind]\na = 04:00.0\nb = 05:00.0\n[options]\nprotect = none\n"));
}

TEST(protects_a_device_unless_every_line_that_selects_it_is_excepted)
{
    for (auto const* excepted : {"a", "b"}) {
        Machine machine;
        shift(machine);
        host_needs(machine, "0000:04:00.0", "8086:10d3", "/ on sda1", false);
        auto const config =
            std::string("[bind]\na = 04:00.0\nb = 04:00.0 8086:10d3\n[options]\nprotect = all except ")
            + excepted + "\n";
        TEST_ASSERT_EQUAL_STRING("a 0000:04:00.0 protected\n", verdicts(machine.plan(config.c_str())));
    }
}

TEST(does_not_mix_up_the_ports_of_a_card_which_have_one_serial_number)
{
    auto const add_port = [](Machine& machine, char const* address) {
        machine.add(address, "8086:1572", 0x020000, 4).serial = 7;
    };
    Machine machine;
    add_port(machine, "0000:04:00.0");
    add_port(machine, "0000:04:00.1");
    host_needs(machine, "0000:04:00.0", "8086:1572", "the default route through eth0", false);
    machine.session.facts.host[0].device.serial = 7;
    machine.session.inventory.devices[0].group = 3;
    TEST_ASSERT_EQUAL_STRING(
        "port 0000:04:00.1 would-bind\n", verdicts(machine.plan("[bind]\nport = 04:00.1\n")));

    Machine moved;
    add_port(moved, "0000:05:00.0");
    add_port(moved, "0000:05:00.1");
    moved.meant("04:00.1", "0000:04:00.1", "8086:1572", "");
    moved.session.facts.lines[0].device->serial = 7;
    auto const& decision = moved.plan("[bind]\nport = 04:00.1\n").plan.decisions[0];
    TEST_ASSERT_EQUAL_STRING("0000:05:00.1", text_of("%a", decision.meant->is_now.value()));
}

TEST(does_not_refuse_a_device_to_its_own_line_because_another_lines_card_was_replaced_by_it)
{
    for (auto const* config : {"[bind]\ngpu = 10de:2191\n[stub]\nold = 04:00.0 8086:10d3\n",
             "[stub]\nold = 04:00.0 8086:10d3\n[bind]\ngpu = 10de:2191\n"}) {
        Machine machine;
        machine.add("0000:04:00.0", "10de:2191", 0x030000, 4);
        machine.meant("04:00.0 8086:10d3", "0000:04:00.0", "8086:10d3", "0000:04:00.0");
        auto const& session = machine.plan(config);
        TEST_ASSERT_TRUE(session.problems.empty());
        auto const all = verdicts(session);
        TEST_ASSERT_TRUE(all.find("gpu 0000:04:00.0 would-bind\n") != std::string::npos);
        TEST_ASSERT_TRUE(all.find("old - id-mismatch\n") != std::string::npos);
    }
}

TEST(tells_of_a_move_also_when_another_line_selects_the_device_too)
{
    Machine machine;
    shift(machine);
    machine.meant("04:00.0", "0000:04:00.0", "8086:10d3", "0000:05:00.0");
    auto const& plan = machine.plan("[bind]\nnics = 8086:10d3 all\nnic = 04:00.0\n").plan;
    TEST_ASSERT_TRUE(plan.decisions[1].meant.has_value());
}

TEST(leaves_the_whole_group_of_what_is_handed_over_with_the_host)
{
    Machine machine;
    add_card(machine);
    machine.add("0000:02:00.0", "8086:10d3", 0x020000, 9);
    auto& session = machine.plan("[bind]\nnic = 02:00.0\ngpu = 01:00.0\nrest = 01:00.*\n"
                                 "[handover]\nrest = nouveau\n");
    leave_for_handover(session.plan, session.inventory);
    TEST_ASSERT_EQUAL_STRING("nic 0000:02:00.0 would-bind\ngpu 0000:01:00.0 handover\n"
                             "rest 0000:01:00.1 handover\nrest 0000:01:00.2 handover\n"
                             "rest 0000:01:00.3 handover\n",
        verdicts(session));
    TEST_ASSERT_TRUE(needs_driver(session.plan, Target::VfioPci));
    TEST_ASSERT_FALSE(is_open(session.plan.decisions[1]));
}

TEST(needs_no_driver_for_what_is_handed_over)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8, "nouveau");
    auto& session = machine.plan("[bind]\ngpu = 01:00.0\n[handover]\ngpu = nouveau\n");
    leave_for_handover(session.plan, session.inventory);
    TEST_ASSERT_FALSE(needs_driver(session.plan, Target::VfioPci));
}

TEST(refuses_what_is_handed_over_for_every_other_reason_all_the_same)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8, "nouveau");
    machine.add("0000:01:00.1", "10de:1aeb", 0x040300, 8);
    host_needs(machine, "0000:02:00.0", "8086:10d3", "the default route through eth0", false);
    machine.add("0000:02:00.0", "8086:10d3", 0x020000, 9);
    auto& session = machine.plan("[bind]\ngpu = 01:00.0\nnic = 02:00.0\nnone = 03:00.0\n"
                                 "[handover]\ngpu = nouveau\nnic = e1000e\nnone = x\n");
    leave_for_handover(session.plan, session.inventory);
    TEST_ASSERT_EQUAL_STRING(
        "gpu 0000:01:00.0 shared-group\nnic 0000:02:00.0 protected\nnone - not-found\n", verdicts(session));
}

TEST(does_not_refuse_the_boot_display_where_it_is_handed_over)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8).is_boot_display = true;
    machine.add("0000:02:00.0", "10de:2191", 0x030000, 9).may_be_boot_display = true;
    auto const* config = "[bind]\ngpu = 01:00.0\nother = 02:00.0\n[handover]\ngpu = nouveau\n";
    TEST_ASSERT_EQUAL_STRING(
        "gpu 0000:01:00.0 would-bind\nother 0000:02:00.0 boot-display\n", verdicts(machine.plan(config)));
}

TEST(hands_over_a_device_that_two_lines_select_where_either_says_so)
{
    for (auto const* label : {"gpu", "same"}) {
        Machine machine;
        machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
        auto& session = machine.plan(
            text_of("[bind]\ngpu = 01:00.0\nsame = 10de:2191\n[handover]\n%c = nouveau\n", label).c_str());
        leave_for_handover(session.plan, session.inventory);
        TEST_ASSERT_EQUAL_STRING("gpu 0000:01:00.0 handover\n", verdicts(session));
    }
}

UNITY_MAIN()
