// SPDX-License-Identifier: MIT
#include "sys/host_processes.h"

#include "base/text.h"
#include "core/sysfs_text.h"
#include "sys/directory.h"
#include "sys/use_of_device.h"

#include <errno.h>

namespace vfio_early {

namespace {

struct Processes {
    Root const& root;
    HostUses& uses;
};

// A node has the name of its device in the class (devtmpfs makes both of one name), so that no node has to be
// there to find it.
struct NodeKind {
    std::string_view prefix;
    std::string_view device_class;
};

constexpr NodeKind node_kinds[] = {
    {"/dev/dri/", "drm"},
    {"/dev/snd/", "sound"},
    {"/dev/input/", "input"},
    {"/dev/video", "video4linux"},
    {"/dev/accel/", "accel"},
    {"/dev/vfio/devices/", "vfio-dev"},
    {"/dev/fb", "graphics"},
    {"/dev/nvme", "block"},
    {"/dev/nvme", "nvme"},
    {"/dev/sd", "block"},
    {"/dev/sr", "block"},
    {"/dev/vd", "block"},
};

// What people read: 'process 812 (Xorg) has /dev/dri/card0 open'.
UseText description(Processes const& processes, std::string_view process, std::string_view node)
{
    char buffer[64];
    auto const text = processes.root.read_attribute(path_of("proc/%s/comm", process), buffer);
    auto name = text.is_error() ? std::string_view{} : text.value();
    return use_text("process %s (%n) has %n open", process, take_until(name, '\n'), node);
}

// All of a group is held with it, by what runs a guest.
void add_group(Processes& processes, std::string_view number, UseText const& what)
{
    Directory members(processes.root, path_of("sys/kernel/iommu_groups/%s/devices", number));
    while (auto const name = members.next()) {
        if (auto const address = parse_address(*name))
            add_use_of_function(processes.root, processes.uses, *address, open_now, what, UseKind::Guest);
    }
    if (members.has_failed())
        processes.uses.add_doubt("IOMMU group %s, which a process has open, cannot be listed", number);
}

bool has_device_minor(std::string_view information, uint32_t minor)
{
    while (!information.empty()) {
        auto value = take_until(information, '\n');
        if (trimmed(take_until(value, ':')) == "Device Minor")
            return parse_decimal(trimmed(value)) == minor;
    }
    return false;
}

// NVIDIA's own driver has no device in sysfs, but a directory for each card, named by its address.
void add_nvidia(Processes& processes, uint32_t minor, UseText const& what)
{
    Directory cards(processes.root, "proc/driver/nvidia/gpus");
    while (auto const name = cards.next()) {
        char buffer[max_attribute_bytes];
        auto const information =
            processes.root.read_start(path_of("proc/driver/nvidia/gpus/%s/information", *name), buffer);
        auto const address = parse_address(*name);
        if (address && !information.is_error() && has_device_minor(information.value(), minor))
            add_use_of_function(processes.root, processes.uses, *address, open_now, what);
    }
}

void add_node(Processes& processes, std::string_view process, std::string_view node)
{
    constexpr std::string_view groups = "/dev/vfio/";
    constexpr std::string_view nvidia = "/dev/nvidia";
    for (auto const& kind : node_kinds) {
        if (!node.starts_with(kind.prefix))
            continue;
        auto const device =
            processes.root.link_target(path_of("sys/class/%s/%s", kind.device_class, last_part(node)));
        if (device.is_error())
            continue;
        add_use_of_device(processes.root, processes.uses, device.value().view(), open_now,
            description(processes, process, node),
            node.starts_with(groups) ? UseKind::Guest : UseKind::Other);
        return;
    }
    if (node.starts_with(groups)) {
        auto number = slice(node, groups.size());
        // A group without an IOMMU has a node of another name (vfio_group_create() in drivers/vfio/group.c).
        if (number.starts_with("noiommu-"))
            number = slice(number, std::string_view("noiommu-").size());
        if (parse_decimal(number))
            add_group(processes, number, description(processes, process, node));
    } else if (node.starts_with(nvidia)) {
        if (auto const minor = parse_decimal(slice(node, nvidia.size())))
            add_nvidia(processes, *minor, description(processes, process, node));
    }
}

void add_process(Processes& processes, std::string_view process)
{
    auto const path = path_of("proc/%s/fd", process);
    Directory files(processes.root, path);
    bool is_unreadable = false;
    while (auto const name = files.next()) {
        auto const target = processes.root.link_target(path_of("%s/%s", path, *name));
        // What was closed meanwhile is gone, and a name that is too long is no node.
        if (target.is_error() && !is_absence(target.error()) && target.error().number != ENAMETOOLONG)
            is_unreadable = true;
        if (!target.is_error() && target.value().view().starts_with("/dev/"))
            add_node(processes, process, target.value().view());
    }
    // A process that ended meanwhile is gone.
    is_unreadable |= files.has_failed() && processes.root.presence(path) != Presence::Absent;
    if (is_unreadable)
        processes.uses.add_doubt("what process %s has open cannot be read", process);
}

} // namespace

void find_host_processes(Root const& root, HostUses& uses)
{
    Processes processes{root, uses};
    Directory names(root, "proc");
    while (auto const name = names.next()) {
        if (parse_decimal(*name))
            add_process(processes, *name);
    }
    if (names.has_failed())
        uses.add_doubt("the processes cannot be listed");
}

} // namespace vfio_early
