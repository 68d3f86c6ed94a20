#include "cli/command.h"
#include "cli/console.h"
#include "cli/run.h"
#include "core/report.h"
#include "sys/apply.h"
#include "sys/log.h"
#include "sys/modules.h"
#include "sys/report_file.h"

#include <string.h>

namespace vfio_early {

namespace {

void tell(Root const& root, std::string_view line)
{
    print_error(line);
    log_line(root, Level::Error, line);
}

void tell_info(Root const& root, std::string_view line)
{
    print_output([&](Sink& sink) { print(sink, line, "\n"); });
    log_line(root, Level::Info, line);
}

// Everything that touches sysfs.
void plan_and_apply(void* context)
{
    auto& job = *static_cast<Job*>(context);
    load_iommu_driver(job.root);
    plan(job.root, job.session);
    if (!job.session.problems.empty())
        return;
    if (job.session.mode == Mode::Bind)
        apply(job.session, job.root);
    else
        rehearse(job.session, job.root);
}

void undo(void* context)
{
    auto& job = *static_cast<Job*>(context);
    roll_back(job.session, job.root);
}

void report(Root const& root, CommandOptions const& options, Session const& session)
{
    log_report(root, session);
    auto const saved = save_report(root, session);
    if (saved.is_error()) {
        FixedString<300> line;
        auto sink = line.sink();
        print(sink, saved.error().action, " ", saved.error().subject, ": ",
            strerror(saved.error().error_number), ", there is no report of this boot");
        tell(root, line.view());
    }
    if (options.format == OutputFormat::Json)
        print_output([&](Sink& sink) { write_json(sink, session); });
    else if (session.problems.empty())
        print_output([&](Sink& sink) { write_text(sink, session); });
}

// What the kernel command line says before anything else is read. Where it cannot be read, the switch that
// turns us off cannot be seen either, and nothing is bound.
std::optional<ExitStatus> reason_to_stop(Root const& root, Session& session)
{
    char text[4096];
    auto command_line = read_command_line(root, text);
    if (command_line.is_error()) {
        tell(root, "/proc/cmdline cannot be read, so nothing is bound");
        return SomeNotBound;
    }
    auto const& value = command_line.value().unknown_value;
    if (!value.empty()) {
        FixedString<300> line;
        auto sink = line.sink();
        print(sink, "rd.vfio_early=", value, " is not one of 0, 1 and check, and counts as 0");
        tell(root, line.view());
    }
    session.inventory.acs_is_overridden = command_line.value().acs_is_overridden;
    switch (command_line.value().power) {
    case CommandLine::Switch::Off:
        tell_info(root, "switched off on the kernel command line, nothing is bound");
        return AllBound;
    case CommandLine::Switch::CheckOnly:
        session.mode = Mode::Check;
        return {};
    case CommandLine::Switch::Run:
        break;
    }
    session.mode = Mode::Bind;
    return {};
}

} // namespace

ExitStatus run_bind(CommandOptions const& options)
{
    auto const start = now_milliseconds();
    auto const root = open_root(options);
    if (!root)
        return WrongInput;
    auto* session = make_session();
    if (!session) {
        tell(*root, "not enough memory, nothing is bound");
        return SomeNotBound;
    }
    if (auto const status = reason_to_stop(*root, *session))
        return *status;
    bool is_valid = read_config(*root, options, *session, tell);
    if (is_valid) {
        Job job{*session, *root};
        if (!work_on(job, plan_and_apply, start))
            start_and_leave(undo, &job);
        is_valid = tell_of_problems(*root, options, *session, tell);
    }
    report(*root, options, *session);
    if (!is_valid)
        return WrongInput;
    return is_all_bound(*session) ? AllBound : SomeNotBound;
}

} // namespace vfio_early
