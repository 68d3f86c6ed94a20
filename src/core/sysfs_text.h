// SPDX-License-Identifier: MIT
#pragma once

#include "core/inventory.h"

namespace vfio_early {

// Fills `device` with what its `uevent` file says (pci_uevent() in drivers/pci/pci-driver.c): class, id,
// subsystem, driver, and the header type if the class implies it. False if a line that must be there is
// missing, is invalid or names another address; `device` is then unchanged except for its driver.
bool parse_uevent(std::string_view text, Device& device);

// The header type that a class implies, without a look at the configuration space. Unknown for bridges of
// less common kinds (0609 may be either) and for class 0000, which is what the kernel leaves of a function
// whose class and header type disagree (pci_setup_device() in drivers/pci/probe.c).
HeaderType header_type_of_class(uint32_t class_code);

// The header type in the first bytes of `config`. Unknown if there are too few of them or it is none of ours.
HeaderType header_type_of_config(std::string_view config);

// For a name in /sys/class/iommu: true if that IOMMU groups devices as they appear (Intel's dmar0, AMD's
// ivhd0), false if a group may come later.
bool groups_devices_up_front(std::string_view iommu_name);

// The last PCI address in a path of sysfs, such as the display in '.../0000:00:02.0/efi-framebuffer.0'.
std::optional<Address> last_address(std::string_view path);

// The device whose memory holds a framebuffer that the firmware set up, in the text of /proc/iomem: a
// resource named BOOTFB, efifb, vesafb, simplefb or simpledrm that is nested in a resource named by an
// address.
std::optional<Address> framebuffer_owner(std::string_view iomem);

// The ACPI tables that describe an IOMMU: DMAR is Intel's, IVRS is AMD's, VIOT is that of a virtio-iommu.
struct IommuTables {
    bool has_dmar = false;
    bool has_ivrs = false;
    bool has_viot = false;
};

// The state of the IOMMU if /sys/class/iommu is empty, from the firmware's tables and the processor's flags
// in the text of /proc/cpuinfo.
Iommu iommu_that_is_not_on(IommuTables const&, std::string_view cpuinfo);

} // namespace vfio_early
