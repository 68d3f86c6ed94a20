// SPDX-License-Identifier: MIT
#include "cli/run.h"

#include "base/text.h"
#include "cli/console.h"
#include "core/command_line.h"
#include "core/explain.h"
#include "core/plan.h"
#include "core/release.h"
#include "core/report.h"
#include "core/suggest.h"
#include "sys/apply.h"
#include "sys/facts_file.h"
#include "sys/handover.h"
#include "sys/host_processes.h"
#include "sys/host_uses.h"
#include "sys/images.h"
#include "sys/kernel.h"
#include "sys/log.h"
#include "sys/modprobe_d.h"
#include "sys/modules.h"
#include "sys/release.h"
#include "sys/report_file.h"
#include "sys/rivals.h"
#include "sys/running_system.h"
#include "sys/scan.h"
#include "sys/strangers.h"
#include "sys/undo.h"
#include "sys/worker.h"

#include <algorithm>
#include <errno.h>
#include <new>
#include <signal.h>

namespace vfio_early {

namespace {

using Message = FixedString<max_message_bytes>;

// What a run works on, and what its worker shares.
struct Job {
    Conduct const& conduct;
    CommandOptions const& options;
    Root& root;
    Session& session;
};

// One line for the person who runs the command, or who reads the log of the boot.
void tell_line(Conduct const& conduct, Root const& root, Message const& line)
{
    print_error("%s", line);
    if (conduct.leaves_record)
        log_line(root, Level::Error, line.view());
}

void tell_passed(Job const& job, char const* format, ...)
{
    Message line;
    Sink sink(line);
    va_list arguments;
    va_start(arguments, format);
    print_arguments(sink, format, arguments);
    va_end(arguments);
    tell_line(job.conduct, job.root, line);
}

template <typename... Parts>
[[gnu::always_inline]] inline void tell(Job const& job, FormatFor<Parts...> format, Parts const&... parts)
{
    tell_passed(job, format.text(), pass(parts)...);
}

// Below another root, --config is a path there. On the machine itself it is a path like any other, and
// relative to the current directory.
Result<Path> user_path(Root const& root, std::string_view text)
{
    if (!root.is_machine() || text.starts_with('/'))
        return Path(text);
    auto const directory = TRY(root.link_target("proc/self/cwd"));
    return path_of("%s/%s", directory, text);
}

Result<std::string_view> read_config_text(
    Root const& root, CommandOptions const& options, std::span<char> buffer)
{
    auto const path = TRY(user_path(root, options.config));
    return root.read(path, buffer);
}

// What becomes of the devices where a run ends before it begins.
char const* nothing_is_done(Job const& job)
{
    return job.session.mode == Mode::Release ? "nothing is given back" : "nothing is bound";
}

// The configuration's path as its user would find it.
ConfigName config_name(Job const& job)
{
    bool const is_below = !job.root.is_machine();
    auto const config = job.options.config;
    return printed<ConfigName>("%e%c%e", is_below ? job.root.directory() : "",
        is_below && !config.starts_with('/') ? "/" : "", config);
}

// Why the file as a whole cannot be used; such a problem has no line.
Problem problem_of_file(Error const& error)
{
    if (error.number == EFBIG)
        return problem_of(0, "is longer than %u bytes, nothing is bound", max_config_bytes);
    return problem_of(0, "cannot be read: %m, nothing is bound", error.number);
}

void read_config(Job& job, CommandOptions const& options)
{
    static char buffer[max_config_bytes];
    auto text = read_config_text(job.root, options, buffer);
    if (text.is_error())
        job.session.problems.add(problem_of_file(text.error()));
    else if (!text.value().empty() || !job.conduct.takes_empty)
        parse_config(text.value(), job.session.config, job.session.problems);
}

bool is_config_absent(Job const& job)
{
    auto const path = user_path(job.root, job.options.config);
    return !path.is_error() && job.root.presence(path.value()) == Presence::Absent;
}

// One that is named has to be there.
bool has_config(Job const& job)
{
    return job.options.config.data() != default_config || !is_config_absent(job);
}

void tell_of_problems(Job const& job)
{
    auto const& name = job.session.config_name;
    bool is_in_a_line = false;
    for (auto const& problem : job.session.problems) {
        is_in_a_line |= problem.line != 0;
        Message line;
        Sink sink(line);
        print(sink, "%s:", name);
        if (problem.line != 0)
            print(sink, "%u:", problem.line);
        print(sink, " %s", problem.text);
        tell_line(job.conduct, job.root, line);
    }
    if (job.session.problems.left_out() > 0)
        tell(job, "%s: and %u more", name, job.session.problems.left_out());
    if (is_in_a_line)
        tell(job, "%s has an error, so %c", name, nothing_is_done(job));
}

ExitStatus leave_alone(Job const& job, std::string_view why)
{
    print_output([&](Sink& sink) { print(sink, "%s\n", why); });
    log_line(job.root, Level::Info, why);
    return AllBound;
}

// Does what the kernel command line says. Returns an exit status if the run ends with that.
std::optional<ExitStatus> obey_command_line(Job& job, CommandLine const& command_line)
{
    if (!command_line.unknown_value.empty())
        tell(job, "rd.vfio_early=%q is not one of 0, 1 and check, and counts as 0",
            command_line.unknown_value);
    switch (command_line.power) {
    case CommandLine::Switch::Off:
        if (job.options.words.empty())
            return leave_alone(job, "switched off on the kernel command line, nothing is bound");
        [[fallthrough]];
    case CommandLine::Switch::CheckOnly:
        job.session.mode = Mode::Check;
        break;
    case CommandLine::Switch::Run:
        break;
    }
    return {};
}

// A kernel that was started to save the memory of one that crashed has that in /proc/vmcore
// (fs/proc/vmcore.c). It writes to a disk or a network of the host, and guests are no concern of it.
bool is_crash_kernel(Root const& root)
{
    return root.exists("proc/vmcore");
}

std::optional<ExitStatus> heed_command_line(Job& job)
{
    static char buffer[max_command_line_bytes];
    auto text = job.root.read("proc/cmdline", buffer);
    if (text.is_error()) {
        job.session.is_command_line_unknown = true;
        return {};
    }
    auto const command_line = parse_command_line(text.value());
    parse_kernel_settings(text.value(), job.session.module_settings);
    job.session.inventory.acs_is_overridden = command_line.acs_is_overridden;
    if (job.conduct.obeys_command_line)
        return obey_command_line(job, command_line);
    job.session.is_switched_off = command_line.power != CommandLine::Switch::Run;
    return {};
}

// Adds what is named by its place as an entry that no line has. False, and says so, where it is none.
bool add_place(Job& job, std::string_view word)
{
    auto const selector = read_selector(word);
    if (!selector)
        return false;
    Entry entry;
    entry.selector = *selector;
    Sink sink(entry.selector_text);
    print(sink, "%s", word);
    if (!selector->location || selector->id)
        print_error("%q is neither a label nor an address", word);
    else if (!job.session.config.entries.try_append(entry))
        print_error("more than %u lines and addresses", max_entries);
    else
        return true;
    return false;
}

// False where a label that was named is on no line. What a release is told of and has a ':' is an address,
// which no label has.
bool know_words(Job& job)
{
    if (job.options.is_handover)
        return true;
    std::string_view known[max_entries];
    auto const labels = all_labels(job.session.config, known);
    Words rest;
    for (auto const word : job.options.words) {
        bool const is_place = job.session.mode == Mode::Release && word.find(':') != std::string_view::npos;
        if (!is_place)
            rest.append(word);
        else if (!add_place(job, word))
            return false;
    }
    return are_known({rest.begin(), rest.size()}, labels, job.session.config_name);
}

// What the lines meant, and what the host lives on.
void read_what_is_known(Job const& job)
{
    auto& session = job.session;
    read_facts(job.root, session.facts);
    if (job.conduct.forgets)
        forget(session.facts, session.config, job.options.words);
    if (session.is_running_system) {
        find_host_uses(job.root, session.uses);
        record_host(job.root, session.uses, session.facts);
    }
}

std::span<std::string_view const> labels_of(CommandOptions const& options)
{
    return {options.words.begin(), options.words.size()};
}

// The part of a plan that the words are about.
void keep_what_is_asked_for(Job& job)
{
    auto& session = job.session;
    auto const words = labels_of(job.options);
    if (job.options.is_handover)
        keep_handed_over(session.plan, session.config, session.inventory, words);
    else if (job.conduct.mode != Mode::Check && !words.empty())
        keep_named(session.plan, session.config, session.facts, session.inventory, words);
    else
        leave_for_handover(session.plan, session.inventory);
}

// Reads what is there, and plans. Nothing is written to sysfs.
void plan(Job& job)
{
    auto& [conduct, options, root, session] = job;
    session.is_loading = conduct.loads_iommu_driver && root.is_machine();
    if (session.is_loading)
        load_iommu_driver(root);
    session.is_loading = false;
    read_what_is_known(job);
    scan(root, session.config, session.facts, session.inventory);
    make_plan(session.config, session.facts, session.inventory, session.plan, session.problems);
    keep_what_is_asked_for(job);
    if (!session.problems.empty())
        session.plan.decisions.clear();
    session.is_planned = true;
}

void carry_out(void* context)
{
    auto& [conduct, options, root, session] = *static_cast<Job*>(context);
    if (!session.problems.empty())
        return;
    if (!options.facts.empty())
        update_facts(root, session.config, session.inventory, session.uses, session.facts);
    if (session.mode == Mode::Bind && session.is_running_system)
        refuse_what_is_in_use(session.plan, session.uses, session.inventory);
    if (session.outlook || needs_driver(session.plan, Target::VfioPci)
        || needs_driver(session.plan, Target::PciStub))
        read_modprobe_d(root, session.module_settings);
    if (session.mode == Mode::Bind)
        apply(session, root);
    else
        rehearse(session, root);
    // With labels the plan is a part of one, and what it does not have is no stranger.
    if (session.mode == Mode::Check || (options.words.empty() && !options.is_handover))
        find_strangers(root, session);
    if (session.outlook)
        find_rivals(root, session);
}

// Everything that reads or writes devices in sysfs: inventory, plan, and carrying it out.
void plan_and_carry_out(void* context)
{
    plan(*static_cast<Job*>(context));
    carry_out(context);
}

void plan_and_hand_over(void* context)
{
    auto& job = *static_cast<Job*>(context);
    plan(job);
    hand_over(job.session, job.root, handover_patience_milliseconds);
}

void take_back_job(void* context)
{
    auto& job = *static_cast<Job*>(context);
    take_back(job.session, job.root);
}

// The same for a release.
void plan_and_give_back(void* context)
{
    auto& [conduct, options, root, session] = *static_cast<Job*>(context);
    read_facts(root, session.facts);
    find_host_processes(root, session.uses);
    scan(root, session.config, session.facts, session.inventory);
    if (options.is_handover) {
        std::string_view labels[max_entries];
        plan_release(session, all_labels(session.config, labels));
        keep_what_is_asked_for(*static_cast<Job*>(context));
    } else {
        plan_release(session, labels_of(options));
    }
    refuse_what_guests_have(session);
    session.is_planned = true;
    if (session.problems.empty())
        release(session, root);
    else
        session.plan.decisions.clear();
}

void judge_what_became(Job const& job)
{
    if (job.session.mode == Mode::Release)
        judge_release(job.session);
}

// How long a handover can take, beside what it is for: as long as systemd waits by default for a unit to stop
// (DefaultTimeoutStopSec= of systemd-system.conf(5)), and as it waits itself.
int64_t handover_milliseconds(Config const& config)
{
    constexpr int64_t unit_milliseconds = 100000;
    int64_t sum = 2 * handover_patience_milliseconds;
    for (auto const& handover : config.handovers) {
        auto words = handover.words.view();
        for (auto word = take_word(words); !word.empty(); word = take_word(words))
            sum += is_unit(word) ? unit_milliseconds : handover_patience_milliseconds;
    }
    return sum;
}

// Whether this run may come to what stands under [handover]. Below another root no program is run.
bool is_about_handover(Job const& job)
{
    auto const& session = job.session;
    return !session.config.handovers.empty() && session.is_running_system && job.root.is_machine()
        && (session.mode == Mode::Release
            || (session.mode == Mode::Bind && (job.options.is_handover || !job.options.words.empty())));
}

// Tells what became of devices that were given back when the report had been written already.
void report_late(Job const& job)
{
    constexpr int64_t pause_milliseconds = 10;
    constexpr int pauses = 500;
    for (int i = 0; i < pauses && !static_cast<bool volatile&>(job.session.is_reported); ++i)
        wait_milliseconds(pause_milliseconds);
    undo(job.session, job.root); // what was found to be lost meanwhile
    undo_what_was_lost(job.session, job.root);
    judge_what_became(job);
    if (is_about_handover(job))
        take_back(job.session, job.root);
    for (auto const& decision : job.session.plan.decisions) {
        if (decision.outcome == Outcome::Bound
            || given_back(decision, job.session.undo_log, job.session.inventory) == GivenBack::Unneeded)
            continue;
        Message line;
        Sink sink(line);
        describe(sink, decision, job.session);
        log_line(job.root, Level::Warning, line.view());
    }
    static_cast<void>(save_report(job.root, job.session));
}

// May outlive the initramfs, and a report that was written without it.
void undo_job(void* context)
{
    auto& job = *static_cast<Job*>(context);
    job.root.hold_mounts();
    if (!job.session.is_running_system)
        survive_switch_root();
    undo(job.session, job.root);
    if (!job.session.is_undone_late)
        undo_what_was_lost(job.session, job.root);
    if (job.session.is_undone_late && job.conduct.leaves_record)
        report_late(job);
}

void read_back_job(void* context)
{
    auto& job = *static_cast<Job*>(context);
    judge_what_was_lost(job.session, job.root);
}

// How long the report waits for what comes after a worker that was cut short.
constexpr int64_t patience_milliseconds = 500;

// Undoes what a worker that was cut short has written, and waits a little for that.
void clean_up(Job& job, WorkerEnd const& worker)
{
    job.session.left_behind = worker.group;
    auto const end = run_to_the_end(undo_job, &job, now_milliseconds() + patience_milliseconds);
    job.session.is_undone_late = end.kind == WorkerEnd::Kind::TimeIsUp;
}

// Frees what is under [handover] first, which takes longer than binding may.
WorkerEnd run_workers(Job& job, int64_t deadline)
{
    auto& session = job.session;
    if (session.mode == Mode::Release)
        return run_worker(plan_and_give_back, &job, deadline);
    if (!is_about_handover(job))
        return run_worker(plan_and_carry_out, &job, deadline);
    auto const limit = handover_milliseconds(session.config);
    auto const end = run_worker(plan_and_hand_over, &job, now_milliseconds() + limit);
    if (end.kind != WorkerEnd::Kind::Done)
        return end;
    return run_worker(
        carry_out, &job, now_milliseconds() + int64_t{1000} * session.config.options.timeout_seconds);
}

// Brings back what a handover took from the host, where its devices are with the host again.
void take_back_from_guest(Job& job)
{
    if (!is_about_handover(job))
        return;
    auto const limit = handover_milliseconds(job.session.config);
    auto const end = run_worker(take_back_job, &job, now_milliseconds() + limit);
    auto& problem = job.session.handover_problem;
    if (end.kind != WorkerEnd::Kind::Done && problem.empty())
        problem = use_text("bringing back what was stopped did not end, 'release' does the rest");
}

// Lets a worker do it, because sysfs can hang. The worker has as many seconds as the configuration says, from
// `start` (now_milliseconds()) on. If it is cut short, what it leaves open is settled, and what it wrote is
// undone.
void work(Job& job, int64_t start)
{
    auto const deadline = start + int64_t{1000} * job.session.config.options.timeout_seconds;
    auto& session = job.session;
    bool const is_release = session.mode == Mode::Release;
    auto const end = run_workers(job, deadline);
    if (end.kind == WorkerEnd::Kind::Done)
        return;
    if (is_release && !session.is_releasing)
        session.undo_log.clear();
    bool const was_planned = session.is_planned;
    settle(session,
        end.kind == WorkerEnd::Kind::TimeIsUp ? Reason::Timeout
            : is_release                      ? Reason::ReleaseFailed
                                              : Reason::BindFailed,
        end.signal);
    if (session.mode == Mode::Check)
        return;
    if (!was_planned && !job.options.words.empty() && !job.options.is_handover)
        keep_what_is_asked_for(job);
    if (!job.session.undo_log.empty())
        clean_up(job, end);
    run_worker(read_back_job, &job, now_milliseconds() + patience_milliseconds);
    if (!job.session.is_undone_late)
        give_up_on_what_is_left(job.session.undo_log, job.session.plan);
    judge_what_became(job);
}

void find_images_job(void* context)
{
    auto& job = *static_cast<Job*>(context);
    find_images(job.root, job.session);
}

// Images are looked at when a person asks what the next boot will do, and not while one of them is made. What
// lists them can be slow, with several large ones.
void look_at_images(Job& job)
{
    constexpr int64_t limit_milliseconds = 20000;
    if (job.session.outlook && job.options.facts.empty() && job.options.kernel.empty()
        && job.session.is_planned)
        run_worker(find_images_job, &job, now_milliseconds() + limit_milliseconds);
}

// Writes the facts where they are asked for; false where that fails.
bool record(Job const& job)
{
    if (job.options.facts.empty())
        return true;
    // A run that was cut short does not know them all, and what it left out would be recorded anew.
    if (!job.session.facts.are_updated) {
        tell(job, "%e is left as it is: not all could be found out", job.options.facts);
        return false;
    }
    auto const path = user_path(job.root, job.options.facts);
    auto const saved =
        path.is_error() ? Result<void>(path.error()) : save_facts(job.root, path.value(), job.session.facts);
    if (saved.is_error())
        tell(job, "%e cannot be written: %m, so a shift of addresses will not be noticed", job.options.facts,
            saved.error().number);
    return !saved.is_error();
}

// A plain value in memory that processes share; nullptr where there is not enough. New ones are all zero
// bytes, as that memory is, so that none of it is touched before it is used (a test holds them to that).
template <typename T> T* new_shared()
{
    return static_cast<T*>(allocate_shared(sizeof(T)));
}

// The time limit is the only thing in a new session that is not zero.
Session* new_session()
{
    auto* session = new_shared<Session>();
    if (session)
        session->config.options = {};
    return session;
}

// Without the memory for it, a rehearsal has none.
void add_outlook(Session& session)
{
    session.outlook = new_shared<Outlook>();
    if (session.outlook)
        session.module_settings.rivals = &session.outlook->settings;
}

// A rehearsal says what to do about what it refuses.
void write_with_advice(Sink& sink, Session const& session)
{
    auto* const trial = session.mode == Mode::Check ? new_shared<Trial>() : nullptr;
    write_text(sink, session, [&](Decision const& decision) {
        if (trial)
            write_advice(sink, decision, session, *trial);
    });
}

void report(Job const& job, CommandOptions const& options)
{
    if (job.conduct.leaves_record) {
        log_report(job.root, job.session);
        auto const saved = save_report(job.root, job.session);
        if (saved.is_error())
            tell(job, "%c a report in /run/vfio-early failed: %m, so there is none of this run",
                saved.error().action, saved.error().number);
    }
    if (options.is_json)
        print_output([&](Sink& sink) { write_json(sink, job.session); });
    else if (job.session.problems.empty())
        print_output([&](Sink& sink) { write_with_advice(sink, job.session); });
}

void tell_what_to_do_next(Job const& job)
{
    if (!job.conduct.forgets || job.options.is_json)
        return;
    print_output([&](Sink& sink) {
        print(sink, "%e has what the lines mean now, the next image that is made carries it\n",
            job.options.facts);
    });
}

Result<Root> open_root(CommandOptions const& options)
{
    auto root = Root::open(options.root);
    if (root.is_error())
        print_error("--root %q cannot be opened: %m", options.root, root.error().number);
    return root;
}

// What is here, what the host lives on, and the plan for both.
void look_and_plan(Job& job)
{
    auto& session = job.session;
    session.is_running_system = is_running_system(job.root);
    heed_command_line(job);
    read_what_is_known(job);
    scan_all(job.root, session.facts, session.inventory);
    make_plan(session.config, session.facts, session.inventory, session.plan, session.problems);
    session.loading_of(Target::VfioPci).is_missing =
        !has_driver(job.root, Target::VfioPci) && !could_load_driver(job.root, session, Target::VfioPci);
}

// False, and says so, where something was stopped for a guest and no line says any more that it is to come
// back.
bool tell_of_orphan(Job const& job)
{
    auto const label = find_orphan(job.root, job.session.config);
    if (!label.empty())
        tell(job,
            "/run/vfio-early/handover-%e has what was stopped for a guest, and no line of [handover] has "
            "that label, put the line back and run 'vfio-early release %e'",
            label, label);
    return label.empty();
}

// False where another one is at work. At a boot the lock can be missing for want of a /run to write to.
bool is_alone(Job const& job)
{
    auto const locked = lock_out_others(job.root);
    if (!locked.is_error())
        return true;
    if (locked.error().number == EWOULDBLOCK) {
        tell(job,
            "%c, /run/vfio-early/lock: another vfio-early is still binding or giving back devices, try again "
            "later, or reboot if it does not end",
            nothing_is_done(job));
        return false;
    }
    if (!job.session.is_running_system)
        return true;
    tell(job, "%c, /run/vfio-early/lock: %m", nothing_is_done(job), locked.error().number);
    return false;
}

} // namespace

std::optional<Selector> read_selector(std::string_view word)
{
    FixedString<max_problem_bytes> problem;
    Sink sink(problem);
    auto const selector = parse_selector(word, sink);
    if (!selector)
        print_error("%s", problem);
    return selector;
}

bool are_known(std::span<std::string_view const> labels, std::span<std::string_view const> known,
    ConfigName const& config_name)
{
    for (auto const label : labels) {
        if (std::ranges::find(known, label) != known.end())
            continue;
        if (auto const meant = nearest(label, known))
            print_error("%s has no label %q, did you mean %q?", config_name, label, *meant);
        else
            print_error("%s has no label %q", config_name, label);
        return false;
    }
    return true;
}

static ExitStatus look(
    CommandOptions const& options, FunctionRef<ExitStatus(Job&, bool is_config_known)> answer)
{
    constexpr Conduct looks_only = {.mode = Mode::Check,
        .obeys_command_line = false,
        .loads_iommu_driver = false,
        .leaves_record = false,
        .takes_empty = true};
    // A list is often cut short by who reads it.
    kernel::ignore_signal(SIGPIPE, false);
    auto root = open_root(options);
    if (root.is_error())
        return WrongInput;
    auto* session = new_session();
    if (!session) {
        print_error("not enough memory to look at this machine");
        return SomeNotBound;
    }
    Job job{looks_only, options, root.value(), *session};
    session->config_name = config_name(job);
    bool const is_absent = is_config_absent(job);
    if (has_config(job))
        read_config(job, options);
    if (is_absent && !session->problems.empty()) {
        tell_of_problems(job);
        return WrongInput;
    }
    if (!session->problems.empty())
        session->config = {};
    return answer(job, !is_absent && session->problems.empty());
}

ExitStatus run_survey(CommandOptions const& options, FunctionRef<ExitStatus(Root const&, Session&)> answer)
{
    return look(options, [&](Job& job, bool) {
        auto& session = job.session;
        look_and_plan(job);
        tell_of_problems(job); // those of the plan too
        for_each_general_warning(session, [](std::string_view warning) { print_error("%s", warning); });
        // What was asked for may be what was left out.
        if (session.inventory.is_overfull && (!options.words.empty() || options.is_from_running))
            return SomeNotBound;
        if (!session.problems.empty())
            session.plan.decisions.clear();
        return answer(job.root, session);
    });
}

ExitStatus run_with_config(CommandOptions const& options,
    FunctionRef<ExitStatus(Root const&, Session&, bool is_config_known)> answer)
{
    return look(options, [&](Job& job, bool is_config_known) {
        tell_of_problems(job);
        return answer(job.root, job.session, is_config_known);
    });
}

ExitStatus run(Conduct const& conduct, CommandOptions const& options)
{
    auto const start = now_milliseconds();
    auto root = open_root(options);
    if (root.is_error())
        return WrongInput;
    auto* memory = new_session();
    if (!memory) {
        tell_line(conduct, root.value(), Message("not enough memory, so nothing is bound"));
        return SomeNotBound;
    }
    auto& session = *memory;
    session.mode = conduct.mode;
    session.kernel.append(options.kernel);
    session.is_running_system = is_running_system(root.value());
    if (conduct.mode == Mode::Check)
        add_outlook(session);
    Job job{conduct, options, root.value(), session};
    session.config_name = config_name(job);
    if (conduct.obeys_command_line && is_crash_kernel(root.value()))
        return leave_alone(job, "this kernel was started to save a crash (/proc/vmcore), nothing is bound");
    session.is_forced = options.is_forced;
    bool const is_release = conduct.mode == Mode::Release;
    if (auto const status = is_release ? std::nullopt : heed_command_line(job))
        return *status;
    // What is on vfio-pci can be given back without a configuration too, and without one nothing is handed
    // over.
    if (!(is_release || options.is_handover) || has_config(job))
        read_config(job, options);
    if (session.problems.empty() && !know_words(job))
        return WrongInput;
    bool const is_to_work = session.problems.empty() && !session.is_command_line_unknown;
    if (is_to_work && session.mode != Mode::Check && !is_alone(job))
        return SomeNotBound;
    if (is_to_work)
        work(job, start);
    else
        scan_iommu(job.root, session.inventory); // for the report, which a plan would have filled
    if (is_to_work && (is_release || !is_all_bound(session)))
        take_back_from_guest(job);
    bool const is_whole = !is_to_work || !is_release || tell_of_orphan(job);
    if (options.is_handover && session.is_planned && session.problems.empty()
        && session.plan.decisions.empty()) {
        if (options.is_json)
            print_output([&](Sink& sink) { write_json(sink, session); });
        return is_whole ? AllBound : SomeNotBound;
    }
    look_at_images(job);
    tell_of_problems(job);
    bool const is_recorded = session.problems.empty() && record(job);
    report(job, options);
    session.is_reported = true;
    if (is_recorded)
        tell_what_to_do_next(job);
    else
        return session.problems.empty() ? SomeNotBound : WrongInput;
    if (!session.problems.empty())
        return WrongInput;
    // Who names what is to be bound goes on with it.
    if (session.mode != conduct.mode && !options.words.empty()) {
        tell(job, "rd.vfio_early= on the kernel command line forbids it, nothing is bound");
        return SomeNotBound;
    }
    return is_whole && is_all_bound(session) ? AllBound : SomeNotBound;
}

} // namespace vfio_early
