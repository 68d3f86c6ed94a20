#include "cli/run.h"

#include "cli/console.h"
#include "sys/scan.h"

#include <errno.h>
#include <new>
#include <string.h>
#include <unistd.h>

namespace vfio_early {

namespace {

constexpr uint32_t largest_config = 64 * 1024;

using Line = FixedString<800>;

// Below another root --config is a path there; on the machine itself it is one like any other, and relative
// to where the user stands.
Path config_path(Root const& root, CommandOptions const& options)
{
    char directory[256];
    if (root.is_machine() && !options.config.starts_with('/') && getcwd(directory, sizeof(directory)))
        return path_of(directory, "/", options.config);
    return Path(options.config);
}

// The configuration's path as its user would find it.
void put_config_path(Sink& sink, Root const& root, CommandOptions const& options)
{
    if (!root.is_machine())
        print(sink, root.directory(), options.config.starts_with('/') ? "" : "/");
    print(sink, options.config);
}

// Why the file as a whole cannot be used; such a problem stands in no line.
Problem problem_of_file(Error const& error)
{
    Problem problem;
    auto sink = problem.text.sink();
    if (error.error_number == EFBIG)
        print(sink, "is longer than ", largest_config, " bytes, nothing is bound");
    else
        print(sink, "cannot be read: ", strerror(error.error_number), ", nothing is bound");
    return problem;
}

} // namespace

std::optional<Root> open_root(CommandOptions const& options)
{
    auto root = Root::open(options.root);
    if (!root.is_error())
        return root.value();
    print_error("--root ", Quoted{options.root}, " cannot be opened: ", strerror(root.error().error_number));
    return {};
}

Session* make_session()
{
    auto* memory = allocate_shared(sizeof(Session));
    return memory ? new (memory) Session : nullptr;
}

Result<CommandLine> read_command_line(Root const& root, std::span<char> buffer)
{
    return parse_command_line(TRY(root.read(Path("proc/cmdline"), buffer)));
}

bool read_config(Root const& root, CommandOptions const& options, Session& session, TellError tell)
{
    static char buffer[largest_config];
    auto text = root.read(config_path(root, options), buffer);
    if (text.is_error())
        static_cast<void>(session.problems.append(problem_of_file(text.error())));
    else
        parse_config(text.value(), session.config, session.problems);
    if (!session.problems.empty())
        scan_iommu(root, session.inventory); // for the report, which a plan would have filled
    return tell_of_problems(root, options, session, tell);
}

void plan(Root const& root, Session& session)
{
    scan(root, session.config, session.inventory);
    make_plan(session.config, session.inventory, session.plan, session.problems);
    if (!session.problems.empty())
        session.plan.decisions.clear();
    session.is_planned = true;
}

bool work_on(Job& job, Work work, int64_t start)
{
    auto const deadline = start + int64_t{1000} * job.session.config.options.timeout_seconds;
    auto const end = run_worker(work, &job, deadline);
    if (end.kind == WorkerEnd::Kind::Done)
        return true;
    give_up(
        job.session, end.kind == WorkerEnd::Kind::TimeIsUp ? Code::Timeout : Code::BindFailed, end.signal);
    return false;
}

bool tell_of_problems(Root const& root, CommandOptions const& options, Session const& session, TellError tell)
{
    bool is_in_a_line = false;
    for (auto const& problem : session.problems) {
        Line line;
        auto sink = line.sink();
        put_config_path(sink, root, options);
        if (problem.line != 0)
            print(sink, ":", problem.line);
        print(sink, ": ", problem.text);
        tell(root, line.view());
        is_in_a_line |= problem.line != 0;
    }
    if (is_in_a_line) {
        Line line;
        auto sink = line.sink();
        put_config_path(sink, root, options);
        print(sink, ": has an error, so nothing is bound");
        tell(root, line.view());
    }
    return session.problems.empty();
}

} // namespace vfio_early
