// SPDX-License-Identifier: MIT
#include "cli/run.h"

namespace vfio_early {

ExitStatus run_bind(CommandOptions const& options)
{
    return run(
        {.mode = Mode::Bind, .obeys_command_line = true, .loads_iommu_driver = true, .leaves_record = true},
        options);
}

} // namespace vfio_early
