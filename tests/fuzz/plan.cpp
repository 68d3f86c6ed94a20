// SPDX-License-Identifier: MIT
// Makes a machine, facts and a configuration of its input, plans, and holds the plan against what is
// promised. The first three bytes say what is planned for, a machine follows (made_machine.h), and the rest
// is the text of further lines.
#include "core/plan.h"
#include "core/boot_report.h"
#include "core/late_group.h"
#include "core/recall.h"
#include "core/release.h"
#include "core/report.h"
#include "core/stranger.h"
#include "core/suggest.h"
#include "made_machine.h"
#include "output.h"
#include "promises.h"

using namespace vfio_early;

namespace {

// The bits of the first byte.
struct Wish {
    bool is_live; // on the running machine: what is in use stays
    bool is_handover; // what is listed for that is bound, and not left to the host
    bool is_named; // one line only
    bool is_released; // afterwards
    bool is_cut_short;
    bool is_forced; // the release
    bool is_failing; // the first bind
    bool has_doubt; // not all uses could be found out
};

void plan_it(Session& session, Wish wish)
{
    constexpr std::string_view labels[] = {"l1"};
    make_plan(session.config, session.facts, session.inventory, session.plan, session.problems);
    if (wish.is_named)
        keep_named(session.plan, session.config, session.facts, session.inventory, labels);
    if (wish.is_handover)
        keep_handed_over(session.plan, session.config, session.inventory, labels);
    else
        leave_for_handover(session.plan, session.inventory);
    if (wish.is_live)
        refuse_what_is_in_use(session.plan, session.uses, session.inventory);
}

std::string verdicts(Session const& session)
{
    std::string all;
    for (auto const& decision : session.plan.decisions) {
        all += std::string(name_of(decision.reason)) + (Promises::is_to_bind(decision) ? "+" : "-");
        all += decision.device ? std::to_string(*decision.device) + " " : " ";
    }
    return all;
}

// What is told beside the plan.
void add_circumstances(Session& session, uint8_t bits)
{
    session.inventory.acs_is_overridden = (bits & 1) != 0;
    session.facts.is_config_cut = (bits & 2) != 0;
    session.is_switched_off = (bits & 4) != 0;
    if (bits & 8) {
        session.framebuffer.stuck = FixedString<max_member_name_bytes>("vtcon1\x1b");
        session.framebuffer.error_number = 16;
        session.framebuffer.holder = FixedString<max_member_name_bytes>("BOOTFB");
    }
    for (auto const target : {Target::VfioPci, Target::PciStub}) {
        auto& loading = session.loading_of(target);
        loading.is_unknown = (bits & 16) != 0;
        loading.is_missing = (bits & 32) != 0;
        loading.message = LoaderMessage(bits & 64 ? "modprobe: FATAL: \x1b[31m" : "");
        loading.error_number = bits & 16 ? 2 : 0;
    }
    if (bits & 64) {
        session.handover_step = UseText("module nvidia is in use");
        session.handover_problem = UseText("bringing back x.service failed");
    }
    if (bits & 128) {
        constexpr Iommu kinds[] = {Iommu::Absent, Iommu::NoDriver, Iommu::OffInFirmware, Iommu::OffInKernel};
        session.inventory.iommu = kinds[bits % 4];
        session.inventory.has_no_sysfs = (bits & 4) != 0;
        session.inventory.is_overfull = (bits & 8) != 0;
    }
}

void check_report(Session const& session)
{
    auto text = json_of([&](Sink& sink) { write_json(sink, session); });
    auto& report = fresh<BootReport>();
    if (session.mode != Mode::Release) {
        must(parse_report(text, report), "what is reported can be read");
        must(report.devices.size() == session.plan.decisions.size(), "each decision is reported");
    }
    auto& trial = fresh<Trial>();
    plain_text_of([&](Sink& sink) {
        write_text(sink, session, [&](Decision const& decision) {
            if (session.mode == Mode::Check)
                write_advice(sink, decision, session, trial);
        });
    });
}

// As sys/apply.cpp does. Of a machine whose groups appear late, the device number says which group it gets.
void bind(Session& session)
{
    auto& inventory = session.inventory;
    for (auto& decision : session.plan.decisions) {
        if (!Promises::is_to_bind(decision))
            continue;
        auto& device = inventory.devices[*decision.device];
        if (!device.group) {
            device.group = device.address.device;
            if (!inventory.find_group(device.group))
                inventory.groups.append({.number = *device.group});
            judge_late_group(session.plan, inventory, decision);
        }
        if (is_open(decision)) {
            decision.outcome = Outcome::Bound;
            for (auto& group : inventory.groups) {
                if (device.group == group.number)
                    group.is_viable = group.number % 2 == 0;
            }
            device.driver = DriverName(driver_name(decision.target));
        }
    }
}

// What was written for the devices that are to be bound, and what became of it.
void log_writes(Session& session, uint8_t how)
{
    for (size_t i = 0; i < session.plan.decisions.size(); ++i) {
        auto const& decision = session.plan.decisions[i];
        if (is_open(decision))
            session.undo_log.append({.device = *decision.device,
                .decision = static_cast<uint16_t>(i),
                .wanted = driver_name(decision.target),
                .driver_was = device_of(decision, session.inventory)->driver,
                .was_asked_for = how % 3 == 0,
                .state = static_cast<UndoEntry::State>((how + i) % 4)});
    }
}

// The kernel fails for the first device, and its group is put back.
void fail_first(Session& session, uint8_t how)
{
    constexpr Reason reasons[] = {
        Reason::BindFailed, Reason::Timeout, Reason::NoGroup, Reason::ModuleMissing, Reason::InUse};
    constexpr int errors[] = {0, 16, 19, 22};
    log_writes(session, how);
    for (auto& decision : session.plan.decisions) {
        if (!is_open(decision))
            continue;
        fail(decision, reasons[how % std::size(reasons)]);
        decision.failure = {static_cast<Failure::Step>(how / 4 % 7), errors[how % std::size(errors)]};
        break;
    }
    refuse_rest_of_groups(session.plan, session.inventory);
    give_up_on_what_is_left(session.undo_log, session.plan);
    check_promises(session);
    check_report(session);
}

// As `release ADDRESS` has it: an entry that no line is for.
void name_place(Session& session, uint8_t how)
{
    Entry entry;
    entry.selector.location.emplace().start = {.bus = 1, .function = static_cast<uint8_t>(how % 4)};
    entry.selector_text = ValueText("0000:01:00.0");
    static_cast<void>(session.config.entries.try_append(entry));
}

void release(Session& session, Wish wish, uint8_t how)
{
    session.mode = Mode::Release;
    session.is_forced = wish.is_forced;
    if (wish.is_named)
        name_place(session, how);
    plan_release(session, {});
    refuse_what_guests_have(session);
    for (auto const& decision : session.plan.decisions)
        must(wish.is_named || !is_open(decision) || is_on_ours(*device_of(decision, session.inventory)),
            "what is given back without being named is on one of our drivers");
    check_report(session);
    log_writes(session, how);
    judge_release(session);
    for (auto& decision : session.plan.decisions) {
        if (decision.outcome == Outcome::Failed)
            decision.failure = {static_cast<Failure::Step>(how / 4 % 7), how % 2 ? 16 : 0};
    }
    check_report(session);
}

void cut_short(Session& session, uint8_t how)
{
    session.inventory.is_overfull = false;
    settle(session, how % 2 ? Reason::Timeout : Reason::BindFailed, how % 4 ? 9 : 0);
    for (auto const& decision : session.plan.decisions)
        must(decision.outcome != Outcome::WouldBind, "what is cut short has an outcome");
    check_promises(session);
    check_report(session);
}

// What lines meant is forgotten on demand.
void check_forgetting(Session& session)
{
    auto& facts = session.facts;
    needs_census(facts, session.inventory);
    forget_absent(facts, session.config, session.inventory);
    auto const before = facts.lines.size();
    drop_lines_that_are_gone(facts, session.config);
    must(facts.lines.size() == before, "each fact is of a line");
    forget(facts, session.config, {});
    must(facts.lines.empty(), "everything is forgotten");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size)
{
    auto& session = fresh<Session>();
    Bytes bytes{data, size};
    auto const first = bytes.take();
    Wish const wish = {.is_live = (first & 1) != 0,
        .is_handover = (first & 2) != 0,
        .is_named = (first & 4) != 0,
        .is_released = (first & 8) != 0,
        .is_cut_short = (first & 16) != 0,
        .is_forced = (first & 32) != 0,
        .is_failing = (first & 64) != 0,
        .has_doubt = (first & 128) != 0};
    auto const how = bytes.take();
    session.is_running_system = wish.is_live;
    if (wish.has_doubt)
        session.uses.add_doubt("%c cannot be read", "/proc/self/mountinfo");
    auto const circumstances = bytes.take();
    MadeMachine machine(session, bytes);
    add_circumstances(session, circumstances);
    ExactCopy const copy(machine.lines() + std::string(text_of(bytes.next, bytes.left)));
    parse_config(copy.text, session.config, session.problems);
    if (session.problems.empty()) {
        machine.recall_lines();
        plan_it(session, wish);
    }
    if (!session.problems.empty()) {
        session.plan.decisions.clear();
        check_report(session);
        return 0;
    }
    session.is_planned = true;
    for (auto const& device : session.inventory.devices) {
        if (device.driver.view() == driver_name(Target::VfioPci))
            note_taken(session, device.address);
    }
    check_promises(session);
    check_report(session);
    session.mode = Mode::Bind;
    if (wish.is_cut_short)
        return cut_short(session, how), 0;
    if (wish.is_failing)
        return fail_first(session, how), 0;
    auto const before = verdicts(session);
    bind(session);
    check_promises(session);
    check_report(session);
    if (wish.is_released)
        return release(session, wish, how), 0;
    if (session.inventory.groups_appear_late)
        return 0;
    plan_it(session, wish);
    must(verdicts(session) == before, "planning again on what was bound changes nothing");
    check_forgetting(session);
    return 0;
}
