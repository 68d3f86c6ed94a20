// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace vfio_early {

// What the kernel command line tells vfio-early.
struct CommandLine {
    enum class Switch {
        Run,
        CheckOnly, // rd.vfio_early=check
        Off, // rd.vfio_early=0
    };
    Switch power = Switch::Run;
    // A value of rd.vfio_early other than 0, 1 and check. It counts as Off: whoever writes it wants less to
    // be done.
    std::string_view unknown_value;
    bool acs_is_overridden = false; // pcie_acs_override=
};

// Reads the text of /proc/cmdline; the last rd.vfio_early= counts. '-' and '_' are the same in a name.
CommandLine parse_command_line(std::string_view text);

} // namespace vfio_early
