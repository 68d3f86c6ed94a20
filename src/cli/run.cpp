#include "cli/run.h"

#include "sys/scan.h"
#include "sys/worker.h"

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

void tell_of_unreadable_config(
    Root const& root, CommandOptions const& options, Error const& error, TellError tell)
{
    Line line;
    auto sink = line.sink();
    put_config_path(sink, root, options);
    if (error.error_number == EFBIG)
        print(sink, ": is longer than ", largest_config, " bytes");
    else
        print(sink, ": cannot be read: ", strerror(error.error_number));
    print(sink, ", nothing is bound");
    tell(root, line.view());
}

} // namespace

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
    if (text.is_error()) {
        tell_of_unreadable_config(root, options, text.error(), tell);
        return false;
    }
    parse_config(text.value(), session.config, session.problems);
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

bool tell_of_problems(Root const& root, CommandOptions const& options, Session const& session, TellError tell)
{
    for (auto const& problem : session.problems) {
        Line line;
        auto sink = line.sink();
        put_config_path(sink, root, options);
        print(sink, ":", problem.line, ": ", problem.text);
        tell(root, line.view());
    }
    if (session.problems.empty())
        return true;
    Line line;
    auto sink = line.sink();
    put_config_path(sink, root, options);
    print(sink, ": has an error, so nothing is bound");
    tell(root, line.view());
    return false;
}

} // namespace vfio_early
