// SPDX-License-Identifier: MIT
#pragma once

#include "core/session.h"
#include "sys/root.h"

namespace vfio_early {

// Severities of syslog(3), which /dev/kmsg uses too.
enum class Level { Error = 3, Warning = 4, Info = 6 };

// Writes one line to the kernel log, where it can be read after boot; every line begins with 'vfio-early: '.
void log_line(Root const&, Level, std::string_view text);

// Writes one line to the console, for whoever looks at the screen.
void console_line(Root const&, std::string_view text);

// What a run did: a summary, and a line for each device that is not bound and each warning.
void log_report(Root const&, Session const&);

} // namespace vfio_early
