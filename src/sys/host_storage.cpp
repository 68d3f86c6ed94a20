// SPDX-License-Identifier: MIT
#include "sys/host_storage.h"

#include "base/text.h"
#include "core/storage_text.h"
#include "core/sysfs_text.h"
#include "sys/directory.h"
#include "sys/kernel.h"
#include "sys/machine_record.h"
#include "sys/use_of_device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace vfio_early {

namespace {

using DeviceNumbers = FixedVector<DeviceNumber, max_block_devices>;

struct Storage {
    Root const& root;
    HostUses& uses;
    IsHeld is_held;
    std::string_view mountinfo;
    std::string_view fstab;
    // Every device that something was found to use.
    DeviceNumbers& explained;
};

// What block devices are for: uses of them read 'WHAT on DEVICE'.
struct Purpose {
    Weight weight;
    UseText what;
};

// The block devices below one thing, from those that it stands on down to the disks.
struct Stack {
    FixedVector<DeviceNumber, max_devices_below> devices;
    bool has_function = false;
    bool ends_elsewhere = false; // a disk that is on no PCI function, or no disk at all
    bool is_encrypted = false;
};

template <size_t Capacity>
bool contains(FixedVector<DeviceNumber, Capacity> const& numbers, DeviceNumber wanted)
{
    for (auto const number : numbers) {
        if (number == wanted)
            return true;
    }
    return false;
}

// The path of a device, or of a file below it. With a slash at its end it would not be that of the link.
Path block_path(DeviceNumber number, std::string_view file = {})
{
    return path_of("sys/dev/block/%u:%u%c%s", number.major, number.minor, file.empty() ? "" : "/", file);
}

Path class_path(std::string_view name, std::string_view file)
{
    return path_of("sys/class/block/%s/%s", name, file);
}

std::optional<DeviceNumber> read_number(Root const& root, PathRef path)
{
    char buffer[32];
    auto const text = root.read_attribute(path, buffer);
    return text.is_error() ? std::optional<DeviceNumber>{} : parse_device_number(text.value());
}

// The block device at a path such as /dev/mapper/NAME, which is a node or udev's link to one. Below a tree
// there are no nodes; there, and where /dev is not the kernel's, the name tells.
std::optional<DeviceNumber> device_at(Root const& root, std::string_view path)
{
    Path const node(path);
    auto const file = root.open_file(node, O_PATH);
    struct statx status = {};
    if (!file.is_error() && kernel::status(file.value().number(), "", status) == 0
        && (status.stx_mode & S_IFMT) == S_IFBLK)
        return DeviceNumber{status.stx_rdev_major, status.stx_rdev_minor};
    auto const link = root.link_name(node);
    return read_number(root, class_path(link.is_error() ? last_part(path) : link.value().view(), "dev"));
}

// The block device that a line of fstab, crypttab or the kernel's command line names.
std::optional<DeviceNumber> device_of_source(Storage& storage, std::string_view source)
{
    if (auto const number = parse_device_number(source))
        return number;
    auto const link = path_of_tag(source);
    if (!link)
        return source.starts_with("/dev/") ? device_at(storage.root, source) : std::optional<DeviceNumber>{};
    auto const number = device_at(storage.root, link->view());
    // Otherwise there is no such device now: with another driver, or gone.
    if (!number && !storage.root.exists("dev/disk"))
        storage.uses.add_doubt("/dev/disk is not there, so %q cannot be found", source);
    return number;
}

void add_device(Storage& storage, Stack& stack, std::optional<DeviceNumber> number)
{
    if (!number) {
        storage.uses.add_doubt("the number of a block device cannot be read");
        return;
    }
    if (contains(stack.devices, *number))
        return;
    bool fits = stack.devices.try_append(*number);
    if (!contains(storage.explained, *number))
        fits &= storage.explained.try_append(*number);
    if (!fits)
        storage.uses.add_doubt("there are more block devices than can be looked at");
}

// All names in a directory of links to block devices. True where there is one.
bool add_devices_in(Storage& storage, Stack& stack, Path const& path)
{
    bool has_any = false;
    Directory devices(storage.root, path);
    while (auto const name = devices.next()) {
        has_any = true;
        add_device(storage, stack, read_number(storage.root, path_of("%s/%s/dev", path, *name)));
    }
    if (devices.has_failed() && storage.root.presence(path) != Presence::Absent)
        storage.uses.add_doubt("/%s cannot be listed", path);
    return has_any;
}

// The other devices of a btrfs file system that has this one.
void add_btrfs_members(Storage& storage, Stack& stack, DeviceNumber member)
{
    auto const name = storage.root.link_name(block_path(member));
    if (name.is_error())
        return;
    Directory file_systems(storage.root, "sys/fs/btrfs");
    while (auto const id = file_systems.next()) {
        auto const devices = path_of("sys/fs/btrfs/%s/devices", *id);
        if (storage.root.exists(path_of("%s/%s", devices, name.value())))
            add_devices_in(storage, stack, devices);
    }
}

void add_mounted_devices(Storage& storage, Stack& stack, Mount const& mount)
{
    if (mount.number.major != 0) {
        add_device(storage, stack, mount.number);
        return;
    }
    // Of several devices: btrfs shows one, bcachefs shows all with colons in between.
    auto rest = mount.source.view();
    bool has_any = false;
    while (rest.starts_with("/dev/")) {
        auto const source = mount.type == "bcachefs" ? take_until(rest, ':') : std::exchange(rest, {});
        auto const number = device_at(storage.root, source);
        if (!number)
            continue;
        has_any = true;
        add_device(storage, stack, number);
        if (mount.type == "btrfs")
            add_btrfs_members(storage, stack, *number);
    }
    stack.ends_elsewhere |= !has_any;
    if (!has_any && (mount.type == "btrfs" || mount.type == "bcachefs"))
        storage.uses.add_doubt("the devices of %n cannot be found", mount.point.view());
}

void add_devices_of_file(Storage& storage, Stack& stack, std::string_view path)
{
    if (auto const mount = mount_of(storage.mountinfo, path))
        add_mounted_devices(storage, stack, *mount);
    else
        stack.ends_elsewhere = true;
}

// With more than one path to it, an NVMe namespace belongs to a subsystem, whose directory has links to the
// controllers (nvme_subsys_sysfs in drivers/nvme/host/sysfs.c).
bool add_uses_of_nvme_subsystem(
    Storage& storage, std::string_view device_link, Weight weight, UseText const& what)
{
    constexpr std::string_view parent = "/nvme-subsystem/";
    auto const start = device_link.find(parent);
    if (start == std::string_view::npos)
        return false;
    auto const end = device_link.find('/', start + parent.size());
    auto const subsystem = path_of("sys/dev/block/%s", slice(device_link, 0, end));
    bool has_function = false;
    Directory entries(storage.root, subsystem);
    while (auto const name = entries.next()) {
        auto const link = storage.root.link_target(path_of("%s/%s", subsystem, *name));
        if (!link.is_error())
            has_function |= add_use_of_device(storage.root, storage.uses, link.value().view(), weight, what);
    }
    return has_function;
}

// What a device that is no disk stands on. False where that is nothing.
bool add_devices_below(Storage& storage, Stack& stack, DeviceNumber number)
{
    char buffer[max_attribute_bytes];
    auto const mapping = storage.root.read_attribute(block_path(number, "dm/uuid"), buffer);
    // DM_UUID of cryptsetup's mappings, lib/utils_devpath.c and lib/libdevmapper.c of cryptsetup
    stack.is_encrypted |= !mapping.is_error() && mapping.value().starts_with("CRYPT-");
    bool has_any = add_devices_in(storage, stack, block_path(number, "slaves"));
    if (storage.root.exists(block_path(number, "partition"))) {
        add_device(storage, stack, read_number(storage.root, block_path(number, "../dev")));
        has_any = true;
    }
    auto const file = storage.root.read_attribute(block_path(number, "loop/backing_file"), buffer);
    if (!file.is_error()) {
        add_devices_of_file(storage, stack, trimmed(file.value()));
        has_any = true;
    }
    return has_any;
}

// Goes down from the devices of a stack to the disks, and adds a use of the functions that carry each.
void add_uses_of(Storage& storage, Stack& stack, Purpose const& purpose)
{
    // Devices are added behind the one that is looked at, each of them once.
    for (size_t i = 0; i < stack.devices.size(); ++i) {
        auto const number = stack.devices[i];
        auto const link = storage.root.link_target(block_path(number));
        if (link.is_error()) {
            storage.uses.add_doubt("the block device %u:%u cannot be found", number.major, number.minor);
            stack.ends_elsewhere = true;
            continue;
        }
        auto const what = use_text("%s on %n", purpose.what, last_part(link.value().view()));
        if (add_use_of_device(storage.root, storage.uses, link.value().view(), purpose.weight, what)
            || add_uses_of_nvme_subsystem(storage, link.value().view(), purpose.weight, what))
            stack.has_function = true;
        else if (!add_devices_below(storage, stack, number))
            stack.ends_elsewhere = true;
    }
}

void add_uses_of_device(Storage& storage, DeviceNumber number, Purpose const& purpose)
{
    Stack stack;
    add_device(storage, stack, number);
    add_uses_of(storage, stack, purpose);
}

// Calls `each` with every line of a text.
void for_each_line(std::string_view text, FunctionRef<void(std::string_view)> each)
{
    while (!text.empty())
        each(take_until(text, '\n'));
}

// True where the keys of a passphrase are needed.
bool add_root(Storage& storage, std::string_view command_line)
{
    Purpose const purpose = {vital_and_open, UseText("/")};
    bool is_encrypted = false;
    bool has_any = false;
    // Of several at the same place the last one is seen.
    storage.uses.is_root_elsewhere = true;
    for_each_line(storage.mountinfo, [&](std::string_view line) {
        auto const mount = parse_mount(line);
        if (!mount || mount->point.view() != "/")
            return;
        has_any = true;
        Stack stack;
        add_mounted_devices(storage, stack, *mount);
        add_uses_of(storage, stack, purpose);
        is_encrypted |= stack.is_encrypted;
        storage.uses.is_root_elsewhere = stack.ends_elsewhere || !stack.has_function;
    });
    if (!has_any)
        storage.uses.add_doubt("/proc/self/mountinfo does not show what / is");
    if (auto const number = device_of_source(storage, kernel_parameter(command_line, "root"))) {
        Stack stack;
        add_device(storage, stack, number);
        add_uses_of(storage, stack, {vital, UseText("/")});
        is_encrypted |= stack.is_encrypted;
    }
    return is_encrypted;
}

bool fstab_needs(std::string_view fstab, std::string_view point)
{
    bool is_needed = false;
    for_each_line(fstab, [&](std::string_view line) {
        auto const entry = parse_fstab(line);
        is_needed |= entry && entry->target.view() == point;
    });
    return is_needed;
}

void add_mount(Storage& storage, Mount const& mount)
{
    bool const is_vital = storage.uses.is_root_elsewhere || is_vital_mount_point(mount.point.view())
        || fstab_needs(storage.fstab, mount.point.view());
    // The other places of a device that is mounted at several, as containers do, tell nothing new.
    if (!is_vital && contains(storage.explained, mount.number))
        return;
    Stack stack;
    add_mounted_devices(storage, stack, mount);
    add_uses_of(storage, stack, {is_vital ? vital_and_open : open_now, use_text("%n", mount.point.view())});
}

void add_other_mounts(Storage& storage)
{
    for_each_line(storage.mountinfo, [&](std::string_view line) {
        auto const mount = parse_mount(line);
        if (mount && mount->point.view() != "/"
            && (mount->number.major != 0 || mount->source.view().starts_with("/dev/")))
            add_mount(storage, *mount);
    });
}

// A device, or a file on one.
void add_source(Storage& storage, std::string_view source, Purpose const& purpose)
{
    Stack stack;
    if (auto const number = device_of_source(storage, source))
        add_device(storage, stack, number);
    else if (source.starts_with('/') && !source.starts_with("/dev/") && !source.starts_with("//"))
        add_devices_of_file(storage, stack, source); // '//' is a server
    add_uses_of(storage, stack, purpose);
}

void add_swaps(Storage& storage)
{
    static char buffer[max_table_bytes];
    for_each_line(read_table(storage.root, storage.uses, "proc/swaps", buffer), [&](std::string_view line) {
        if (auto const swap = parse_swap(line))
            add_source(storage, swap->view(), {vital_and_open, UseText("swap")});
    });
}

void add_resume_device(Storage& storage, std::string_view command_line)
{
    Purpose const purpose = {vital, UseText("the resume device")};
    add_source(storage, kernel_parameter(command_line, "resume"), purpose);
    // What the initramfs or systemd told the kernel; 0:0 for none (resume_show() in
    // kernel/power/hibernate.c).
    auto const number = read_number(storage.root, "sys/power/resume");
    if (number && number->major != 0)
        add_uses_of_device(storage, *number, purpose);
}

void add_tables(Storage& storage)
{
    for_each_line(storage.fstab, [&](std::string_view line) {
        auto const entry = parse_fstab(line);
        if (!entry)
            return;
        auto const what = entry->type == "swap" ? UseText("swap") : use_text("%n", entry->target.view());
        add_source(storage, entry->source.view(), {vital, what});
    });
    static char buffer[max_table_bytes];
    for_each_line(read_table(storage.root, storage.uses, "etc/crypttab", buffer), [&](std::string_view line) {
        if (auto const entry = parse_crypttab(line))
            add_source(
                storage, entry->source.view(), {vital, use_text("crypttab's %n", entry->target.view())});
    });
}

bool has_entries(Root const& root, PathRef path)
{
    return !!Directory(root, path).next();
}

bool has_partitions(Root const& root, std::string_view name)
{
    Directory files(root, class_path(name, ""));
    while (auto const file = files.next()) {
        if (file->starts_with(name) && root.exists(path_of("sys/class/block/%s/%s/partition", name, *file)))
            return true;
    }
    return false;
}

// True where what is known of a device explains that it is held: what was found to use it, or the holder that
// the kernel names, which is a block device itself.
bool is_explained(Storage& storage, std::string_view name, std::string_view directory)
{
    auto const number = read_number(storage.root, path_of("sys/class/block/%s/%sdev", name, directory));
    return !number || contains(storage.explained, *number)
        || has_entries(storage.root, path_of("sys/class/block/%s/%sholders", name, directory));
}

// A mapping by the name that people know it by.
UseText name_of_layer(Root const& root, std::string_view name)
{
    char buffer[256];
    auto const text = root.read_attribute(class_path(name, "dm/name"), buffer);
    return use_text("%n", text.is_error() ? name : trimmed(text.value()));
}

void add_unexplained(Storage& storage, std::string_view name)
{
    // Taking a partition takes the disk too (bd_finish_claiming() in block/bdev.c), and the other way round.
    if (is_explained(storage, name, "") || has_partitions(storage.root, name))
        return;
    if (storage.root.exists(class_path(name, "partition")) && is_explained(storage, name, "../"))
        return;
    char buffer[8];
    auto const hidden = storage.root.read_attribute(class_path(name, "hidden"), buffer);
    if (!hidden.is_error() && trimmed(hidden.value()) == "1")
        return; // one path of several to an NVMe namespace, which has no node
    auto const number = read_number(storage.root, class_path(name, "dev"));
    auto const held = storage.is_held(name);
    if (held == Held::Yes)
        add_uses_of_device(storage, *number, {vital_and_open, UseText("something unknown")});
    else if (has_entries(storage.root, class_path(name, "slaves")))
        add_uses_of_device(storage, *number, {open_now, name_of_layer(storage.root, name)});
    if (held == Held::Unknown)
        storage.uses.add_doubt("whether %n is in use cannot be found out", name);
}

void add_all_unexplained(Storage& storage)
{
    Directory names(storage.root, "sys/class/block");
    while (auto const name = names.next())
        add_unexplained(storage, *name);
    if (names.has_failed())
        storage.uses.add_doubt("/sys/class/block cannot be listed");
}

// Keyboards on PS/2 have no function, which differs from any, and leave another way to type. Virtual ones
// leave none.
void add_only_keyboard(Storage& storage)
{
    std::optional<Path> only;
    bool has_others = false;
    Directory devices(storage.root, "sys/class/input");
    while (auto const name = devices.next()) {
        auto const link = storage.root.link_target(path_of("sys/class/input/%s", *name));
        if (link.is_error() || link.value().view().find("/virtual/") != std::string_view::npos
            || !is_keyboard_at(storage.root, *name))
            continue;
        auto const function = last_address(link.value().view());
        has_others |= only && last_address(only->view()) != function;
        only = link.value();
    }
    if (only && !has_others)
        add_use_of_device(storage.root, storage.uses, only->view(), vital,
            UseText("the only keyboard, for the passphrase of /"));
}

} // namespace

