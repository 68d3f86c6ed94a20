// SPDX-License-Identifier: MIT
#pragma once

#include "core/decision.h"

namespace vfio_early {

// Decides for every entry what becomes of its devices. What an entry meant when it was recorded, and what the
// host lives on, is in the facts. Two entries that want different things of one device are problems of the
// configuration: they go to `problems`, and the plan then does not count.
void make_plan(Config const&, Facts const&, Inventory const&, Plan&, Problems&);

// Adds the decisions of one entry, by its selector and what it meant when it was recorded, and no rule of
// binding.
void plan_entry(Config const&, uint16_t entry, Facts const&, Inventory const&, Plan&, Problems&);

// Leaves only the decisions of the groups in which a line with one of these labels has a part, also where
// another line lists the same device, or which no file has.
void keep_named(
    Plan&, Config const&, Facts const&, Inventory const&, std::span<std::string_view const> labels);

// True where a device of the decision's group is named under [handover].
bool is_handed_over(Decision const&, Plan const&, Inventory const&);

// Leaves the groups that are handed over, and could be bound, with the host: at a boot, and wherever they are
// not asked for by name.
void leave_for_handover(Plan&, Inventory const&);

// Leaves only the groups that are handed over and in which a word names a label or the address of a device.
void keep_handed_over(Plan&, Config const&, Inventory const&, std::span<std::string_view const> words);

// For binding on the running machine: refuses what the running system has open, as unbinding itself never
// does. Where not all of that could be found out, everything is refused.
void refuse_what_is_in_use(Plan&, HostUses const&, Inventory const&);

// True if the plan has something to bind to this driver.
bool needs_driver(Plan const&, Target);

// The reason that a failure stands for. EINVAL on binding is how vfio-pci answers for a device without an
// IOMMU group (vfio_register_group_dev() in drivers/vfio/group.c).
Reason reason_of(Failure const&, Device const&);

} // namespace vfio_early
