// SPDX-License-Identifier: MIT
#pragma once

#include "base/fixed_vector.h"
#include "base/sink.h"
#include "core/limits.h"

namespace vfio_early {

// A device by its place: an address, or the address of a bridge and from there one step per bus.
// The kernel's pci= parameters have the same syntax: pci_dev_str_match_path() in drivers/pci/pci.c.
struct Location {
    struct Step {
        uint8_t device = 0;
        uint8_t function = 0;
    };

    Address start;
    FixedVector<Step, max_path_steps> steps;
    bool every_function = false;
};

// A device by its model.
struct IdPattern {
    DeviceId id;
    std::optional<DeviceId> subsystem;
};

enum class AllowAll { No, Yes };

// The right side of a line under [bind] or [stub]: all terms that are there must match.
struct Selector {
    std::optional<Location> location;
    std::optional<IdPattern> id;
    AllowAll allow_all = AllowAll::No;
};

// Reads the terms of a selector. If one is wrong, writes the word and what is wrong with it to `problem`, and
// returns nothing.
std::optional<Selector> parse_selector(std::string_view text, Sink& problem);

} // namespace vfio_early
