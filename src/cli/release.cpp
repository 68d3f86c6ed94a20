// SPDX-License-Identifier: MIT
#include "cli/run.h"

namespace vfio_early {

ExitStatus run_release(CommandOptions const& options)
{
    return run({.mode = Mode::Release,
                   .obeys_command_line = false,
                   .loads_iommu_driver = false,
                   .leaves_record = true,
                   .takes_empty = true},
        options);
}

} // namespace vfio_early
