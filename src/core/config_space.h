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

// The Device Serial Number (extended capability 0003, PCI_EXT_CAP_ID_DSN). Nothing where there is none, or
// all its bits are the same, as on cards that never got one.
std::optional<uint64_t> serial_number(std::string_view config);

} // namespace vfio_early
