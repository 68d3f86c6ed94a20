// SPDX-License-Identifier: MIT
#pragma once

#include "cli/options.h"

namespace vfio_early {

// Exit statuses, the same for every command.
enum ExitStatus {
    AllBound = 0, // or would be
    SomeNotBound = 1, // at least one listed device is not, or would not be
    WrongInput = 2, // the command line or the configuration is wrong; nothing was done
};

ExitStatus run_accept(CommandOptions const&);
ExitStatus run_bind(CommandOptions const&);
ExitStatus run_check(CommandOptions const&);
ExitStatus run_list(CommandOptions const&);
ExitStatus run_release(CommandOptions const&);
ExitStatus run_suggest(CommandOptions const&);
ExitStatus run_why(CommandOptions const&);

} // namespace vfio_early
