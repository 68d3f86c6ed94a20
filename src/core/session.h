#pragma once

#include "core/plan.h"

namespace vfio_early {

enum class Mode {
    Check, // plan and report
    Bind, // and apply
};

// One run from configuration to report, as plain values. It stands in memory that the process which binds
// shares with the one that watches it, so that a run that was cut short can still be reported.
struct Session {
    Mode mode = Mode::Check;
    Config config;
    Problems problems; // of the configuration; where there are any, nothing is bound
    Inventory inventory;
    bool is_switched_off = false; // rd.vfio_early= of the running kernel kept its boot from binding anything
    Plan plan;
    bool is_planned = false;
    FixedString<159> loader_message; // the last line that modprobe wrote, if it failed
    int worker_signal = 0; // the signal that ended the worker, 0 where none did
};

// Settles what a worker that was cut short left open: every decision that is not settled fails with `code`
// (a rehearsal refuses it), with it the rest of its group, and so does every entry when there was no plan
// yet.
void give_up(Session&, Code code, int worker_signal);

} // namespace vfio_early
