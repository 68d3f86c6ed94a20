#pragma once

#include <string_view>

namespace vfio_early {

// Why a device is not bound. The codes are an interface: the same word in text, log and JSON.
enum class Code {
    None,
    NotFound, // nothing matches the selector
    IdMismatch, // something is at the address, and it is not the model that was named
    Ambiguous, // more than one device matches and the selector does not say 'all'
    Unreadable, // an attribute of the device is missing or makes no sense
    IsBridge, // not an endpoint
    NoIommu, // the kernel has no IOMMU in use
    NoGroup, // the IOMMU is on and this device has no group
    NoIommuGroup, // the group is VFIO's no-IOMMU mode
    SharedGroup, // a peer that is neither listed nor stubbed shares the group
    GroupRefused, // a listed peer in the same group was refused
    BootDisplay, // the firmware booted on this display and the options say refuse
    ModuleMissing, // the driver cannot be loaded
    BindFailed, // the kernel refused; the group was rolled back
    Timeout, // the time was up
};

std::string_view code_name(Code);

enum class Outcome {
    WouldBind, // the plan
    Refused, // by a rule of ours; what had been written for it, if anything, was taken back
    Bound, // applied and verified
    Failed, // by the kernel or the clock; rolled back
};

std::string_view outcome_name(Outcome);

} // namespace vfio_early
