// SPDX-License-Identifier: MIT
#include "sys/machine_record.h"

#include "base/text.h"
#include "core/sysfs_text.h"
#include "sys/directory.h"
#include "sys/lines.h"
#include "sys/scan.h"

#include <optional>

namespace vfio_early {

namespace {

// What drivers make of functions, each a link in the directory of its class.
constexpr struct {
    char const* path;
    UseKind kind;
} classes[] = {
    {"sys/class/block/", UseKind::Disk},
    {"sys/class/net/", UseKind::Interface},
    {"sys/class/input/", UseKind::Input},
};

// What is worth a name: whole disks, interfaces, and what somebody can type or point with. The jacks of a
// sound card are input devices too, and the other entries of that class are parts of an 'inputN'.
std::optional<UseKind> kind_of(
    Root const& root, UseKind kind, Path const& path, std::string_view name, std::string_view link)
{
    if (kind == UseKind::Disk && root.exists(path_of("%s/partition", path)))
        return {};
    if (kind != UseKind::Input)
        return kind;
    if (!name.starts_with("input") || link.find("/sound/") != std::string_view::npos)
        return {};
    return is_keyboard_at(root, name) ? UseKind::Keyboard : UseKind::Input;
}

void read_attached(Root const& root, Inventory const& inventory, MachineRecord& record)
{
    for (auto const& [directory, kind_of_class] : classes) {
        Directory names(root, directory);
        while (auto const name = names.next()) {
            auto const path = path_of("%c%s", directory, *name);
            auto const link = root.link_target(path);
            auto const functions =
                functions_above(link.is_error() ? std::string_view{} : link.value().view());
            if (functions.empty())
                continue;
            auto const kind = kind_of(root, kind_of_class, path, *name, link.value().view());
            for (auto const function : functions) {
                auto const device = inventory.find(function);
                if (kind && device)
                    record.attach(*device, *kind, *name);
            }
        }
        record.is_complete &= !names.has_failed() || names.is_absent();
    }
}

template <size_t Capacity> void read_word(Root const& root, PathRef path, FixedString<Capacity>& word)
{
    char buffer[max_attribute_bytes];
    auto const text = root.read_attribute(path, buffer);
    if (!text.is_error())
        word.append(trimmed(text.value()));
}

void read_functions(Root const& root, Inventory const& inventory, MachineRecord& record)
{
    constexpr std::string_view start = "devices/";
    for (auto const& device : inventory.devices) {
        FunctionRecord function;
        // Where there is no way, there is no such file (pci_dev_reset_method_attr_is_visible() in
        // drivers/pci/pci.c), and before Linux 5.15 there is none at all.
        read_word(root, device_path(device.address, "reset_method"), function.reset);
        record.shows_resets |= !function.reset.empty();
        auto const link = root.link_target(path_of("sys/bus/pci/devices/%a", device.address));
        auto const position = link.is_error() ? std::string_view::npos : link.value().view().find(start);
        if (position != std::string_view::npos)
            function.path.append(slice(link.value().view(), position + start.size()));
        record.functions.append(function);
        if (device.is_identified)
            record.names.want(device.id);
    }
}

} // namespace

bool is_keyboard_at(Root const& root, std::string_view name)
{
    char buffer[1024];
    auto const keys = root.read_attribute(path_of("sys/class/input/%s/capabilities/key", name), buffer);
    return !keys.is_error() && is_keyboard(keys.value());
}

void read_model_names(Root const& root, ModelNames& names)
{
    for (auto const* path : {"usr/share/misc/pci.ids", "usr/share/hwdata/pci.ids"}) {
        if (for_each_line(root, path, [&](std::string_view line) { names.read_line(line); }))
            return;
    }
}

void read_machine_record(Root const& root, Inventory const& inventory, MachineRecord& record)
{
    read_functions(root, inventory, record);
    read_attached(root, inventory, record);
    read_model_names(root, record.names);
    read_word(root, "proc/sys/kernel/osrelease", record.kernel);
    Directory units(root, "sys/class/iommu");
    while (auto const name = units.next()) {
        if (record.iommu_unit.empty() || *name < record.iommu_unit.view())
            record.iommu_unit = FixedString<max_word_bytes>(*name);
    }
}

} // namespace vfio_early
