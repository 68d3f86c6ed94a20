#pragma once

#include "core/config.h"
#include "core/resolve.h"
#include "core/verdict.h"

namespace vfio_early {

// What the kernel was asked for when it said no, and the errno it gave (0: it said nothing and did nothing).
struct Failure {
    enum class Step { None, Override, Unbind, Bind, Verify, Worker };
    Step step = Step::None;
    int error_number = 0;
};

// What becomes of one device, or of one entry that names none.
struct Decision {
    uint16_t entry = 0;
    std::optional<DeviceIndex> device = {};
    Target target = Target::VfioPci;
    Outcome outcome = Outcome::WouldBind;
    Code code = Code::None;
    Failure failure = {};
    bool is_written_to = false; // sysfs was asked to change something about the device
};

struct Plan {
    // In the order of the configuration; a device that two entries select stands once, at the first.
    FixedVector<Decision, most_entries + most_devices> decisions;
};

// Decides for every entry what becomes of its devices. Two entries that want different things of one device
// are problems of the configuration: they go to `problems`, and the plan then does not count.
void make_plan(Config const&, Inventory const&, Plan&, Problems&);

// Refuses what shares its group with the host, and then what shares its group with a refused device. Part of
// make_plan(), and once more when groups have appeared that were not there before.
void refuse_unviable_groups(Plan&, Inventory const&);

// Where in the plan the decision for a device stands, if any entry selects it.
std::optional<size_t> find_decision(Plan const&, DeviceIndex);

// The device of a decision, or nullptr.
Device const* device_of(Decision const&, Inventory const&);

// The group of a decision's device, or nullptr.
Group const* group_of(Decision const&, Inventory const&);

// Decisions of one group; a device without a group is a group of its own.
bool share_group(Decision const&, Decision const&, Inventory const&);

} // namespace vfio_early
