// SPDX-License-Identifier: MIT
#pragma once

#include "core/host_use.h"
#include "sys/root.h"

namespace vfio_early {

// Adds a use of each function above a device, by the link to it that sysfs has, and of the physical function
// of one that is virtual. False where no function is above it.
bool add_use_of_device(Root const&, HostUses&, std::string_view device_link, Weight, UseText const& what,
    UseKind = UseKind::Other);

// The same for one function.
void add_use_of_function(
    Root const&, HostUses&, Address const&, Weight, UseText const& what, UseKind = UseKind::Other);

// The last part of a path.
std::string_view last_part(std::string_view path);

// The text of a file that may be missing, which counts as empty. One that cannot be read leaves a doubt, and
// so does one that is longer than `buffer`, whose beginning counts.
std::string_view read_table(Root const&, HostUses&, char const* path, std::span<char> buffer);

} // namespace vfio_early
