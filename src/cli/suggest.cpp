// SPDX-License-Identifier: MIT
#include "cli/console.h"
#include "cli/run.h"

namespace vfio_early {

ExitStatus run_suggest(CommandOptions const& options)
{
    return run_survey(options, [&](Root const&, Session const&) {
        print_error("'suggest' is not built yet");
        return WrongInput;
    });
}

} // namespace vfio_early
