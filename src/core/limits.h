#pragma once

#include "base/sink.h"

#include <cstddef>

// How much of everything there can be. Nothing grows with what a user wrote or a machine shows, so each of
// these is decided once, here; what happens beyond it is said where it is enforced.
namespace vfio_early {

// --- the configuration

// A thousand times the length of a real one; a file that is longer is not a configuration.
constexpr size_t max_config_bytes = 64 * 1024;
// inih hands over lines in a buffer of 200 bytes (INI_MAX_LINE), newline and NUL included.
constexpr size_t max_line_bytes = 198;
// Lines under [bind] and [stub]: more than machines have slots.
constexpr size_t max_entries = 128;
constexpr size_t max_label_bytes = 31;
// Bridges on the way from the root bus: a switch adds two, and boards with three in a row are rare.
constexpr size_t max_path_steps = 8;
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
// Devices that decisions are about besides their own: each ambiguous line can match every device, and each
// device can be in the way of its group, and be refused in it.
constexpr size_t max_recorded_devices = max_entries * max_devices + 2 * max_devices;
// Members of a group that are no PCI functions.
constexpr size_t max_other_members = 8;
constexpr size_t max_member_name_bytes = 63;
constexpr size_t max_driver_name_bytes = 31;
// A longer path of a file of modprobe.d is cut where it is shown.
constexpr size_t max_setting_file_bytes = 127;
// A file of modprobe.d has a few hundred bytes; the longest that distributions ship have a few thousand.
constexpr size_t max_modprobe_file_bytes = 64 * 1024;
// The kernel keeps 1024 bytes of an `ids=` (vfio_pci.c in drivers/vfio/pci), and '0:0,' is the shortest id.
constexpr size_t max_foreign_ids = 256;
// A sysfs attribute is a page at most (sysfs_kf_seq_show() in fs/sysfs/file.c).
constexpr size_t max_attribute_bytes = 4096;
// Two for a real machine's /proc/iomem, which has a line for each BAR.
constexpr size_t max_iomem_bytes = 512 * 1024;

static_assert(max_decisions <= UINT16_MAX, "decisions and devices are counted in 16 bits");

// --- what is written

// Paths of sysfs have less than half of that; what does not fit is refused and never cut.
constexpr size_t max_path_bytes = 511;
// NAME_MAX, <limits.h>
constexpr size_t max_name_bytes = 255;
constexpr size_t max_warning_bytes = 400;
constexpr size_t max_detail_bytes = 2000;
// The last line that modprobe wrote.
constexpr size_t max_loader_message_bytes = 159;
// A line of ours: the configuration's path, a line number, and what is wrong there.
constexpr size_t max_message_bytes = max_path_bytes + max_problem_bytes + 64;
// A record of /dev/kmsg holds 1024 bytes less its prefix (LOG_LINE_MAX, kernel/printk/printk.c); a longer
// write fails.
constexpr size_t max_log_line_bytes = 900;

static_assert(max_message_bytes + sizeof("<30>vfio-early: ") <= max_log_line_bytes);

} // namespace vfio_early
