// SPDX-License-Identifier: MIT
#include "cli/run.h"

#include "base/text.h"
#include "cli/console.h"
#include "core/command_line.h"
#include "core/explain.h"
#include "core/plan.h"
#include "core/report.h"
#include "sys/apply.h"
#include "sys/facts_file.h"
#include "sys/host_uses.h"
#include "sys/images.h"
#include "sys/log.h"
#include "sys/modprobe_d.h"
#include "sys/modules.h"
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
#include <string.h>

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
    print_error(line);
    if (conduct.leaves_record)
        log_line(root, Level::Error, line.view());
}

template <typename... Parts> void tell(Conduct const& conduct, Root const& root, Parts const&... parts)
{
    tell_line(conduct, root, joined<Message>(parts...));
}

template <typename... Parts> void tell(Job const& job, Parts const&... parts)
{
    tell(job.conduct, job.root, parts...);
}

// Below another root, --config is a path there. On the machine itself it is a path like any other, and
// relative to the current directory.
Result<Path> user_path(Root const& root, std::string_view text)
{
    if (!root.is_machine() || text.starts_with('/'))
        return Path(text);
    auto const directory = TRY(root.link_target(Path("proc/self/cwd")));
    return path_of(directory, "/", text);
}

Result<std::string_view> read_config_text(
    Root const& root, CommandOptions const& options, std::span<char> buffer)
{
    auto const path = TRY(user_path(root, options.config));
    return root.read(path, buffer);
}

// The configuration's path as its user would find it.
struct ConfigName {
    Root const& root;
    CommandOptions const& options;
};

void put(Sink& sink, ConfigName name)
{
    auto const& root = name.root;
    bool const is_below = !root.is_machine();
    auto const path = joined<FixedString<max_shown_path_bytes>>(Escaped{is_below ? root.directory() : ""},
        is_below && !name.options.config.starts_with('/') ? "/" : "", Escaped{name.options.config});
    put_all(sink, path, path.was_cut() ? "..." : "");
}

// Why the file as a whole cannot be used; such a problem has no line.
Problem problem_of_file(Error const& error)
{
    if (error.number == EFBIG)
        return problem_of(0, "is longer than ", max_config_bytes, " bytes, nothing is bound");
    return problem_of(0, "cannot be read: ", strerror(error.number), ", nothing is bound");
}

void read_config(Job& job, CommandOptions const& options)
{
    static char buffer[max_config_bytes];
    auto text = read_config_text(job.root, options, buffer);
    if (text.is_error())
        job.session.problems.add(problem_of_file(text.error()));
    else
        parse_config(text.value(), job.session.config, job.session.problems);
}

void tell_of_problems(Job const& job, CommandOptions const& options)
{
    ConfigName const name{job.root, options};
    bool is_in_a_line = false;
    for (auto const& problem : job.session.problems) {
        is_in_a_line |= problem.line != 0;
        Message line;
        Sink sink(line);
        put_all(sink, name, ":");
        if (problem.line != 0)
            put_all(sink, problem.line, ":");
        put_all(sink, " ", problem.text);
        tell_line(job.conduct, job.root, line);
    }
    if (job.session.problems.left_out() > 0)
        tell(job, name, ": and ", job.session.problems.left_out(), " more");
    if (is_in_a_line)
        tell(job, name, " has an error, so nothing is bound");
}

ExitStatus leave_alone(Job const& job, std::string_view why)
{
    print_output([&](Sink& sink) { put_all(sink, why, "\n"); });
    log_line(job.root, Level::Info, why);
    return AllBound;
}

