#pragma once

#include "core/decision.h"

namespace vfio_early {

// Some IOMMU drivers make a device's group when a driver binds to it. Such a device is alone in its plan
// until then, and is judged afterwards by what came: its group has been read, and the functions of its card,
// as far as they exist, are in the inventory. Refuses, by the rules of every plan, what cannot stay bound.
void judge_late_group(Plan&, Inventory&, Decision&);

} // namespace vfio_early
