// SPDX-License-Identifier: MIT
#pragma once

#include "core/plan.h"

namespace vfio_early {

enum class Mode {
    Check, // plan and report
    Bind, // and apply
};

// The last line that modprobe wrote. It is only shown, so cutting it does no harm.
using LoaderMessage = FixedString<max_loader_message_bytes>;

// One run from configuration to report, as plain values. It is in memory that the process that binds shares
// with the one that watches it, so that a run that was cut short can still be reported. It is large, and what
// a run does not use of it is never touched.
struct Session {
    Mode mode = Mode::Check;
    Config config;
    Problems problems; // of the configuration; where there are any, nothing is bound
    bool is_running_system = false; // outside of an initramfs: what the host lives on and uses can be seen
    HostUses uses;
    Facts facts;
    Inventory inventory;
    // rd.vfio_early= on the running kernel's command line kept its boot from binding anything.
    bool is_command_line_unknown = false; // and with it whether the next line holds
    bool is_switched_off = false;
    Plan plan;
    bool is_planned = false;
    LoaderMessage loader_message;
    int worker_signal = 0; // the signal that ended the worker, 0 where none did
};

// Settles what a worker that was cut short left open. Every decision without an outcome fails for `reason` (a
// rehearsal refuses it), and the rest of its group is refused. If there was no plan yet, every entry fails.
void settle(Session&, Reason, int worker_signal);

// For a driver that is not available: what the plan would bind to it fails (a rehearsal refuses it).
void settle_without_driver(Session&, Target);

} // namespace vfio_early
