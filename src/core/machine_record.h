// SPDX-License-Identifier: MIT
#pragma once

#include "base/function_ref.h"
#include "core/host_use.h"
#include "core/offer.h"
#include "core/pci_ids.h"

namespace vfio_early {

// A disk, a network interface or an input device that a driver has made of a function.
struct Attached {
    UseKind kind = UseKind::Other;
    FixedString<max_attached_name_bytes> name = {};
    uint16_t next = 0; // of the same function: one more than where it is; 0 for none
};

// What a list shows of a function beside what plans are made of.
struct FunctionRecord {
    uint16_t first_attached = 0; // one more than where it is; 0 for none
    // The kernel's ways to reset this function alone, such as 'flr bus'; empty where there is none.
    FixedString<max_word_bytes> reset = {};
    // Where it sits, below /sys/devices; empty where that cannot be read.
    FixedString<max_record_path_bytes> path = {};
};

// What a list shows of a machine beside its inventory.
struct MachineRecord {
    FixedVector<FunctionRecord, max_devices> functions; // as the devices of the inventory
    FixedVector<Attached, max_attached> attached;
    bool is_complete = true; // false where there was more attached than fits, or it could not be listed
    bool shows_resets = false; // this kernel tells which functions can be reset, as it does of one
    FixedString<max_word_bytes> iommu_unit; // one of /sys/class/iommu, such as 'dmar0', which tells its kind
    FixedString<max_word_bytes> kernel; // its version
    ModelNames names;

    // Adds what a driver has made of a function, by kind and name.
    void attach(DeviceIndex, UseKind, std::string_view name);

    // Calls `each` with all that is attached to a function.
    void for_each_attached(DeviceIndex, FunctionRef<void(Attached const&)> each) const;
};

} // namespace vfio_early
