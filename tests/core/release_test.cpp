// SPDX-License-Identifier: MIT
#include "core/release.h"

#include "core/explain.h"
#include "core/plan.h"
#include "core/report.h"
#include "machine.h"

#include "text_of.h"

using namespace vfio_early;

namespace {

// A card in one group, a disk that is stubbed, and a NIC that the host has.
struct BoundMachine : Machine {
    BoundMachine()
    {
        session.mode = Mode::Release;
        add("0000:01:00.0", "10de:2191", 0x030000, 8, "vfio-pci");
        add("0000:01:00.1", "10de:1aeb", 0x040300, 8, "vfio-pci");
        add("0000:02:00.0", "144d:a808", 0x010802, 9, "pci-stub");
        add("0000:03:00.0", "8086:10d3", 0x020000, 10, "e1000e");
        parse_config("[bind]\ngpu = 01:00.0\nsound = 01:00.1\nnic = 03:00.0\ngone = 09:00.0\n[stub]\n"
                     "disk = 02:00.0\n",
            session.config, session.problems);
    }

    void add_place(char const* word)
    {
        FixedString<max_problem_bytes> problem;
        Sink sink(problem);
        Entry entry;
        entry.selector = *parse_selector(word, sink);
        Sink(entry.selector_text).write(word);
        session.config.entries.append(entry);
    }

    std::string plan_for(std::initializer_list<std::string_view> labels)
    {
        plan_release(session, {labels.begin(), labels.size()});
        return verdicts(session);
    }

    void use(char const* address, char const* what, UseKind kind = UseKind::Guest)
    {
        session.uses.add({parse_address(address).value(), open_now, use_text("%c", what), kind});
    }
};

} // namespace

TEST(gives_back_all_that_is_on_our_drivers_where_nothing_is_named)
{
    BoundMachine machine;
    TEST_ASSERT_EQUAL_STRING(
        "gpu 0000:01:00.0 would-bind\nsound 0000:01:00.1 would-bind\ndisk 0000:02:00.0 would-bind\n",
        machine.plan_for({}));
    TEST_ASSERT_TRUE(machine.session.plan.decisions[2].target == Target::PciStub);
}

TEST(gives_back_what_is_named_and_says_what_is_not_there)
{
    BoundMachine machine;
    TEST_ASSERT_EQUAL_STRING(
        "nic 0000:03:00.0 would-bind\ngone - not-found\n", machine.plan_for({"gone", "nic"}));
}

TEST(knows_the_line_of_an_address)
{
    BoundMachine machine;
    machine.add("0000:04:00.0", "1b36:0010", 0x010802, 11, "vfio-pci");
    machine.add_place("02:00.0");
    machine.add_place("04:00.0");
    machine.add_place("05:00.0");
    TEST_ASSERT_EQUAL_STRING(
        "disk 0000:02:00.0 would-bind\n 0000:04:00.0 would-bind\n - not-found\n", machine.plan_for({}));
    TEST_ASSERT_TRUE(machine.session.plan.decisions[0].target == Target::PciStub);
    TEST_ASSERT_TRUE(machine.session.plan.decisions[1].target == Target::VfioPci);
}

TEST(knows_what_was_handed_over_under_another_line)
{
    for (bool const is_by_address : {false, true}) {
        BoundMachine machine;
        machine.session.config = {};
        parse_config("[bind]\ncard = 01:00.*\ngpu = 01:00.0\n[handover]\ngpu = display-manager.service\n",
            machine.session.config, machine.session.problems);
        if (is_by_address)
            machine.add_place("01:00.0");
        machine.plan_for(is_by_address ? std::initializer_list<std::string_view>{"01:00.0"}
                                       : std::initializer_list<std::string_view>{"card"});
        TEST_ASSERT_TRUE(machine.session.plan.decisions[0].handover == 1);
    }
}

TEST(lists_a_device_once_that_is_named_by_label_and_address)
{
    BoundMachine machine;
    machine.add_place("01:00.*");
    TEST_ASSERT_EQUAL_STRING(
        "gpu 0000:01:00.0 would-bind\nsound 0000:01:00.1 would-bind\n", machine.plan_for({"gpu"}));
}

TEST(goes_by_the_driver_that_a_device_is_on_and_not_by_its_section)
{
    BoundMachine machine;
    machine.session.inventory.devices[0].driver = DriverName("pci-stub");
    machine.plan_for({"gpu"});
    TEST_ASSERT_TRUE(machine.session.plan.decisions[0].target == Target::PciStub);
}

TEST(refuses_what_cannot_be_read_also_where_nothing_is_named)
{
    BoundMachine machine;
    auto& sound = machine.session.inventory.devices[1];
    sound.is_identified = false;
    sound.driver = {};
    machine.plan_for({});
    refuse_what_guests_have(machine.session);
    TEST_ASSERT_EQUAL_STRING(
        "gpu 0000:01:00.0 group-refused\nsound 0000:01:00.1 unreadable\ndisk 0000:02:00.0 would-bind\n",
        verdicts(machine.session));
}

TEST(does_not_give_back_what_a_line_leads_to_and_did_not_mean)
{
    BoundMachine machine;
    machine.meant("01:00.0", "0000:01:00.0", "10de:ffff", "0000:01:00.0");
    TEST_ASSERT_EQUAL_STRING("gpu 0000:01:00.0 changed\n", machine.plan_for({"gpu"}));
}

