// SPDX-License-Identifier: MIT
#include "cli/run.h"

namespace vfio_early {

ExitStatus run_accept(CommandOptions const& options)
{
    auto records = options;
    records.facts = "/etc/vfio-early.facts";
    return run({.mode = Mode::Check,
                   .obeys_command_line = false,
                   .loads_iommu_driver = false,
                   .leaves_record = false,
                   .forgets = true},
        records);
}

} // namespace vfio_early
