// SPDX-License-Identifier: MIT
#pragma once

#include "base/function_ref.h"
#include "core/host_use.h"
#include "sys/root.h"

namespace vfio_early {

enum class Held { No, Yes, Unknown };

// Whether something holds the block device of this name for itself.
using IsHeld = FunctionRef<Held(std::string_view name)>;

// What the kernel of this machine answers: opening with O_EXCL fails with EBUSY where a file system, a
// mapping, an array or a pool holds the device (bd_may_claim() in block/bdev.c). No below any other root, as
// there is no kernel behind a tree.
Held ask_kernel_if_held(Root const&, std::string_view name);

// Adds the functions that carry what is mounted, swap and the resume device, through every layer below them,
// and what fstab and crypttab need. With `is_held` a device is found whose holder the kernel does not name,
// such as a pool of ZFS: it counts as vital. Where / needs a passphrase the only keyboard is vital too.
void find_host_storage(Root const&, IsHeld is_held, HostUses&);

} // namespace vfio_early