TEST(refuses_the_group_that_a_guest_has_and_names_it)
{
    BoundMachine machine;
    machine.use("0000:01:00.1", "process 812 (qemu) has /dev/vfio/devices/vfio1 open");
    machine.plan_for({"gpu", "disk"});
    refuse_what_guests_have(machine.session);
    TEST_ASSERT_EQUAL_STRING(
        "gpu 0000:01:00.0 in-use\ndisk 0000:02:00.0 would-bind\n", verdicts(machine.session));
    TEST_ASSERT_EQUAL_STRING(
        "the running system uses it: process 812 (qemu) has /dev/vfio/devices/vfio1 open, "
        "stop the guest first, or '--force' takes it from a guest that runs",
        written_by([&](Sink& sink) { explain(sink, machine.session.plan.decisions[0], machine.session); }));
}

TEST(does_not_mind_what_is_no_guest)
{
    BoundMachine machine;
    machine.use("0000:01:00.0", "process 1 (init) has /dev/null open", UseKind::Other);
    machine.plan_for({"gpu"});
    refuse_what_guests_have(machine.session);
    TEST_ASSERT_EQUAL_STRING("gpu 0000:01:00.0 would-bind\n", verdicts(machine.session));
}

TEST(refuses_what_may_have_a_guest_and_not_what_the_host_has)
{
    BoundMachine machine;
    machine.session.uses.add_doubt("what process 9 has open cannot be read");
    machine.plan_for({"gpu", "nic"});
    refuse_what_guests_have(machine.session);
    TEST_ASSERT_EQUAL_STRING(
        "gpu 0000:01:00.0 in-use\nnic 0000:03:00.0 would-bind\n", verdicts(machine.session));
}

TEST(takes_it_from_a_guest_after_all_others_where_it_is_forced)
{
    BoundMachine machine;
    machine.session.is_forced = true;
    machine.use("0000:01:00.0", "process 812 (qemu) has /dev/vfio/8 open");
    machine.plan_for({"gpu", "disk"});
    refuse_what_guests_have(machine.session);
    TEST_ASSERT_EQUAL_STRING(
        "gpu 0000:01:00.0 would-bind\ndisk 0000:02:00.0 would-bind\n", verdicts(machine.session));
    auto const& decisions = machine.session.plan.decisions;
    TEST_ASSERT_TRUE(decisions[0].failure.step == Failure::Step::Unbind);
    TEST_ASSERT_TRUE(decisions[1].failure.step == Failure::Step::None);
    TEST_ASSERT_EQUAL_STRING("process 812 (qemu) has /dev/vfio/8 open", decisions[0].host_use);
}

TEST(judges_by_what_was_read_back)
{
    BoundMachine machine;
    auto& session = machine.session;
    machine.plan_for({"gpu", "sound", "disk", "nic"});
    using State = UndoEntry::State;
    State const states[] = {State::PutBack, State::Stuck, State::Written, State::Left};
    for (uint16_t i = 0; i < 4; ++i)
        session.undo_log.append({.device = static_cast<DeviceIndex>(i), .decision = i, .state = states[i]});
    session.inventory.devices[0].driver = DriverName("nouveau");
    judge_release(session);
    auto const& decisions = session.plan.decisions;
    TEST_ASSERT_TRUE(decisions[0].outcome == Outcome::Released);
    TEST_ASSERT_EQUAL_STRING("release-failed", name_of(decisions[1].reason));
    TEST_ASSERT_TRUE(decisions[2].reason == Reason::None && decisions[3].reason == Reason::None);
    TEST_ASSERT_EQUAL_STRING("gpu 0000:01:00.0: given back to nouveau (10de:2191, group 8)",
        written_by([&](Sink& sink) { describe(sink, decisions[0], session); }));
    TEST_ASSERT_EQUAL_STRING("sound 0000:01:00.1: failed (release-failed): vfio-pci has it again or still, "
                             "'dmesg' may say why, does an id of its ids= or new_id fit it?",
        written_by([&](Sink& sink) { describe(sink, decisions[1], session); }));
    TEST_ASSERT_EQUAL_STRING(
        "gave back 1 of 4 devices", written_by([&](Sink& sink) { write_summary(sink, session); }));
}

// What is finished later by the process that undoes a bind.
TEST(takes_back_that_it_failed_where_it_was_finished)
{
    BoundMachine machine;
    auto& session = machine.session;
    machine.plan_for({"gpu"});
    session.is_planned = true;
    session.undo_log.append({.device = 0, .decision = 0});
    settle(session, Reason::Timeout, 0);
    judge_release(session);
    TEST_ASSERT_EQUAL_STRING("the kernel did not give it back within 10 s, it will as soon as it can",
        written_by([&](Sink& sink) { explain(sink, session.plan.decisions[0], session); }));
    session.undo_log[0].state = UndoEntry::State::PutBack;
    judge_release(session);
    TEST_ASSERT_TRUE(session.plan.decisions[0].outcome == Outcome::Released);
    TEST_ASSERT_TRUE(session.plan.decisions[0].reason == Reason::None);
}

TEST(keeps_whole_the_groups_of_the_labels_that_are_bound)
{
    BoundMachine machine;
    make_plan(machine.session.config, machine.session.facts, machine.session.inventory, machine.session.plan,
        machine.session.problems);
    std::string_view const labels[] = {"sound", "gone"};
    keep_named(machine.session.plan, machine.session.config, machine.session.facts, machine.session.inventory,
        labels);
    TEST_ASSERT_EQUAL_STRING("gpu 0000:01:00.0 would-bind\nsound 0000:01:00.1 would-bind\ngone - not-found\n",
        verdicts(machine.session));
}

UNITY_MAIN()
