// SPDX-License-Identifier: MIT
#pragma once

#include "core/config.h"
#include "core/inventory.h"
#include "core/reason.h"
#include "core/recall.h"

namespace vfio_early {

enum class Outcome : uint8_t {
    WouldBind, // the plan; of a release, to give it back
    Refused, // by a rule of ours; what had been written for it, if anything, was taken back
    Bound, // applied and verified
    Failed, // by the kernel or the clock; what had been written was taken back
    Released, // given back to the host and verified, or with it already
    Handover, // left with the host, until 'bind LABEL' on the running machine
};

// As JSON has it: 'would-bind', 'refused', 'bound', 'failed', 'released', 'handover'.
std::string_view name_of(Outcome);

// What the kernel was doing for us when it failed or did not return, and the errno it gave (0: it gave none).
struct Failure {
    enum class Step { None, Override, Unbind, Bind, Verify, Worker, Probe };
    Step step = Step::None;
    int error_number = 0;
};

// Some of the devices that a plan recorded.
struct RecordedDevices {
    uint32_t first = 0;
    uint16_t count = 0;
};

// What becomes of one device, or of one entry that names none. What explains it is recorded when it is made,
// because the inventory can change before it is reported.
struct Decision {
    uint16_t entry = 0;
    std::optional<DeviceIndex> device = {};
    Target target = Target::VfioPci;
    Outcome outcome = Outcome::WouldBind;
    Reason reason = Reason::None;
    // What else matches the entry, what stands in the way, or which listed members were refused.
    RecordedDevices concerned = {};
    // NotFound, if the entry has a place: how far the path to it led.
    std::optional<Arrival> arrival = {};
    // Where the entry was compared with what it meant when it was recorded: what it meant, and what there is
    // to say of it.
    Recollection::Note note = Recollection::Note::None;
    std::optional<Recollection::Meant> meant = {};
    // Protected, or would be: why the host needs it. InUse, or forced: what has it open.
    std::string_view host_use = {};
    bool is_spare = false; // the host needs one of several such, and another is left to it
    bool may_be_given_away = false; // 'protect' of the configuration lets the host lose it
    bool is_mistaken = false; // the line leads to this device and did not mean it
    std::optional<uint16_t> handover = {}; // the entry of it that is named under [handover]
    Failure failure = {};
};

struct Plan {
    // In the order of the configuration; a device that two entries select is in it once, for the first.
    FixedVector<Decision, max_decisions> decisions;
    FixedVector<DeviceIndex, max_recorded_devices> recorded;

    std::span<DeviceIndex const> devices_of(RecordedDevices const&) const;
};

// Keeps a list of devices with the plan. If there is not enough room, the list is shorter: it is for people
// to read, and nothing is decided by it.
RecordedDevices record(Plan&, DeviceIndices const&);

void refuse(Decision&, Reason, RecordedDevices = {});
void fail(Decision&, Reason);

// True for a decision that names a device and has no reason against binding it so far, now or at the boot.
bool is_open(Decision const&);

// Where in the plan the decision for a device is, if any entry selects it.
std::optional<size_t> find_decision(Plan const&, DeviceIndex);

// The device of a decision, or nullptr.
Device const* device_of(Decision const&, Inventory const&);

// The group of a decision's device, or nullptr.
Group const* group_of(Decision const&, Inventory const&);

// Decisions of one group; a device without a group is a group of its own.
bool share_group(Decision const&, Decision const&, Inventory const&);

} // namespace vfio_early
