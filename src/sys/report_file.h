// SPDX-License-Identifier: MIT
#pragma once

#include "core/session.h"
#include "sys/root.h"

namespace vfio_early {

// Writes /run/vfio-early/report.json, or live.json beside it on a running system, whole or not at all: an
// older one does not stay in its place. /run is what the initramfs hands over to the real root.
Result<void> save_report(Root const&, Session const&);

} // namespace vfio_early
