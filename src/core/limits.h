// SPDX-License-Identifier: MIT
#pragma once

#include "base/limits.h"

#include <cstddef>
#include <cstdint>

// How much of everything there can be. Nothing grows with what a user wrote or a machine shows, so each limit
// is decided once, here; the place that enforces it says what happens beyond it.
namespace vfio_early {

// --- the configuration

// A thousand times the length of a real one; a file that is longer is not a configuration.
constexpr size_t max_config_bytes = 64 * 1024;
// inih hands over lines in a buffer of 200 bytes (INI_MAX_LINE), newline and NUL included.
constexpr size_t max_line_bytes = 198;
// Lines under [bind] and [stub]: more than machines have slots.
constexpr size_t max_entries = 128;
constexpr size_t max_label_bytes = 31;
// Bridges between the root bus and a device: a switch adds two, and boards with three in a row are rare.
constexpr size_t max_path_steps = 8;
// Names of root buses: '\_SB_.PC00' on ACPI, a path of a few devices on VMD and with devicetree.
constexpr size_t max_root_name_bytes = 127;
// Mistakes that are told at once: a screenful.
constexpr size_t max_problems = 16;
constexpr size_t max_problem_bytes = 300;
// A boot that waits for longer looks like one that hangs.
constexpr unsigned max_timeout_seconds = 60;
constexpr unsigned default_timeout_seconds = 10;

static_assert(max_label_bytes < max_line_bytes);
static_assert(2 * max_quoted_bytes + 100 <= max_problem_bytes, "two quotes and what is wrong with them");

// --- the machine

// Functions that the lines select, and all members of their groups. Whole servers have a few hundred.
constexpr size_t max_devices = 1024;
// A line without a device has a decision too.
constexpr size_t max_decisions = max_entries + max_devices;
// Other devices that decisions are about: each ambiguous line can match every device, and each device can be
// in the way of its group, and be refused in it.
constexpr size_t max_recorded_devices = max_entries * max_devices + 2 * max_devices;
// Members of a group that are not PCI functions.
constexpr size_t max_other_members = 8;
constexpr size_t max_member_name_bytes = 63;
constexpr size_t max_driver_name_bytes = 31;
// A longer path of a file of modprobe.d is cut where it is shown.
constexpr size_t max_setting_file_bytes = 127;
// A file of modprobe.d has a few hundred bytes; the longest that distributions ship have a few thousand.
constexpr size_t max_modprobe_file_bytes = 64 * 1024;
// The kernel keeps 1024 bytes of an `ids=` (vfio_pci.c in drivers/vfio/pci), and '0:0,' is the shortest id.
constexpr size_t max_foreign_ids = 256;
// Lines of modprobe.d and the like that have a say about drivers: Ubuntu ships 150 'blacklist' lines.
constexpr size_t max_foreign_settings = 512;
// What these have a say about: each listed device can be named by several.
constexpr size_t max_rivals = 512;
// /lib/modules keeps a few, and what was not cleaned up.
constexpr size_t max_images = 32;
// A sysfs attribute is a page at most (sysfs_kf_seq_show() in fs/sysfs/file.c).
constexpr size_t max_attribute_bytes = 4096;
// Attributes that are a number of a few digits, or a word.
constexpr size_t max_number_bytes = 16;
constexpr size_t max_word_bytes = 64;
// The configuration space up to the header type.
constexpr size_t config_start_bytes = 16;
// Without its extended part.
constexpr size_t config_bytes = 256;
// With it.
constexpr size_t whole_config_bytes = 4096;
// What all may read of it (pci_read_config() in drivers/pci/pci-sysfs.c).
constexpr size_t config_header_bytes = 64;
// The firmware's tables: 64 KiB at most up to SMBIOS 2.8, and some KiB on real machines.
constexpr size_t max_smbios_bytes = 64 * 1024;
// The kernel's own limit is 2048 on x86 and 4096 elsewhere (COMMAND_LINE_SIZE), and a bootconfig of up to 32
// KiB (XBC_DATA_MAX, include/linux/bootconfig.h) adds to that.
constexpr size_t max_command_line_bytes = 64 * 1024;
// modules.dep of a distribution's kernel: a hundred bytes or two for each of some thousand modules.
constexpr size_t max_module_list_bytes = 4 * 1024 * 1024;
// The lines of the first processor in /proc/cpuinfo, which has its flags.
constexpr size_t cpuinfo_start_bytes = 4096;
// Directory entries that the kernel hands over at once: about a thousand.
constexpr size_t directory_buffer_bytes = 32 * 1024;
// More than a real machine's /proc/iomem, which has a line for each BAR.
constexpr size_t max_iomem_bytes = 512 * 1024;

// --- what the host lives on

// Uses of all functions together. A function has a few, and only those that the host uses have any.
constexpr size_t max_host_uses = 512;
// Uses of one function that weigh the same: nobody reads more of them, and one decides as well as ten.
constexpr size_t max_uses_alike = 8;
// A quoted name and a dozen words; longer ones are cut, as they are shown only.
constexpr size_t max_use_bytes = 200;
// /proc/self/mountinfo and the routes: a hundred bytes or two a line, and hosts of containers have thousands.
constexpr size_t max_kernel_table_bytes = 1024 * 1024;
// fstab, crypttab and /proc/swaps, which have a few lines.
constexpr size_t max_table_bytes = 64 * 1024;
// Block devices under one file system: a large array, each disk with its partition and its encryption.
constexpr size_t max_devices_below = 512;
// Block devices under everything that is mounted.
constexpr size_t max_block_devices = 4096;
// Network interfaces under one: a bridge has one for each guest. And interfaces with a default route.
constexpr size_t max_interfaces = 512;
// Those of them that are devices.
constexpr size_t max_carriers = 64;
// IFNAMSIZ, include/uapi/linux/if.h, less its NUL.
constexpr size_t max_interface_name_bytes = 15;
// PCI functions on the way to a device: an endpoint that has a root bus behind it (Intel VMD), and the device
// there.
constexpr size_t max_functions_above = 4;

static_assert(max_quoted_bytes + 100 <= max_use_bytes);

static_assert(max_decisions <= UINT16_MAX, "decisions and devices are counted in 16 bits");

// What was done for a handover: a line for each word of its line, and for each console.
constexpr size_t max_handover_record_bytes = 4096;

// --- facts

// Each line has one at least, and one for each device that it means.
constexpr size_t max_line_facts = max_entries + max_devices;
// Disks, NICs and keyboards that the host lives on.
constexpr size_t max_host_facts = 256;
constexpr size_t max_fact_text_bytes = 120;
static_assert(max_fact_text_bytes + sizeof("why = ") <= max_line_bytes);
// What these take, at about 250 bytes each.
constexpr size_t max_facts_bytes = 512 * 1024;

// --- what there is to show of the whole machine

// In pci.ids; a few dozen of its 40,000 names are longer, and are cut.
constexpr size_t max_model_name_bytes = 119;
// Of pci.ids, which has 1.5 MB.
constexpr size_t names_buffer_bytes = 16 * 1024;
// Disks, network interfaces and input devices that are on functions.
constexpr size_t max_attached = 4096;
// The kernel's own limits: DISK_NAME_LEN (include/linux/blkdev.h) and IFNAMSIZ.
constexpr size_t max_attached_name_bytes = 31;
// Of a device below /sys/devices: a dozen bridges deep.
constexpr size_t max_record_path_bytes = 255;

// --- what is written

// Paths in sysfs are less than half as long. What does not fit is refused; a path that was cut is never used.
constexpr size_t max_path_bytes = 511;
// NAME_MAX, <limits.h>
constexpr size_t max_name_bytes = 255;
constexpr size_t max_warning_bytes = 400;
constexpr size_t max_detail_bytes = 2000;
// Output that is collected before it is written.
constexpr size_t output_buffer_bytes = 4096;
// modprobe has at most six words, and a NUL pointer ends them.
constexpr size_t max_program_arguments = 12;
constexpr size_t program_buffer_bytes = 256;
// The last line that modprobe wrote.
constexpr size_t max_loader_message_bytes = 159;
// A line of ours: the configuration's path, a line number, and what is wrong there.
constexpr size_t max_shown_path_bytes = 255;
constexpr size_t max_message_bytes = max_shown_path_bytes + max_problem_bytes + 64;
// A record of /dev/kmsg holds 1024 bytes, less its prefix (LOG_LINE_MAX, kernel/printk/printk.c); a longer
// write fails.
constexpr size_t max_log_line_bytes = 900;

static_assert(max_message_bytes + sizeof("<30>vfio-early: ") <= max_log_line_bytes);

} // namespace vfio_early
