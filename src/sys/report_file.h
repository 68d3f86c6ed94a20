// SPDX-License-Identifier: MIT
#pragma once

#include "core/session.h"
#include "sys/root.h"

namespace vfio_early {

// Writes /run/vfio-early/report.json, or live.json beside it on a running system or for a release, whole or
// not at all: an older one does not stay in its place. /run is what the initramfs hands over to the real
// root.
Result<void> save_report(Root const&, Session const&);

// Keeps every other run from binding or giving back as long as this process lives, or a child of it; EAGAIN
// where another one does. The lock is /run/vfio-early/lock, which a boot hands over as well.
Result<void> lock_out_others(Root const&);

} // namespace vfio_early
