// SPDX-License-Identifier: MIT
#pragma once

#include "core/inventory.h"
#include "core/selector.h"

namespace vfio_early {

// Where a location leads, as far as the inventory knows the bridges on the way.
struct Arrival {
    enum class Kind {
        Arrived, // `address` is the function that is meant
        NotRead, // the bridge at `address` is not in the inventory
        NotABridge, // the function at `address` has no secondary bus
    };
    Kind kind = Kind::Arrived;
    Address address;
};

Arrival follow(Location const&, Inventory const&);

// The addresses that a location can mean, given where it leads: one function, or all eight of its device.
FixedVector<Address, functions_per_device> addresses_at(Location const&, Address arrived);

bool matches_id(IdPattern const&, Device const&);

// True also for a device whose id could not be read.
bool may_match_id(IdPattern const&, Device const&);

struct Resolution {
    enum class Kind {
        Found,
        NotFound,
        IdMismatch, // the place has another model
        Ambiguous,
        Unsure, // one device has the id, and that of another could not be read
    };
    Kind kind = Kind::NotFound;
    // What matches, or may match, by address. IdMismatch: what is there instead.
    DeviceIndices devices;
    // If the selector has a place: how far the path to it led.
    std::optional<Arrival> arrival = {};
};

// The devices of the inventory that a selector means. '*' and 'all' skip bridges, unless there is nothing but
// bridges: no bridge is ever given away, and nobody should have to leave out the bridges of a card by hand.
Resolution resolve(Selector const&, Inventory const&);

} // namespace vfio_early
