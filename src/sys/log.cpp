// SPDX-License-Identifier: MIT
#include "sys/log.h"

#include "core/explain.h"
#include "core/report.h"
#include "sys/kernel.h"

#include <fcntl.h>

namespace vfio_early {

namespace {

using LogLine = FixedString<max_log_line_bytes>;

// If it cannot be written, there is nowhere to say so.
void write_line(Root const& root, PathRef file_name, LogLine const& line)
{
    auto const file = root.open_file(file_name, O_WRONLY | O_APPEND | O_NOCTTY | O_NONBLOCK);
    if (!file.is_error())
        static_cast<void>(!kernel::write(file.value().number(), line.view().data(), line.view().size()));
}

} // namespace

void log_line(Root const& root, Level level, std::string_view text)
{
    constexpr unsigned facility_daemon = 3; // LOG_DAEMON, <syslog.h>
    // Opened afresh for every line: the kernel drops what one open file writes beyond 10 lines in 5 s
    // (devkmsg_write() in kernel/printk/printk.c), and the write still succeeds.
    write_line(root, "dev/kmsg",
        printed<LogLine>("<%u>vfio-early: %s\n", facility_daemon << 3 | static_cast<unsigned>(level), text));
}

void console_line(Root const& root, std::string_view text)
{
    write_line(root, "dev/console", printed<LogLine>("vfio-early: %s\n", text));
}

void log_report(Root const& root, Session const& session)
{
    // Errors of the configuration have been logged already, line by line.
    if (!session.problems.empty())
        return;
    LogLine summary;
    Sink sink(summary);
    write_summary(sink, session);
    log_line(root, is_all_bound(session) ? Level::Info : Level::Warning, summary.view());
    for (auto const& decision : session.plan.decisions) {
        if (decision.reason == Reason::None)
            continue;
        LogLine line;
        Sink line_sink(line);
        describe(line_sink, decision, session);
        log_line(root, Level::Warning, line.view());
    }
    for_each_warning(session, [&](std::string_view warning) { log_line(root, Level::Warning, warning); });
}

} // namespace vfio_early
