#include "cli/command.h"
#include "cli/console.h"
#include "cli/run.h"
#include "core/report.h"
#include "sys/apply.h"

namespace vfio_early {

namespace {

void tell(Root const&, std::string_view line)
{
    print_error(line);
}

// Everything that reads sysfs.
void plan_and_rehearse(void* context)
{
    auto& job = *static_cast<Job*>(context);
    plan(job.root, job.session);
    rehearse(job.session, job.root);
}

} // namespace

ExitStatus run_check(CommandOptions const& options)
{
    auto const start = now_milliseconds();
    auto const root = open_root(options);
    if (!root)
        return WrongInput;
    auto* session = make_session();
    if (!session) {
        print_error("not enough memory");
        return SomeNotBound;
    }
    char command_line_text[4096];
    auto command_line = read_command_line(*root, command_line_text);
    if (!command_line.is_error()) {
        session->inventory.acs_is_overridden = command_line.value().acs_is_overridden;
        session->is_switched_off = command_line.value().power != CommandLine::Switch::Run;
    }
    bool is_valid = read_config(*root, options, *session, tell);
    if (is_valid) {
        Job job{*session, *root};
        work_on(job, plan_and_rehearse, start);
        is_valid = tell_of_problems(*root, options, *session, tell);
    }
    if (options.format == OutputFormat::Json)
        print_output([&](Sink& sink) { write_json(sink, *session); });
    else if (is_valid)
        print_output([&](Sink& sink) { write_text(sink, *session); });
    if (!is_valid)
        return WrongInput;
    return is_all_bound(*session) ? AllBound : SomeNotBound;
}

} // namespace vfio_early
