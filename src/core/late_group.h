// SPDX-License-Identifier: MIT
#pragma once

#include "core/decision.h"

namespace vfio_early {

// Some IOMMU drivers make a device's group only when a driver binds to the device. Until then the device is a
// group of its own; it is judged afterwards, when its group has been read and the functions of its card, as
// far as they exist, are in the inventory. Refuses what cannot stay bound, by the same rules as for every
// plan.
void judge_late_group(Plan&, Inventory&, Decision&);

} // namespace vfio_early
