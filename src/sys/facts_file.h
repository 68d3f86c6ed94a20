// SPDX-License-Identifier: MIT
#pragma once

#include "core/config.h"
#include "core/facts.h"
#include "sys/root.h"

namespace vfio_early {

// Reads /etc/vfio-early.facts. What is missing or cannot be used leaves no facts.
void read_facts(Root const&, Facts&);

// Writes the facts to `path`, whole or not at all.
Result<void> save_facts(Root const&, Path const& path, Facts const&);

// Finds where the remembered slots are now, and reads into the inventory what sits there; and, where that is
// not what was there, every device of the models that are remembered.
void locate_facts(Root const&, Facts&, Inventory&);

// The facts of now: for a line that is known what was known, for a line that is new what it means now, and
// what the host lives on anew. `uses` are those of the running system.
void update_facts(Root const&, Config const&, Inventory const&, HostUses& uses, Facts&);

// Replaces what the facts say of the host by what it lives on now.
void record_host(Root const&, HostUses& uses, Facts&);

} // namespace vfio_early
