// SPDX-License-Identifier: MIT
#include "cli/run.h"

namespace vfio_early {

ExitStatus run_check(CommandOptions const& options)
{
    return run({.mode = Mode::Check,
                   .obeys_command_line = false,
                   .loads_iommu_driver = false,
                   .leaves_record = false},
        options);
}

} // namespace vfio_early
