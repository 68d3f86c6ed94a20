// SPDX-License-Identifier: MIT
#pragma once

#include "core/decision.h"

namespace vfio_early {

// Decides for every entry what becomes of its devices. Two entries that want different drivers for one device
// are an error of the configuration: it goes to `problems`, and the plan must then not be used.
void make_plan(Config const&, Inventory const&, Plan&, Problems&);

// True if the plan has something to bind to this driver.
bool needs_driver(Plan const&, Target);

// The reason that a failure stands for. EINVAL on binding is how vfio-pci answers for a device without an
// IOMMU group (vfio_register_group_dev() in drivers/vfio/group.c).
Reason reason_of(Failure const&, Device const&);

} // namespace vfio_early
