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

// The functions that a device depends on, by its path in sysfs: the last address below each root bus, as an
// endpoint can have a root bus behind it ('.../0000:00:0e.0/pci10000:e0/10000:e1:00.0/nvme/nvme0' of Intel's
// VMD has two). Bridges are left out.
using FunctionsAbove = FixedVector<Address, max_functions_above>;
FunctionsAbove functions_above(std::string_view path);

// True when an input device has the keys of a keyboard, by its `capabilities/key`: escape, the digits, and
// the letters from Q to D, which are codes 1 to 31 (include/uapi/linux/input-event-codes.h). udev decides by
// the same (src/udev/udev-builtin-input_id.c). The text is words of hexadecimal digits, the last one with the
// lowest codes (input_print_bitmap() in drivers/input/input.c).
bool is_keyboard(std::string_view key_capabilities);

// The device whose memory holds a framebuffer that the firmware set up, in the text of /proc/iomem: a
// resource named BOOTFB, efifb, vesafb, simplefb or simpledrm that is nested in a resource named by an
// address.
std::optional<Address> framebuffer_owner(std::string_view iomem);

// What holds memory of a device, by the same text, vfio-pci apart: the innermost resource. Empty for nothing.
std::string_view holder_of_memory(std::string_view iomem, Address const& device);

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
