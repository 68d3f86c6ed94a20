// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.h"
#include "base/fixed_string.h"
#include "base/fixed_vector.h"
#include "core/limits.h"

namespace vfio_early {

// A root bus, by what stays the same when buses are renumbered.
struct RootBus {
    uint32_t domain = 0;
    uint8_t bus = 0;
    // Its name in the firmware's tables, such as '\_SB_.PCI0'; empty where there is none, or it does not fit.
    FixedString<max_root_name_bytes> firmware_path = {};
    // What sysfs has above it: the device that it belongs to on VMD and with devicetree, else empty.
    FixedString<max_root_name_bytes> parent = {};
};

// Where a function sits: the way to it from the root bus, one step a bus. Unlike an address it does not
// change when a card is added and buses are renumbered.
struct Slot {
    struct Step {
        uint8_t device = 0;
        uint8_t function = 0;
        // The Port Number of a root port. Intel's firmware gives function 0 to the first root port that is in
        // use, so that their function numbers move when a card comes or goes, and port numbers do not.
        std::optional<uint8_t> port = {};
    };

    RootBus root;
    FixedVector<Step, max_path_steps + 1> steps; // the last one is the function itself
};

// A root bus by the name of its directory, 'pciDDDD:BB' (pci_register_host_bridge() in drivers/pci/probe.c).
std::optional<RootBus> parse_root_bus(std::string_view name);

// The slot of a device, from where its link in /sys/bus/pci/devices points, such as
// '../../../devices/pci0000:00/0000:00:1c.4/0000:03:00.0'. Nothing where it is not such a path, or longer
// than a slot can be.
std::optional<Slot> parse_slot_link(std::string_view link);

// Whether they are the same root bus: by the firmware's name where both have one, else by what they belong
// to, else by the number.
bool is_same_root(RootBus const&, RootBus const&);

// As selectors write it: '0000:00:1c.4/00.0', with the number that the root bus had.
void put_slot(Sink&, Slot const&);

} // namespace vfio_early
