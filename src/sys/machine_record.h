// SPDX-License-Identifier: MIT
#pragma once

#include "core/machine_record.h"
#include "sys/root.h"

namespace vfio_early {

// Reads what there is to show of the functions of an inventory: what is attached to them, how they can be
// reset, where they sit, and the names of their models.
void read_machine_record(Root const&, Inventory const&, MachineRecord&);

// The names of these models, from the list of this system; none where it has none.
void read_model_names(Root const&, ModelNames&);

// True for an input device of /sys/class/input that is a keyboard.
bool is_keyboard_at(Root const&, std::string_view name);

} // namespace vfio_early
