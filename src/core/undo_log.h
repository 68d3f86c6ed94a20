// SPDX-License-Identifier: MIT
#pragma once

#include "core/decision.h"

namespace vfio_early {

// What a device was before anything was written for it, and whether it is that again. An entry is there
// before the first write, so that whoever finds the log knows what to put back.
struct UndoEntry {
    enum class State : uint8_t {
        Written, // and not put back so far
        PutBack, // as it was, or with a host driver; read, and not only asked for
        Left, // a release that did not begin
        Stuck, // it could not be put back, or it cannot be read whether it was
    };
    DeviceIndex device = 0;
    // What it is undone with: its own decision, or for a bridge one of its group.
    uint16_t decision = 0;
    std::string_view wanted = {}; // the driver that its override names
    DriverName driver_was = {};
    DriverName override_was = {};
    bool was_asked_for = false; // a host driver was, without an error
    bool had_our_override = false; // a release: it had one that we write
    State state = State::Written;
    bool was_id_removed = false; // from the ids that somebody gave the driver
};

using UndoLog = FixedVector<UndoEntry, max_devices>;

// The entry of a device, or nullptr.
UndoEntry const* find_entry(UndoLog const&, DeviceIndex);

// Whoever was to put devices back has ended: what is not bound and not back by now is stuck.
void give_up_on_what_is_left(UndoLog&, Plan const&);

// What became of giving the group of a decision back.
enum class GivenBack : uint8_t {
    Unneeded, // nothing had been written for it
    Yes,
    AsBefore, // the same, and it was for the driver that it was to get
    NotYet,
    No, // at least one member is stuck
};
GivenBack given_back(Decision const&, UndoLog const&, Inventory const&);

// The members of the group of a decision that are stuck.
DeviceIndices stuck_members(Decision const&, UndoLog const&, Inventory const&);

} // namespace vfio_early
