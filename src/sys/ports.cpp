// SPDX-License-Identifier: MIT
#include "sys/ports.h"

#include "sys/scan.h"

namespace vfio_early {

namespace {

Isolation read_isolation(Root const& root, Device const* device)
{
    char buffer[whole_config_bytes];
    if (!device)
        return {};
    auto const config = root.read_start(device_path(device->address, "config"), buffer);
    return config.is_error() ? Isolation{} : isolation_of(config.value());
}

} // namespace

void read_details(Root const& root, Why& why)
{
    static char table[max_smbios_bytes];
    why.joint_isolation = read_isolation(root, why.joint);
    why.boundary_isolation = read_isolation(root, why.boundary);
    auto const board = root.read_start("sys/firmware/dmi/tables/DMI", table);
    if (!board.is_error())
        why.board = board.value();
    size_t kept = 0;
    for (auto const index : why.places) {
        auto const port = read_isolation(root, &why.inventory->devices[index]);
        if (port.has_slot || !port.is_known)
            why.places[kept++] = index;
    }
    why.places.shrink(kept);
}

} // namespace vfio_early
