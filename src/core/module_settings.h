#pragma once

#include "base/function_ref.h"
#include "core/config.h"
#include "core/dynamic_id.h"

#include <span>

namespace vfio_early {

// A module that loading one of our drivers takes: the driver itself, and what it needs.
struct DriverModule {
    Target target;
    std::string_view name; // as the kernel has it, with '_'
    bool is_driver;
};

constexpr DriverModule driver_modules[] = {
    {Target::VfioPci, "vfio_pci", true},
    {Target::VfioPci, "vfio_pci_core", false},
    {Target::VfioPci, "vfio_virqfd", false}, // up to Linux 6.1
    {Target::VfioPci, "vfio", false},
    {Target::VfioPci, "irqbypass", false},
    {Target::PciStub, "pci_stub", true},
};

// The file that a setting stands in; empty for the kernel command line. It is shown only, so that it does no
// harm when it is cut.
using SettingFile = FixedString<max_setting_file_bytes>;

// What somebody else would have one of our drivers take.
struct ForeignId {
    DynamicId id;
    Target target = Target::VfioPci;
    SettingFile file;
};

// What modprobe.d and the kernel command line say of our drivers. We load them in a way that most of it does
// not count, and say so.
struct ModuleSettings {
    FixedVector<ForeignId, max_foreign_ids> ids;
    bool has_more_ids = false;
    bool is_blacklisted[std::size(driver_modules)] = {}; // module_blacklist=, which the kernel obeys
    // 'install' lines of what our drivers need. Those of the drivers themselves do not count.
    std::optional<SettingFile> install_files[std::size(driver_modules)];
    // Files of modprobe.d that could not be read, and the first of them.
    unsigned unread_files = 0;
    SettingFile unread_file;
};

// Reads the text of /proc/cmdline, where kmod finds options of modules as the kernel does.
void parse_kernel_settings(std::string_view text, ModuleSettings&);

// Reads a file of modprobe.d as kmod does (kmod_config_parse() in libkmod/libkmod-config.c), and joins its
// continued lines in place.
void parse_modprobe_settings(std::span<char> text, std::string_view file, ModuleSettings&);

// The setting by which something names this device for one of the drivers that `is_asked_for` picks, or
// nullptr. Of several it is the one that kmod would let count.
ForeignId const* find_foreign_id(
    ModuleSettings const&, Device const&, FunctionRef<bool(Target)> is_asked_for);

// What keeps a driver from being loaded as we load it.
struct Obstacle {
    enum class Kind { None, Blacklist, InstallLine };
    Kind kind = Kind::None;
    std::string_view module; // of driver_modules
    SettingFile file; // InstallLine
};

// Of what is set against the driver's modules, the first that is not `is_loaded` all the same.
Obstacle find_obstacle(ModuleSettings const&, Target, FunctionRef<bool(std::string_view module)> is_loaded);

} // namespace vfio_early
