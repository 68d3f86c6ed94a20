// SPDX-License-Identifier: MIT
#pragma once

#include "base/function_ref.h"
#include "core/config.h"
#include "core/dynamic_id.h"

#include <span>

namespace vfio_early {

// A module that is loaded when one of our drivers is.
struct DriverModule {
    enum class Role { Driver, Needed, Companion };
    Target target;
    std::string_view name; // as the kernel has it, with '_'
    Role role;
};

// Each comes before what it needs.
inline constexpr DriverModule driver_modules[] = {
    {Target::VfioPci, "vfio_pci", DriverModule::Role::Driver},
    {Target::VfioPci, "vfio_pci_core", DriverModule::Role::Needed},
    {Target::VfioPci, "vfio_virqfd", DriverModule::Role::Needed}, // up to Linux 6.1
    {Target::VfioPci, "vfio", DriverModule::Role::Needed},
    {Target::VfioPci, "irqbypass", DriverModule::Role::Needed},
    {Target::VfioPci, "vfio_iommu_type1", DriverModule::Role::Companion}, // a soft dependency of vfio
    {Target::PciStub, "pci_stub", DriverModule::Role::Driver},
};

// Where a setting stands: 'FILE:LINE', or 'FILE' of one that has no lines; empty for the kernel command line.
// It is shown only, so that it does no harm when it is cut.
using SettingPlace = FixedString<max_setting_file_bytes>;

// What somebody else would have one of our drivers take.
struct ForeignId {
    DynamicId id;
    Target target = Target::VfioPci;
    SettingPlace place;
};

// A line of modprobe.d, a parameter of the kernel command line or an override of driverctl by which somebody
// else has a say about which driver a device gets.
struct ForeignSetting {
    enum class Kind : uint8_t {
        Ids, // ids= of one of our drivers
        Hide, // xen-pciback.hide=
        AgainstOurs, // keeps one of our drivers, or what it needs, from being loaded: blacklist, install
        Against, // the same of another module
        Early, // loads one of our drivers before others: softdep, rd.driver.pre=
        Override, // of driverctl: another driver than ours for a device
        SameOverride, // ours
    };
    Kind kind = Kind::Ids;
    Target target = Target::VfioPci; // which driver of ours it is about: Ids, AgainstOurs, Early
    char const* word = ""; // 'blacklist', or the name of a parameter
    FixedString<max_member_name_bytes> name = {}; // what follows: of a module, or of a driver
    SettingPlace place = {};
};

// What modprobe.d and the kernel command line say of our drivers. We load them in a way that most of it does
// not count, and say so.
struct ModuleSettings {
    FixedVector<ForeignId, max_foreign_ids> ids;
    bool has_more_ids = false;
    bool is_blacklisted[std::size(driver_modules)] = {}; // module_blacklist=, which the kernel obeys
    bool has_install_line[std::size(driver_modules)] = {}; // which modprobe runs in the place of loading it
    // Files of modprobe.d that could not be read, and the first of them.
    unsigned unread_files = 0;
    SettingPlace unread_file;
    // The rest of what has a say, where it is asked for: the boot has no use for it.
    bool are_rivals_wanted = false;
    FixedVector<ForeignSetting, max_foreign_settings> rivals;
    SettingPlace newest_file; // of modprobe.d, of those that set something of our drivers; images have a copy
    int64_t newest_time = 0;
    std::string_view hidden; // the value of xen-pciback.hide=, a part of the text that was read
};

// Reads the text of /proc/cmdline, which must outlive the settings: kmod finds options of modules there as
// the kernel does.
void parse_kernel_settings(std::string_view text, ModuleSettings&);

// Reads a file of modprobe.d as kmod does (kmod_config_parse() in libkmod/libkmod-config.c), and joins its
// continued lines in place.
// `file` is its path as it is shown. True where it says anything of our
// drivers.
bool parse_modprobe_settings(std::span<char> text, std::string_view file, ModuleSettings&);

// The setting by which something names this device for one of the drivers that `is_asked_for` picks, or
// nullptr. Of several it is the one that kmod would let count.
ForeignId const* find_foreign_id(
    ModuleSettings const&, Device const&, FunctionRef<bool(Target)> is_asked_for);

// The module of driver_modules that the kernel refuses to load, and that the driver is missing for: the first
// that is blacklisted and not `is_loaded` all the same. Empty where there is none. What else modprobe.d can
// have against loading a module does not count for how we load it.
std::string_view find_blacklisted(
    ModuleSettings const&, Target, FunctionRef<bool(std::string_view module)> is_loaded);

} // namespace vfio_early
