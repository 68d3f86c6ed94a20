// SPDX-License-Identifier: MIT
#include "sys/host_uses.h"

#include "sys/host_network.h"
#include "sys/host_processes.h"
#include "sys/host_storage.h"

namespace vfio_early {

void find_host_uses(Root const& root, HostUses& uses)
{
    find_host_storage(
        root, [&](std::string_view name) { return ask_kernel_if_held(root, name); }, uses);
    // After the storage, which knows whether / comes over the network.
    find_host_network(root, uses);
    find_host_processes(root, uses);
}

} // namespace vfio_early