Held ask_kernel_if_held(Root const& root, std::string_view name)
{
    if (!root.is_machine())
        return Held::No;
    // A '/' in the name of a node is a '!' in sysfs.
    FixedString<max_name_bytes> node;
    for (char const byte : name)
        node.append(byte == '!' ? "/" : std::string_view(&byte, 1));
    // Without O_NONBLOCK an optical drive would look for a disc.
    auto const file = root.open_file(path_of("dev/%s", node), O_RDONLY | O_EXCL | O_NONBLOCK);
    if (!file.is_error())
        return Held::No;
    switch (file.error().number) {
    case EBUSY:
        return Held::Yes;
    case ENXIO: // nothing behind the node
    case ENODEV:
    case ENOMEDIUM:
        return Held::No;
    default:
        return Held::Unknown;
    }
}

void find_host_storage(Root const& root, IsHeld is_held, HostUses& uses)
{
    static char mountinfo[max_kernel_table_bytes];
    static char fstab[max_table_bytes];
    static DeviceNumbers explained;
    explained.clear();
    static char command_line_buffer[max_command_line_bytes];
    Storage storage = {root, uses, is_held, read_table(root, uses, "proc/self/mountinfo", mountinfo),
        read_table(root, uses, "etc/fstab", fstab), explained};
    auto const command_line = read_table(root, uses, "proc/cmdline", command_line_buffer);
    bool const needs_passphrase = add_root(storage, command_line);
    add_other_mounts(storage);
    add_swaps(storage);
    add_tables(storage);
    add_resume_device(storage, command_line);
    add_all_unexplained(storage);
    if (needs_passphrase)
        add_only_keyboard(storage);
}

} // namespace vfio_early
