// SPDX-License-Identifier: MIT
#pragma once

#include "base/fixed_string.h"
#include "core/limits.h"

#include <optional>
#include <string_view>

namespace vfio_early {

// The number of a block device, as in /sys/dev/block. Major 0 is none: a file system of the network, of
// memory or of several devices has such a number (set_anon_super() in fs/super.c).
struct DeviceNumber {
    uint32_t major = 0;
    uint32_t minor = 0;

    bool operator==(DeviceNumber const&) const = default;
};

// MAJOR:MINOR in decimal, white space around it.
std::optional<DeviceNumber> parse_device_number(std::string_view text);

// A word of one of the tables below: '\040' stands for a space there, and other bytes are written like that
// too. One that is too long was cut.
using TableWord = FixedString<max_path_bytes>;

// A line of /proc/self/mountinfo (proc(5)).
struct Mount {
    DeviceNumber number;
    TableWord point;
    std::string_view type;
    TableWord source;
};

// Nothing where the line is not one.
std::optional<Mount> parse_mount(std::string_view line);

// The mount that shows the file at this absolute path: that of the longest mount point above it, and of those
// the last.
std::optional<Mount> mount_of(std::string_view mountinfo, std::string_view path);

// The file or device of a line of /proc/swaps (proc(5)). Nothing for the heading and for an empty line.
std::optional<TableWord> parse_swap(std::string_view line);

// A line of fstab(5) or crypttab(5) that the boot cannot do without: neither 'noauto' nor 'nofail' is among
// its options.
struct NeededLine {
    TableWord source; // a tag, a device or a file
    TableWord target; // a mount point; the name of a mapping
    std::string_view type; // fstab only
};

// Nothing for a comment, an empty line, and one that the boot can do without.
std::optional<NeededLine> parse_fstab(std::string_view line);
std::optional<NeededLine> parse_crypttab(std::string_view line);

// The link below /dev/disk that udev makes for a source such as UUID=…, LABEL=…, PARTUUID=…, PARTLABEL=… and
// ID=…, with or without quotes, in the encoding of udev (blkid_encode_string()). Nothing where it is none of
// these.
std::optional<TableWord> path_of_tag(std::string_view source);

// The value of a parameter on the kernel command line, the last one where there are several.
std::string_view kernel_parameter(std::string_view command_line, std::string_view name);

// The mount points that a system does not come up or cannot be updated without.
bool is_vital_mount_point(std::string_view point);

} // namespace vfio_early
