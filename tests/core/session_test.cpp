// SPDX-License-Identifier: MIT
#include "core/session.h"

#include "machine.h"
#include "text_of.h"

#include "core/explain.h"
#include "core/offer.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <span>

using namespace vfio_early;

// A machine that binds, as at boot.
struct BootingMachine : Machine {
    BootingMachine() { session.mode = Mode::Bind; }
};

// Whether a new one, made where all bytes are zero, leaves them so.
template <typename T> static bool is_zero_when_new(void (*complete)(T&))
{
    auto const memory = std::make_unique<unsigned char[]>(sizeof(T));
    complete(*new (memory.get()) T);
    return std::ranges::all_of(
        std::span(memory.get(), sizeof(T)), [](unsigned char byte) { return byte == 0; });
}

// They are made of memory that nobody writes to first, and the time limit is set where one is made.
TEST(zero_bytes_are_a_new_session)
{
    auto const forget_time_limit = [](Config& config) { config.options.timeout_seconds = 0; };
    static auto const forget = +forget_time_limit;
    TEST_ASSERT_TRUE(is_zero_when_new<Session>([](Session& session) { forget(session.config); }));
    TEST_ASSERT_TRUE(is_zero_when_new<Trial>([](Trial& trial) { forget(trial.config); }));
    TEST_ASSERT_TRUE(is_zero_when_new<Outlook>([](Outlook&) {}));
}

TEST(fails_what_was_left_open_and_nothing_else)
{
    BootingMachine machine;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 1);
    machine.add("0000:02:00.0", "8086:10d3", 0x020000, 2);
    auto& session = machine.plan("[bind]\na = 01:00.0\nb = 02:00.0\nc = 03:00.0\n");
    session.plan.decisions[0].outcome = Outcome::Bound;
    settle(session, Reason::Timeout, 0);
    TEST_ASSERT_EQUAL_STRING(
        "a 0000:01:00.0 bound\nb 0000:02:00.0 timeout\nc - not-found\n", verdicts(session));
}

TEST(does_not_leave_half_a_group_bound)
{
    BootingMachine machine;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 1);
    machine.add("0000:01:00.1", "8086:10d3", 0x020000, 1);
    auto& session = machine.plan("[bind]\nx = 01:00.*\n");
    session.plan.decisions[0].outcome = Outcome::Bound;
    settle(session, Reason::Timeout, 0);
    TEST_ASSERT_EQUAL_STRING("x 0000:01:00.0 group-refused\nx 0000:01:00.1 timeout\n", verdicts(session));
    TEST_ASSERT_TRUE(session.plan.decisions[0].outcome == Outcome::Refused);
}

TEST(does_not_know_the_driver_of_what_was_written_to)
{
    BootingMachine machine;
    for (auto const* address : {"0000:01:00.0", "0000:02:00.0", "0000:03:00.0", "0000:03:01.0"})
        machine.add(address, "8086:10d3", 0x020000, 1).driver = DriverName("e1000e");
    auto& session = machine.plan("[bind]\na = 01:00.0\nb = 02:00.0\n");
    session.plan.decisions[0].outcome = Outcome::Bound;
    session.undo_log.append({.device = 0, .decision = 0});
    session.undo_log.append({.device = 1, .decision = 1});
    session.undo_log.append({.device = 2, .decision = 0, .wanted = "pcieport"}); // a bridge
    settle(session, Reason::Timeout, 0);
    std::string drivers;
    for (auto const& device : session.inventory.devices)
        drivers += "[" + std::string(device.driver.view()) + "]";
    TEST_ASSERT_EQUAL_STRING("[e1000e][][][e1000e]", drivers);
}

TEST(gives_up_on_nothing_that_is_bound)
{
    BootingMachine machine;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 1);
    machine.add("0000:02:00.0", "8086:10d3", 0x020000, 2);
    auto& session = machine.plan("[bind]\na = 01:00.0\nb = 02:00.0\n");
    session.plan.decisions[0].outcome = Outcome::Bound;
    session.undo_log.append({.device = 0, .decision = 0});
    session.undo_log.append({.device = 1, .decision = 1});
    give_up_on_what_is_left(session.undo_log, session.plan);
    TEST_ASSERT_TRUE(session.undo_log[0].state == UndoEntry::State::Written);
    TEST_ASSERT_TRUE(session.undo_log[1].state == UndoEntry::State::Stuck);
}

