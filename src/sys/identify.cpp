// SPDX-License-Identifier: MIT
#include "sys/identify.h"

#include "base/text.h"
#include "core/config_space.h"
#include "core/sysfs_text.h"
#include "sys/directory.h"
#include "sys/scan.h"

namespace vfio_early {

namespace {

std::optional<uint8_t> read_port(Root const& root, Address const& address)
{
    char buffer[config_bytes];
    auto const config = root.read_start(device_path(address, "config"), buffer);
    return config.is_error() ? std::nullopt : root_port_number(config.value());
}

// The firmware's name of a root bus; where it does not fit it is as good as none.
void read_firmware_path(Root const& root, RootBus& bus)
{
    char buffer[max_root_name_bytes];
    auto const name = root.read_attribute(
        path_of("sys/devices/%spci%4x:%2x/firmware_node/path", bus.parent, bus.domain, bus.bus), buffer);
    if (!name.is_error())
        bus.firmware_path.append(trimmed(name.value()));
}

bool are_equal(RootBus const& left, RootBus const& right)
{
    return left.domain == right.domain && left.bus == right.bus && left.parent.view() == right.parent.view()
        && left.firmware_path.view() == right.firmware_path.view();
}

// The root bus that is this one now, whatever its number is.
std::optional<RootBus> find_root_bus(Root const& root, RootBus const& wanted)
{
    Directory buses(root, path_of("sys/devices/%s", wanted.parent));
    while (auto const name = buses.next()) {
        auto bus = parse_root_bus(*name);
        if (!bus)
            continue;
        bus->parent = wanted.parent;
        read_firmware_path(root, *bus);
        if (is_same_root(*bus, wanted))
            return bus;
    }
    return {};
}

// The Port Number of a root port; nothing where another function of the device has the same one, which then
// tells nothing.
std::optional<uint8_t> read_port_that_tells(Root const& root, Address const& port)
{
    auto const number = read_port(root, port);
    auto other = port;
    for (other.function = 0; number && other.function < functions_per_device; ++other.function) {
        if (other.function != port.function && read_port(root, other) == number)
            return {};
    }
    return number;
}

// The root port with this number among the functions of a device: the function that was recorded where it has
// the number or where none can be read, else the only one that has it.
std::optional<Address> find_root_port(Root const& root, Address const& recorded, uint8_t wanted)
{
    if (read_port(root, recorded) == wanted)
        return recorded;
    std::optional<Address> found;
    bool is_any_known = false;
    bool is_shared = false;
    for (uint8_t function = 0; function < functions_per_device; ++function) {
        auto address = recorded;
        address.function = function;
        auto const port = read_port(root, address);
        is_any_known |= port.has_value();
        if (port != wanted)
            continue;
        is_shared |= found.has_value();
        found = address;
    }
    if (!is_any_known)
        return recorded;
    return is_shared ? std::nullopt : found;
}

} // namespace

std::optional<Slot> read_slot(Root const& root, Address const& address)
{
    auto const link = root.link_target(path_of("sys/bus/pci/devices/%a", address));
    if (link.is_error())
        return {};
    auto slot = parse_slot_link(link.value().view());
    if (!slot)
        return {};
    read_firmware_path(root, slot->root);
    if (slot->steps.size() > 1) {
        auto& port = slot->steps[0];
        port.port =
            read_port_that_tells(root, {slot->root.domain, slot->root.bus, port.device, port.function});
    }
    return slot;
}

std::optional<Address> find_slot(Root const& root, Slot const& slot, RootBusSought& last)
{
    if (!last.wanted || !are_equal(*last.wanted, slot.root))
        last = {slot.root, find_root_bus(root, slot.root)};
    auto const& bus = last.found;
    if (!bus)
        return {};
    Address at = {bus->domain, bus->bus, slot.steps[0].device, slot.steps[0].function};
    if (slot.steps[0].port) {
        auto const port = find_root_port(root, at, *slot.steps[0].port);
        if (!port)
            return {};
        at = *port;
    }
    for (size_t i = 1; i < slot.steps.size(); ++i) {
        auto const secondary_bus = read_secondary_bus(root, at);
        if (!secondary_bus)
            return {};
        at.bus = *secondary_bus;
        at.device = slot.steps[i].device;
        at.function = slot.steps[i].function;
    }
    return at;
}

std::optional<uint64_t> read_serial(Root const& root, Address address)
{
    char buffer[whole_config_bytes];
    auto const read = [&] {
        auto const config = root.read_start(device_path(address, "config"), buffer);
        return config.is_error() ? std::nullopt : serial_number(config.value());
    };
    auto const serial = read();
    if (serial || address.function == 0)
        return serial;
    address.function = 0;
    return read();
}

bool is_config_cut(Root const& root, Address const& address)
{
    char buffer[config_header_bytes + 1];
    auto const config = root.read_start(device_path(address, "config"), buffer);
    return !config.is_error() && config.value().size() <= config_header_bytes;
}

bool is_virtual_function(Root const& root, Address const& address)
{
    return root.presence(device_path(address, "physfn")) != Presence::Absent;
}

std::optional<Identity> identify(Root const& root, Address const& address)
{
    auto const device = read_device(root, address);
    if (!device.is_identified)
        return {};
    return Identity{.address = address,
        .slot = read_slot(root, address),
        .id = device.id,
        .subsystem = device.subsystem,
        .serial = read_serial(root, address),
        .place = {}};
}

} // namespace vfio_early
