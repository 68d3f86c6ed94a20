// SPDX-License-Identifier: MIT
#pragma once

#include "core/facts.h"
#include "core/reason.h"
#include "core/resolve.h"

namespace vfio_early {

// What a line means on the machine of now, given what it meant when it was recorded.
struct Recollection {
    enum class Note : uint8_t {
        None,
        NotCompared, // nothing was recorded for the line, so that a shift of addresses cannot be seen
        Replaced, // another card of the same model is in the slot
        FoundById, // the card left its slot, and is the only one with the id
        NotRecorded, // 'all' means a card that was not there when the line was recorded
    };

    // The device that the line meant when it was recorded.
    struct Meant {
        DeviceId id;
        Address was;
        std::optional<Address> is_now = {}; // nothing where it is not known to be anywhere
        bool is_twin =
            false; // what is there now is one of its model, and nothing tells whether it is the one
        bool is_line_stale = false; // the line as it stands leads elsewhere
    };

    Resolution resolution;
    // Changed where what the line leads to now is not known to be what it meant; None otherwise.
    Reason reason = Reason::None;
    Note note = Note::None;
    std::optional<Meant> meant = {};
};

// The first row of this table that fits decides; an id that the line names must hold in every row.
//
//     what is there now                              an address or a path        an id alone
//     nothing is recorded for the line               bind (say so)               bind
//     nothing was there when it was recorded         changed; with an id: bind   bind
//     the remembered slot has the same model,        bind it, wherever the       bind it
//       and no serial number says otherwise          buses put that slot
//     the same model with another serial number,     bind, warn                  bind
//       and the remembered one is nowhere
//     the remembered serial number in another slot   changed                     bind if it is the only one
//     the slot has something else or nothing, and    changed                     bind if it is the only one,
//       the model is elsewhere                                                   warn
//     the model is nowhere, and the slot is empty    not-found                   not-found
//     the model is nowhere, the slot has another     id-mismatch where the line  not-found
//                                                    names an id, else changed
Recollection recall(Selector const&, Facts const&, Inventory const&);

// For a line with 'all': whether the device is where one was that the line meant when it was recorded.
bool was_recorded(Selector const&, Facts const&, Device const&);

// True where recall() needs to know of every device with an id that the facts name, because a remembered slot
// does not hold what it held.
bool needs_census(Facts const&, Inventory const&);

// Why the host needs a device, empty where it does not: the device is in a slot that the host lives on,
// whatever sits in it; or it is the device that the host lives on, wherever it is; or it may be, because the
// slot holds another model and no serial number tells.
std::string_view host_use_of(Device const&, Facts const&, Inventory const&);

} // namespace vfio_early
