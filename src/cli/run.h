// SPDX-License-Identifier: MIT
#pragma once

#include "base/function_ref.h"
#include "cli/command.h"
#include "core/session.h"
#include "sys/root.h"

namespace vfio_early {

// How the commands that plan differ. All of them go the same way, from configuration to report, so that the
// rehearsal cannot drift from the play.
struct Conduct {
    Mode mode;
    bool obeys_command_line; // rd.vfio_early= decides what is done; otherwise it is a warning
    bool loads_iommu_driver; // where the machine needs a module for its IOMMU
    bool leaves_record; // messages go to the kernel log too, and the report to /run
    bool forgets = false; // what is remembered of the lines is recorded anew
    // An empty configuration is none: the shell empties it before 'suggest ... >/etc/vfio-early.ini' reads
    // it.
    bool takes_empty = false;
};

ExitStatus run(Conduct const&, CommandOptions const&);

// For the commands that look at the whole machine: reads what it has and lives on, and the configuration
// where there is one, and plans for it; then calls `answer`. A configuration with problems counts as none,
// and they are told.
ExitStatus run_survey(CommandOptions const&, FunctionRef<ExitStatus(Root const&, Session&)> answer);

// For the command that looks more than once: reads the configuration where there is one, and calls `answer`,
// which does the rest. A configuration with problems counts as none, and they are told.
ExitStatus run_with_config(
    CommandOptions const&, FunctionRef<ExitStatus(Root const&, Session&, bool is_config_known)> answer);

// True where all labels are known. Otherwise says which one is on no line, and what may have been meant.
bool are_known(
    std::span<std::string_view const> labels, std::span<std::string_view const> known, ConfigName const&);

// A word of the command line as a selector of the configuration. Where it is none, says so and returns
// nothing.
std::optional<Selector> read_selector(std::string_view word);

} // namespace vfio_early