// Does what the kernel command line says. Returns an exit status if the run ends with that.
std::optional<ExitStatus> obey_command_line(Job& job, CommandLine const& command_line)
{
    if (!command_line.unknown_value.empty())
        tell(job, "rd.vfio_early=", Quoted{command_line.unknown_value},
            " is not one of 0, 1 and check, and counts as 0");
    switch (command_line.power) {
    case CommandLine::Switch::Off:
        return leave_alone(job, "switched off on the kernel command line, nothing is bound");
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
    return root.exists(Path("proc/vmcore"));
}

std::optional<ExitStatus> heed_command_line(Job& job)
{
    static char buffer[max_command_line_bytes];
    auto text = job.root.read(Path("proc/cmdline"), buffer);
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

// False where a label that was named is on no line.
bool know_labels(Job const& job)
{
    auto const& entries = job.session.config.entries;
    std::string_view known[max_entries];
    for (size_t i = 0; i < entries.size(); ++i)
        known[i] = entries[i].label.view();
    std::span const labels(known, entries.size());
    for (auto const label : job.options.labels) {
        if (std::ranges::find(labels, label) != labels.end())
            continue;
        ConfigName const name{job.root, job.options};
        if (auto const meant = nearest(label, labels))
            tell(job, name, " has no label ", Quoted{label}, ", did you mean ", Quoted{*meant}, "?");
        else
            tell(job, name, " has no label ", Quoted{label});
        return false;
    }
    return true;
}

// Everything that reads or writes devices in sysfs: inventory, plan, and carrying it out.
void plan_and_carry_out(void* context)
{
    auto& [conduct, options, root, session] = *static_cast<Job*>(context);
    if (conduct.loads_iommu_driver && root.is_machine())
        load_iommu_driver(root);
    read_facts(root, session.facts);
    if (conduct.forgets)
        forget(session.facts, session.config, options.labels);
    if (session.is_running_system) {
        find_host_uses(root, session.uses);
        record_host(root, session.uses, session.facts);
    }
    scan(root, session.config, session.facts, session.inventory);
    make_plan(session.config, session.facts, session.inventory, session.plan, session.problems);
    if (!session.problems.empty())
        session.plan.decisions.clear();
    session.is_planned = true;
    if (!session.problems.empty())
        return;
    if (!options.facts.empty())
        update_facts(root, session.config, session.inventory, session.uses, session.facts);
    if (session.mode == Mode::Bind && session.is_running_system)
        refuse_what_is_in_use(session.plan, session.uses, session.inventory);
    auto const& settings = session.module_settings;
    if (settings.are_rivals_wanted || needs_driver(session.plan, Target::VfioPci)
        || needs_driver(session.plan, Target::PciStub))
        read_modprobe_d(root, session.module_settings);
    if (session.mode == Mode::Bind)
        apply(session, root);
    else
        rehearse(session, root);
    find_strangers(root, session);
    if (settings.are_rivals_wanted)
        find_rivals(root, session);
}

// Tells what became of devices that were given back when the report had been written already.
void report_late(Job const& job)
{
    constexpr int64_t pause_milliseconds = 10;
    constexpr int pauses = 500;
    for (int i = 0; i < pauses && !static_cast<bool volatile&>(job.session.is_reported); ++i)
        wait_milliseconds(pause_milliseconds);
    read_drivers_back(job.session, job.root);
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
    undo(job.session, job.root);
    if (job.session.is_undone_late && job.conduct.leaves_record)
        report_late(job);
}

void read_back_job(void* context)
{
    auto& job = *static_cast<Job*>(context);
    read_drivers_back(job.session, job.root);
}

// How long the report waits for what comes after a worker that was cut short.
constexpr int64_t patience_milliseconds = 500;

// Undoes what a worker that was cut short has written, and waits a little for that.
void clean_up(Job& job, WorkerEnd const& worker)
{
    job.session.left_behind = worker.group;
    auto const end = run_to_the_end(undo_job, &job, now_milliseconds() + patience_milliseconds);
    if (end.kind == WorkerEnd::Kind::TimeIsUp)
        job.session.is_undone_late = true;
    else
        give_up_on_what_is_left(job.session.undo_log);
}

// Lets a worker do it, because sysfs can hang. The worker has as many seconds as the configuration says, from
// `start` (now_milliseconds()) on. If it is cut short, what it leaves open is settled, and what it wrote is
// undone.
void work(Job& job, int64_t start)
{
    auto const deadline = start + int64_t{1000} * job.session.config.options.timeout_seconds;
    auto const end = run_worker(plan_and_carry_out, &job, deadline);
    if (end.kind == WorkerEnd::Kind::Done)
        return;
    settle(job.session, end.kind == WorkerEnd::Kind::TimeIsUp ? Reason::Timeout : Reason::BindFailed,
        end.signal);
    if (job.session.mode != Mode::Bind)
        return;
    if (!job.session.undo_log.empty())
        clean_up(job, end);
    run_worker(read_back_job, &job, now_milliseconds() + patience_milliseconds);
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
    if (job.session.module_settings.are_rivals_wanted && job.options.facts.empty()
        && job.options.kernel.empty() && job.session.is_planned)
        run_worker(find_images_job, &job, now_milliseconds() + limit_milliseconds);
}

// Writes the facts where they are asked for; false where that fails.
bool record(Job const& job)
{
    if (job.options.facts.empty())
        return true;
    // A run that was cut short does not know them all, and what it left out would be recorded anew.
    if (!job.session.facts.are_updated) {
        tell(job, job.options.facts, " is left as it is: not all could be found out");
        return false;
    }
    auto const path = user_path(job.root, job.options.facts);
    auto const saved =
        path.is_error() ? Result<void>(path.error()) : save_facts(job.root, path.value(), job.session.facts);
    if (saved.is_error())
        tell(job, job.options.facts, " cannot be written: ", strerror(saved.error().number),
            ", so a shift of addresses will not be noticed");
    return !saved.is_error();
}

void report(Job const& job, CommandOptions const& options)
{
    if (job.conduct.leaves_record) {
        log_report(job.root, job.session);
        auto const saved = save_report(job.root, job.session);
        if (saved.is_error())
            tell(job, saved.error().action,
                " a report in /run/vfio-early failed: ", strerror(saved.error().number),
                ", so there is none of this run");
    }
    if (options.format == OutputFormat::Json)
        print_output([&](Sink& sink) { write_json(sink, job.session); });
    else if (job.session.problems.empty())
        print_output([&](Sink& sink) { write_text(sink, job.session); });
}

void tell_what_to_do_next(Job const& job)
{
    if (!job.conduct.forgets || job.options.format == OutputFormat::Json)
        return;
    print_output([&](Sink& sink) {
        put_all(sink, job.options.facts,
            " has what the lines mean now, the next image that is made carries it\n");
    });
}

} // namespace

ExitStatus run(Conduct const& conduct, CommandOptions const& options)
{
    auto const start = now_milliseconds();
    auto root = Root::open(options.root);
    if (root.is_error()) {
        print_error("--root ", Quoted{options.root}, " cannot be opened: ", strerror(root.error().number));
        return WrongInput;
    }
    auto* memory = allocate_shared(sizeof(Session));
    if (!memory) {
        tell(conduct, root.value(), "not enough memory, so nothing is bound");
        return SomeNotBound;
    }
    // Without parentheses, which would write zeros over all of it.
    auto& session = *new (memory) Session;
    session.mode = conduct.mode;
    session.kernel = KernelVersion(options.kernel);
    session.is_running_system = is_running_system(root.value());
    session.module_settings.are_rivals_wanted = conduct.mode == Mode::Check;
    Job job{conduct, options, root.value(), session};
    if (conduct.obeys_command_line && is_crash_kernel(root.value()))
        return leave_alone(job, "this kernel was started to save a crash (/proc/vmcore), nothing is bound");
    if (auto const status = heed_command_line(job))
        return *status;
    read_config(job, options);
    if (session.problems.empty() && !know_labels(job))
        return WrongInput;
    if (session.problems.empty() && !session.is_command_line_unknown)
        work(job, start);
    else
        scan_iommu(job.root, session.inventory); // for the report, which a plan would have filled
    look_at_images(job);
    tell_of_problems(job, options);
    bool const is_recorded = session.problems.empty() && record(job);
    report(job, options);
    session.is_reported = true;
    if (is_recorded)
        tell_what_to_do_next(job);
    else
        return session.problems.empty() ? SomeNotBound : WrongInput;
    if (!session.problems.empty())
        return WrongInput;
    return is_all_bound(session) ? AllBound : SomeNotBound;
}

} // namespace vfio_early
