#include "sys/log.h"

#include "core/explain.h"
#include "core/report.h"
#include "sys/descriptor.h"

#include <fcntl.h>

namespace vfio_early {

namespace {

// A record of /dev/kmsg holds 1024 bytes less its prefix (LOG_LINE_MAX, kernel/printk/printk.c); longer
// writes fail.
using LogLine = FixedString<900>;

struct Log {
    Root const& root;
};

} // namespace

void log_line(Root const& root, Level level, std::string_view text)
{
    constexpr unsigned facility_daemon = 3; // LOG_DAEMON, <syslog.h>
    // Opened afresh for every line: the kernel drops what one open file writes beyond 10 lines in 5 s
    // (devkmsg_write() in kernel/printk/printk.c), and the write succeeds all the same.
    auto file = root.open_file(Path("dev/kmsg"), O_WRONLY | O_APPEND | O_NOCTTY | O_NONBLOCK);
    if (file.is_error())
        return;
    Descriptor const closes(file.value());
    LogLine line;
    auto sink = line.sink();
    print(sink, "<", facility_daemon << 3 | static_cast<unsigned>(level), ">vfio-early: ", text, "\n");
    static_cast<void>(!write(closes.number(), line.view().data(), line.view().size()));
}

void log_report(Root const& root, Session const& session)
{
    // What is wrong with the configuration has been told line by line.
    if (!session.problems.empty())
        return;
    LogLine summary;
    auto sink = summary.sink();
    write_summary(sink, session);
    log_line(root, is_all_bound(session) ? Level::Info : Level::Warning, summary.view());
    for (auto const& decision : session.plan.decisions) {
        if (decision.code == Code::None)
            continue;
        LogLine line;
        auto line_sink = line.sink();
        describe(line_sink, decision, session);
        log_line(root, Level::Warning, line.view());
    }
    Log log{root};
    for_each_warning(
        session,
        [](void* context, std::string_view warning) {
            log_line(static_cast<Log*>(context)->root, Level::Warning, warning);
        },
        &log);
}

} // namespace vfio_early
