// SPDX-License-Identifier: MIT
#pragma once

#include "base/function_ref.h"
#include "core/offer.h"

namespace vfio_early {

// A configuration that is added to until devices can be given away, and the plan for it.
struct Draft {
    Config& config; // the lines that are there, and behind them those that are added
    Plan& plan;
    Problems& problems;
    size_t known = config.entries.size(); // so many lines were there
    std::optional<Target> wanted[max_devices] = {}; // what someone asks for, by DeviceIndex
    DeviceIndices devices = {}; // these and whatever else their groups need, by address
    bool is_full = false; // more lines are needed than there is room for
};

// How a line writes where a device is: by address, or by path.
using PlaceOf = FunctionRef<Location(Address)>;
constexpr auto by_address = [](Address address) {
    Location location;
    location.start = address;
    return location;
};

// Adds a line for every wanted device and for whatever else their groups need, where the session's plan has
// none, and plans for all of them: what `check` would refuse has its reason there. Functions of the same card
// go along with it, peers that nobody asked for go to pci-stub, and what the platform cannot do without gets
// no line. Each line names one device, by its place and its id.
void complete(Draft&, Session const&, PlaceOf);

// Adds a line; `text` is its selector as it is written.
void add_line(Draft&, Selector const&, std::string_view text, std::string_view label, Target);

// The devices of a draft that its lines select for this driver, and that `check` would accept, by address.
DeviceIndices accepted(Draft const&, Target);

// What `check` would refuse of a draft: what was asked for, and lines that were added and have a reason of
// their own.
void for_each_refusal(Draft const&, FunctionRef<void(Decision const&)>);

// Writes the name of a device, for a person.
using PutName = FunctionRef<void(Sink&, Device const&)>;

// The lines as they stand in a configuration, below their sections, with the names as comments.
void write_lines(Sink&, Draft const&, Inventory const&, PutName);

// The same and what is refused as JSON, one object and a newline. The draft must be the session's own.
void write_suggestion_json(Sink&, Draft const&, Session const&, PutName);

// What to do about a refusal of the session's plan, in lines that are ready to be pasted and that `check` was
// seen to accept; nothing where there are none, or where they come with a later decision of the same group.
void write_advice(Sink&, Decision const&, Session const&, Trial&);

} // namespace vfio_early
