// SPDX-License-Identifier: MIT
#pragma once

#include "core/boot_report.h"
#include "core/session.h"

namespace vfio_early {

// What there is now of a device that the boot told of, or that the configuration lists since.
enum class Now : uint8_t {
    Bound, // to the driver that it is listed for
    Lost, // the boot bound it, and it is there without that driver
    Shifted, // the boot bound it, and another device is at its address
    Gone, // the boot bound it, and there is no device at its address
    NotBound, // nor did the boot bind it
};

struct StatusRow {
    ReportedDevice const* reported = nullptr; // by the boot; nullptr where it did not know of it
    std::optional<size_t> decision = {}; // on it, of the configuration as it is now
    bool is_listed = false; // by a line of that configuration, which may lead elsewhere by now
    std::optional<DeviceIndex> device = {}; // what is there now
    Now now = Now::NotBound;
    bool is_bound_elsewhere = false; // not where the facts say that its guest knows it
    // Lost: the overrides that are set now, empty where none is or it cannot be read.
    DriverName override_now = {}; // the kernel's
    DriverName driverctl = {}; // the one that driverctl keeps
};

using StatusRows = FixedVector<StatusRow, 2 * max_decisions>;

// What the boot did beside what is true now.
struct Status {
    Session const& session; // the configuration as it is now, planned, and what was read of the machine
    BootReport const& report;
    std::span<std::string_view const> labels; // those that were asked about; none for all
    bool is_config_known; // it could be read, and has no error
    StatusRows& rows;
};

// Fills the rows: the devices of the report, and then what the configuration selects beside them. The devices
// at the addresses of the report are in the inventory, with their groups, where they are there.
void compare(Status&);

std::string_view label_of(StatusRow const&, Session const&);

// True where everything that is listed is bound and can be used, or everything with one of the labels that
// were asked about.
bool is_ok(Status const&);

// One line a device, the warnings of the boot, and a summary.
void write_status(Sink&, Status const&);

// The same in the shape of the report.
void write_status_json(Sink&, Status const&);

} // namespace vfio_early
