// SPDX-License-Identifier: MIT
#pragma once

#include "core/inventory.h"

namespace vfio_early {

// One element of an `ids=` parameter of vfio-pci or pci-stub, which makes the driver take every device that
// it fits (pci_add_dynid() in drivers/pci/pci-driver.c).
struct DynamicId {
    static constexpr uint32_t any = 0xffffffff; // PCI_ANY_ID, include/linux/mod_devicetable.h

    uint32_t vendor = any;
    uint32_t device = any;
    uint32_t subvendor = any;
    uint32_t subdevice = any;
    uint32_t class_code = 0;
    uint32_t class_mask = 0;
};

// VENDOR:DEVICE[:SUBVENDOR[:SUBDEVICE[:CLASS[:CLASS_MASK]]]], as the drivers read it with sscanf
// (vfio_pci_fill_ids() in drivers/vfio/pci/vfio_pci.c). Nothing where they would pass over it.
std::optional<DynamicId> parse_dynamic_id(std::string_view text);

// pci_match_one_device() in drivers/pci/pci.h.
bool matches(DynamicId const&, Device const&);

} // namespace vfio_early