TEST(says_that_the_worker_could_not_start)
{
    BootingMachine machine;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 1);
    auto& session = machine.plan("[bind]\na = 01:00.0\n");
    settle(session, Reason::BindFailed, 0);
    TEST_ASSERT_EQUAL_STRING(
        "a 0000:01:00.0: failed (bind-failed): vfio-early could not start the process that binds",
        written_by([&](Sink& sink) { describe(sink, session.plan.decisions[0], session); }));
}

TEST(fails_every_line_if_there_was_no_plan)
{
    BootingMachine machine;
    parse_config("[bind]\na = 01:00.0\nb = 02:00.0\n", machine.session.config, machine.session.problems);
    settle(machine.session, Reason::BindFailed, 11);
    TEST_ASSERT_EQUAL_STRING("a - bind-failed\nb - bind-failed\n", verdicts(machine.session));
    TEST_ASSERT_EQUAL_STRING("a: failed (bind-failed): vfio-early itself was killed by signal 11",
        written_by([&](Sink& sink) { describe(sink, machine.session.plan.decisions[0], machine.session); }));
}

TEST(distinguishes_the_one_that_hangs_from_those_after_it)
{
    BootingMachine machine;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 1);
    machine.add("0000:02:00.0", "8086:10d3", 0x020000, 2);
    auto& session = machine.plan("[bind]\na = 01:00.0\nb = 02:00.0\n[options]\ntimeout = 3\n");
    session.plan.decisions[0].failure.step = Failure::Step::Unbind;
    session.undo_log.append({.device = 0});
    settle(session, Reason::Timeout, 0);
    auto const said = [&](size_t i) {
        return written_by([&](Sink& sink) { describe(sink, session.plan.decisions[i], session); });
    };
    TEST_ASSERT_EQUAL_STRING("a 0000:01:00.0: failed (timeout): the kernel did not return from unbinding it "
                             "from its host driver within 3 s, its group is being given back",
        said(0));
    TEST_ASSERT_EQUAL_STRING(
        "b 0000:02:00.0: failed (timeout): time ran out after 3 s, before it was reached", said(1));
}

TEST(refuses_what_a_rehearsal_left_open)
{
    Machine machine;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 1);
    auto& session = machine.plan("[bind]\na = 01:00.0\n");
    auto const said = [&] {
        return written_by([&](Sink& sink) { describe(sink, session.plan.decisions[0], session); });
    };
    settle(session, Reason::Timeout, 0);
    TEST_ASSERT_EQUAL_STRING(
        "a 0000:01:00.0: refused (timeout): the kernel did not answer within 10 s", said());
    machine.plan("[bind]\na = 01:00.0\n");
    settle(session, Reason::BindFailed, 11);
    TEST_ASSERT_EQUAL_STRING(
        "a 0000:01:00.0: refused (bind-failed): vfio-early itself was killed by signal 11", said());
}

TEST(settles_what_needs_a_driver_that_is_not_available_and_nothing_else)
{
    auto const settled = [](Mode mode) {
        Machine machine;
        machine.session.mode = mode;
        machine.add("0000:01:00.0", "8086:10d3", 0x020000, 1);
        machine.add("0000:02:00.0", "8086:10d3", 0x020000, 2);
        auto& session = machine.plan("[bind]\na = 01:00.0\nb = 03:00.0\n[stub]\nc = 02:00.0\n");
        settle_without_driver(session, Target::VfioPci);
        return verdicts(session) + std::string(name_of(session.plan.decisions[0].outcome));
    };
    TEST_ASSERT_EQUAL_STRING(
        "a 0000:01:00.0 module-missing\nb - not-found\nc 0000:02:00.0 would-bind\nrefused",
        settled(Mode::Check));
    TEST_ASSERT_EQUAL_STRING(
        "a 0000:01:00.0 module-missing\nb - not-found\nc 0000:02:00.0 would-bind\nfailed",
        settled(Mode::Bind));
}

TEST(a_new_session_touches_little_of_its_memory)
{
    auto const memory = std::make_unique<unsigned char[]>(sizeof(Session));
    memset(memory.get(), 0x55, sizeof(Session));
    new (memory.get()) Session;
    auto const is_touched = [](unsigned char byte) { return byte != 0x55; };
    TEST_ASSERT_TRUE(std::count_if(memory.get(), memory.get() + sizeof(Session), is_touched) < 4096);
}

UNITY_MAIN()
