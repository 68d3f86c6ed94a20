// SPDX-License-Identifier: MIT
#pragma once

#include "core/config.h"
#include "core/host_use.h"
#include "core/inventory.h"
#include "core/selector.h"
#include "core/slot.h"

#include <span>

namespace vfio_early {

// A selector in one spelling: neither its label nor how it was written counts.
using SelectorKey = FixedString<max_line_bytes>;
SelectorKey key_of(Selector const&);

// What a device was when it was recorded.
struct Identity {
    Address address;
    std::optional<Slot> slot; // nothing where sysfs did not show it
    DeviceId id;
    DeviceId subsystem;
    std::optional<uint64_t> serial; // nothing where the device has none, or one that other cards have too
    // Where a function in that slot is on the machine of now, whether there is one or not; not in the file.
    std::optional<Address> place;
};

// A device that a line meant. A line that meant nothing has one fact without a device.
struct LineFact {
    SelectorKey key;
    std::optional<Identity> device;
};

// Why the host needs a device, such as '/ on nvme0n1p2'; cut where it is longer than a line of the file.
using FactText = FixedString<max_fact_text_bytes>;

// A device that the host lives on.
struct HostFact {
    FactText why;
    Identity device;
};

// What /etc/vfio-early.facts holds, on the host and in the image.
struct Facts {
    bool is_there = false; // the file could be read, and is whole
    bool is_broken = false; // the file is there, and cannot be used
    bool are_updated = false; // they are what the file is to hold from now on
    FixedVector<LineFact, max_line_facts> lines;
    FixedVector<HostFact, max_host_facts> host;
};

// Forgets what the lines with these labels meant, or all lines where there are none.
void forget(Facts&, Config const&, std::span<std::string_view const> labels);

// Forgets what no line asks for any more.
void drop_lines_that_are_gone(Facts&, Config const&);

// Reads the text of the file. False, and nothing is in `facts`, where it is not whole: of another version,
// without its last line, or with anything in it that does not belong there.
bool parse_facts(std::string_view text, Facts& facts);

// Writes the text of the file.
void write_facts(Sink&, Facts const&);

} // namespace vfio_early
