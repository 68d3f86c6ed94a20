// SPDX-License-Identifier: MIT
#pragma once

#include "core/machine_record.h"

namespace vfio_early {

// What `list` shows.
struct List {
    Session const& session;
    MachineRecord const& record;
    Trial& trial; // for the offers
    bool shows_all = false; // groups that hold only bridges and parts of the board too
    bool is_anonymous = false; // without what tells this machine from others of its kind
    size_t width = 80; // of the terminal
    bool has_colour = false;
    // The devices that were asked for, by their index; all where `is_narrowed` is false.
    bool is_narrowed = false;
    bool is_wanted[max_devices] = {};
};

// A line on the IOMMU and what is not shown, then group by group its offer and its functions, one a line.
void write_list(Sink&, List const&);

// The same as JSON, and whatever else a tree of this machine can be made from; one object and a newline.
void write_list_json(Sink&, List const&);

// What there is to know before a list is believed. Calls `tell` with each warning.
void for_each_warning(List const&, FunctionRef<void(std::string_view)> tell);

// The devices that a list shows, by group and then by address; those without a group last.
DeviceIndices devices_to_show(List const&);

// Calls `each` with the members of one group after the other, and last with what has none. `order` is by
// group.
void for_each_group(std::span<DeviceIndex const> order, Inventory const&,
    FunctionRef<void(std::span<DeviceIndex const> members)> each);

// A name that the kernel or the user gave. With --anonymous it is empty where it may tell this machine from
// others: an interface with its MAC address in its name, a mount point with that of its owner.
std::string_view name_to_show(UseKind, std::string_view name, List const&);

// The decision that says why a group is not offered: what the host needs comes before all that can be
// changed.
Decision const& decisive(Plan const&);

// A group by its offer, in a few words: 'the host needs 04:00.0 and 2a:00.0; see: why 04:00.0'. The trial is
// that of the offer.
void put_reason(Sink&, Offer, List const&);

} // namespace vfio_early
