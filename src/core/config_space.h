// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vfio_early {

// Of the bytes of a function's `config` file, as many as could be read: without privileges the kernel shows
// the first 64 only, and nothing is found.

// The Port Number of a root port (Link Capabilities, bits 31:24; PCI_EXP_LNKCAP_PN in
// include/uapi/linux/pci_regs.h). Nothing for what is not a root port.
std::optional<uint8_t> root_port_number(std::string_view config);

// True for a bridge with a Standard Hot-Plug Controller (PCI_CAP_ID_SHPC), which is what shpchp looks for
// (shpc_capable() in drivers/pci/hotplug/shpchp_core.c).
bool has_hotplug_controller(std::string_view config);

// The last of the buses below a bridge (PCI_SUBORDINATE_BUS).
uint8_t last_bus_below(std::string_view config);

// The Device Serial Number (extended capability 0003, PCI_EXT_CAP_ID_DSN). Nothing where there is none, or
// all its bits are the same, as on cards that never got one.
std::optional<uint64_t> serial_number(std::string_view config);

// What the kernel asks of ACS: source validation, redirection of requests and completions, and upstream
// forwarding (REQ_ACS_FLAGS in drivers/iommu/iommu.c).
constexpr uint16_t required_access_control = 0x1d;

// Access Control Services (extended capability 000d, PCI_EXT_CAP_ID_ACS).
struct AccessControl {
    uint16_t capability = 0;
    uint16_t control = 0;
};

// What a function says of whether it keeps apart what it leads to, or is beside it.
struct Isolation {
    bool is_known = false; // false without privileges
    bool is_multifunction = false;
    bool has_slot = false; // a port that a card can be put into
    std::optional<uint8_t> type = {}; // PCI_EXP_TYPE_*; nothing for conventional PCI
    std::optional<AccessControl> control = {};
};

Isolation isolation_of(std::string_view config);

// What pci_acs_enabled() in drivers/pci/pci.c makes of it, its quirks apart.
bool isolates(Isolation const&);

} // namespace vfio_early
