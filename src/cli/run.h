#pragma once

#include "cli/options.h"
#include "core/command_line.h"
#include "core/session.h"
#include "sys/root.h"
#include "sys/worker.h"

namespace vfio_early {

// What `bind` and `check` have in common, in the order in which they do it.

// The directory below which everything lies. Where it cannot be opened, says so and returns nothing.
std::optional<Root> open_root(CommandOptions const&);

// A new session in memory that a worker can share, or nullptr.
Session* make_session();

// The kernel command line; `buffer` holds its text afterwards.
Result<CommandLine> read_command_line(Root const&, std::span<char> buffer);

// Configuration. Calls `tell` with one line for each thing that is wrong with it; true when nothing is.
using TellError = void (*)(Root const&, std::string_view line);
bool read_config(Root const&, CommandOptions const&, Session&, TellError tell);

// Selectors, inventory, groups, plan. Writes nothing to the machine.
void plan(Root const&, Session&);

// A session and the machine that it is about: what the worker works on.
struct Job {
    Session& session;
    Root const& root;
};

// Lets the worker do `work` on the job, because sysfs can hang. It has as many seconds as the configuration
// says, from `start` (now_milliseconds()) on. False when it was cut short, and what it left open is given up.
bool work_on(Job&, Work work, int64_t start);

// Tells of what the plan found wrong with the configuration; true when nothing is.
bool tell_of_problems(Root const&, CommandOptions const&, Session const&, TellError tell);

} // namespace vfio_early
