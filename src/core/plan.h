#pragma once

#include "core/decision.h"

namespace vfio_early {

// Decides for every entry what becomes of its devices. Two entries that want different things of one device
// are problems of the configuration: they go to `problems`, and the plan then does not count.
void make_plan(Config const&, Inventory const&, Plan&, Problems&);

// True when the plan has something to bind to this driver.
bool needs_driver(Plan const&, Target);

// What the kernel's answer means: EINVAL when binding is vfio-pci's to a device without an IOMMU group
// (vfio_register_group_dev() in drivers/vfio/group.c).
Reason reason_of(Failure const&, Device const&);

} // namespace vfio_early
