// SPDX-License-Identifier: MIT
#include "sys/scan.h"

#include "base/text.h"
#include "core/config_space.h"
#include "core/resolve.h"
#include "core/sysfs_text.h"
#include "sys/directory.h"
#include "sys/facts_file.h"

namespace vfio_early {

namespace {

struct Scan {
    Root const& root;
    Inventory& inventory;
};

void read_header_type(Root const& root, Device& device)
{
    if (device.header != HeaderType::Unknown)
        return;
    char buffer[config_start_bytes];
    auto config = root.read_start(device_path(device.address, "config"), buffer);
    if (!config.is_error())
        device.header = header_type_of_config(config.value());
    if (device.header == HeaderType::Unknown)
        device.is_readable = false;
}

// Without the link there is no group; a link to something that is not a number is invalid.
void read_group_number(Root const& root, Device& device)
{
    auto name = root.link_name(device_path(device.address, "iommu_group"));
    if (name.is_error()) {
        device.is_readable &= is_absence(name.error());
        return;
    }
    device.group = parse_decimal(name.value().view());
    if (!device.group)
        device.is_readable = false;
}

// boot_vga is there for class 0300 only; boot_display for every display, in newer kernels.
void read_boot_display(Root const& root, Device& device)
{
    for (auto const* attribute : {"boot_vga", "boot_display"}) {
        char buffer[max_number_bytes];
        auto const text = root.read_attribute(device_path(device.address, attribute), buffer);
        if (text.is_error())
            device.may_be_boot_display |= !is_absence(text.error());
        else
            device.is_boot_display |= trimmed(text.value()) == "1";
    }
}

void read_bridge(Root const& root, Device& device)
{
    device.secondary_bus = read_secondary_bus(root, device.address);
    char buffer[config_bytes];
    auto const config = root.read_start(device_path(device.address, "config"), buffer);
    if (config.is_error())
        return;
    device.has_hotplug_controller = has_hotplug_controller(config.value());
    device.last_bus = last_bus_below(config.value());
}

// Reads what else there is to know of a device, and adds it to the inventory. Nothing where there is no room.
std::optional<DeviceIndex> add_device(Scan& scan, Device device)
{
    if (device.is_readable)
        read_header_type(scan.root, device);
    read_group_number(scan.root, device);
    if (device.header == HeaderType::Bridge)
        read_bridge(scan.root, device);
    if (is_display(device))
        read_boot_display(scan.root, device);
    if (!scan.inventory.devices.try_append(device)) {
        scan.inventory.is_overfull = true;
        return {};
    }
    return static_cast<DeviceIndex>(scan.inventory.devices.size() - 1);
}

// The device in the inventory, which is read from sysfs if it is not there yet. Nothing if sysfs has no
// device at this address.
std::optional<DeviceIndex> find_or_read(Scan& scan, Address const& address)
{
    if (auto const known = scan.inventory.find(address))
        return known;
    auto const device = read_device(scan.root, address);
    if (!device.is_identified && scan.root.presence(device_path(address, "")) == Presence::Absent)
        return {};
    return add_device(scan, device);
}

void read_location(Scan& scan, Location const& location)
{
    auto arrival = follow(location, scan.inventory);
    while (arrival.kind == Arrival::Kind::NotRead && find_or_read(scan, arrival.address))
        arrival = follow(location, scan.inventory);
    if (arrival.kind != Arrival::Kind::Arrived)
        return;
    for (auto const address : addresses_at(location, arrival.address))
        find_or_read(scan, address);
}

bool may_be_meant(Config const& config, Device const& device)
{
    for (auto const& entry : config.entries) {
        if (!entry.selector.location && may_match_id(*entry.selector.id, device))
            return true;
    }
    return false;
}

// Reads the devices that may be meant, or all where there is no configuration: an id costs one small read per
// device, and only what may match is read further. If the directory is missing, there are no PCI devices, and
// nothing matches.
void read_devices(Scan& scan, Config const* config)
{
    Directory devices(scan.root, "sys/bus/pci/devices");
    while (auto const name = devices.next()) {
        auto const address = parse_address(*name);
        if (!address || scan.inventory.find(*address))
            continue;
        auto const device = read_device(scan.root, *address);
        if (!config || may_be_meant(*config, device))
            add_device(scan, device);
    }
    scan.inventory.is_incomplete = devices.has_failed() && !devices.is_absent();
}

bool has_selector_by_id_alone(Config const& config)
{
    for (auto const& entry : config.entries) {
        if (!entry.selector.location)
            return true;
    }
    return false;
}

Path group_path(uint32_t number, std::string_view attribute)
{
    return path_of("sys/kernel/iommu_groups/%u/%s", number, attribute);
}

// Only few groups have a name. Whether it is that of VFIO's no-IOMMU mode has to be known.
void read_group_name(Root const& root, Group& group)
{
    char buffer[max_attribute_bytes];
    auto const name = root.read_attribute(group_path(group.number, "name"), buffer);
    if (name.is_error())
        group.is_readable &= is_absence(name.error());
    else
        group.is_no_iommu = trimmed(name.value()) == "vfio-noiommu";
}

// A device that a group lists must itself point to the group, and now: it may have been read before its group
// appeared. Where it does not, neither it nor the group can be believed.
bool is_member(Scan& scan, Device& device, uint32_t number)
{
    if (device.group != number)
        read_group_number(scan.root, device);
    bool const is_one = device.group == number;
    device.is_readable &= is_one;
    device.is_in_its_group |= is_one;
    return is_one;
}

// Reads all members of the device's group.
void read_group(Scan& scan, DeviceIndex device)
{
    auto const number = scan.inventory.devices[device].group;
    if (!number || scan.inventory.find_group(number))
        return;
    Group group = {.number = *number};
    read_group_name(scan.root, group);
    Directory members(scan.root, group_path(*number, "devices"));
    while (auto const name = members.next()) {
        auto const address = parse_address(*name);
        auto const member = address ? find_or_read(scan, *address) : std::optional<DeviceIndex>{};
        if (member)
            group.is_readable &= is_member(scan, scan.inventory.devices[*member], *number);
        else if (!group.others.try_append(FixedString<max_member_name_bytes>(*name)))
            ++group.others_left_out;
    }
    group.is_readable &= !members.has_failed();
    if (!scan.inventory.groups.try_append(group))
        scan.inventory.is_overfull = true;
}

void read_groups(Scan& scan)
{
    // read_group() adds members after the devices that are listed here.
    auto const listed = scan.inventory.devices.size();
    for (size_t i = 0; i < listed; ++i) {
        read_group(scan, static_cast<DeviceIndex>(i));
        // A group that does not list a device that points to it contradicts itself.
        auto& device = scan.inventory.devices[i];
        device.is_readable &= !device.group || device.is_in_its_group;
    }
}

void read_iommu(Scan& scan)
{
    bool is_on = false;
    bool are_all_up_front = true;
    Directory iommus(scan.root, "sys/class/iommu");
    while (auto const name = iommus.next()) {
        is_on = true;
        are_all_up_front &= groups_devices_up_front(*name);
    }
    if (is_on) {
        scan.inventory.iommu = Iommu::On;
        scan.inventory.groups_appear_late = !are_all_up_front;
        return;
    }
    IommuTables const tables = {
        .has_dmar = scan.root.exists("sys/firmware/acpi/tables/DMAR"),
        .has_ivrs = scan.root.exists("sys/firmware/acpi/tables/IVRS"),
        .has_viot = scan.root.exists("sys/firmware/acpi/tables/VIOT"),
    };
    char buffer[cpuinfo_start_bytes]; // the flags are on the first processor's lines
    auto cpuinfo = scan.root.read_start("proc/cpuinfo", buffer);
    scan.inventory.iommu =
        iommu_that_is_not_on(tables, cpuinfo.is_error() ? std::string_view{} : cpuinfo.value());
}

void mark_boot_display(Inventory& inventory, Address const& address)
{
    if (auto const device = inventory.find(address))
        inventory.devices[*device].is_boot_display = true;
}

// Where it cannot be found out which display the firmware booted on, it may be any.
void suspect_every_display(Inventory& inventory)
{
    for (auto& device : inventory.devices)
        device.may_be_boot_display |= is_display(device);
}

// From about 6.12 on, the firmware's framebuffer is a child of the display that it is on. This finds displays
// that have no boot_vga (class 0380).
void find_framebuffer_parent(Scan& scan)
{
    Directory devices(scan.root, "sys/bus/platform/devices");
    while (auto const name = devices.next()) {
        if (name->find("framebuffer") == std::string_view::npos)
            continue;
        auto const target = scan.root.link_target(path_of("sys/bus/platform/devices/%s", *name));
        if (target.is_error()) {
            suspect_every_display(scan.inventory);
            continue;
        }
        if (auto const parent = last_address(target.value().view()))
            mark_boot_display(scan.inventory, *parent);
    }
    if (devices.has_failed() && !devices.is_absent())
        suspect_every_display(scan.inventory);
}

// Older kernels show it only in /proc/iomem: the framebuffer is in the memory of its display.
void find_framebuffer_in_memory(Scan& scan)
{
    auto const text = read_iomem(scan.root);
    if (text.is_error()) {
        if (!is_absence(text.error()))
            suspect_every_display(scan.inventory);
        return;
    }
    if (auto const owner = framebuffer_owner(text.value()))
        mark_boot_display(scan.inventory, *owner);
}

void read_boot_displays(Scan& scan)
{
    bool needs_framebuffer = false;
    for (auto const& device : scan.inventory.devices)
        needs_framebuffer |= is_display(device) && !device.is_boot_display;
    if (!needs_framebuffer)
        return;
    find_framebuffer_parent(scan);
    find_framebuffer_in_memory(scan);
}

} // namespace

Result<std::string_view> read_iomem(Root const& root)
{
    static char buffer[max_iomem_bytes];
    return root.read_start("proc/iomem", buffer);
}

Device read_device(Root const& root, Address const& address)
{
    Device device;
    device.address = address;
    char buffer[max_attribute_bytes];
    auto uevent = root.read_attribute(device_path(address, "uevent"), buffer);
    device.is_identified = !uevent.is_error() && parse_uevent(uevent.value(), device);
    device.is_readable = device.is_identified;
    return device;
}

std::optional<uint8_t> read_secondary_bus(Root const& root, Address const& bridge)
{
    char buffer[max_number_bytes];
    auto text = root.read_attribute(device_path(bridge, "secondary_bus_number"), buffer);
    if (text.is_error())
        return {};
    auto const number = parse_decimal(trimmed(text.value()));
    // A bridge that was not set up says 0, which is no bus below it: buses are numbered downwards.
    if (!number || *number <= bridge.bus || *number > UINT8_MAX)
        return {};
    return static_cast<uint8_t>(*number);
}

Path device_path(Address const& address, std::string_view attribute)
{
    return path_of("sys/bus/pci/devices/%a/%s", address, attribute);
}

void scan_iommu(Root const& root, Inventory& inventory)
{
    Scan scan{root, inventory};
    read_iommu(scan);
}

void scan(Root const& root, Config const& config, Facts& facts, Inventory& inventory)
{
    Scan scan{root, inventory};
    inventory.has_no_sysfs = root.presence("sys/bus/pci") != Presence::There;
    read_iommu(scan);
    for (auto const& entry : config.entries) {
        if (entry.selector.location)
            read_location(scan, *entry.selector.location);
    }
    if (has_selector_by_id_alone(config))
        read_devices(scan, &config);
    locate_facts(root, facts, inventory);
    read_groups(scan);
    read_boot_displays(scan);
}

void scan_all(Root const& root, Facts& facts, Inventory& inventory)
{
    Scan scan{root, inventory};
    inventory.has_no_sysfs = root.presence("sys/bus/pci") != Presence::There;
    read_iommu(scan);
    read_devices(scan, nullptr);
    locate_facts(root, facts, inventory);
    read_groups(scan);
    read_boot_displays(scan);
    // Only what is PCI Express has this, and anyone may see it, unlike the capability
    // (pcie_dev_attrs_are_visible() in drivers/pci/pci-sysfs.c).
    for (auto& device : inventory.devices)
        device.is_express = root.exists(device_path(device.address, "max_link_speed"));
}

void rescan_group(Root const& root, Inventory& inventory, DeviceIndex device)
{
    Scan scan{root, inventory};
    read_group_number(root, inventory.devices[device]);
    read_group(scan, device);
}

std::optional<DeviceIndex> scan_device(Root const& root, Inventory& inventory, Address const& address)
{
    Scan scan{root, inventory};
    return find_or_read(scan, address);
}

void scan_card(Root const& root, Inventory& inventory, Address address)
{
    Scan scan{root, inventory};
    for (address.function = 0; address.function < functions_per_device; ++address.function)
        find_or_read(scan, address);
}

} // namespace vfio_early
