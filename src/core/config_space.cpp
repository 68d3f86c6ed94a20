// SPDX-License-Identifier: MIT
#include "core/config_space.h"

#include "core/limits.h"

namespace vfio_early {

namespace {

// Offsets and values: include/uapi/linux/pci_regs.h.
constexpr size_t status = 0x06;
constexpr uint32_t status_capability_list = 0x10;
constexpr size_t header_type = 0x0e;
constexpr uint32_t header_type_multifunction = 0x80;
constexpr size_t subordinate_bus = 0x1a;
constexpr size_t capability_pointer = 0x34;
constexpr uint8_t capability_hotplug_controller = 0x0c;
constexpr uint8_t capability_express = 0x10;
constexpr size_t express_flags = 0x02;
constexpr size_t express_link_capabilities = 0x0c;
constexpr uint32_t express_flag_slot = 0x0100;
constexpr uint32_t express_type_root_port = 4;
constexpr uint32_t express_type_downstream_port = 6;
// A bit for each type: root ports and downstream ports; bridges to and from conventional PCI, and event
// collectors.
constexpr uint32_t express_types_of_ports = 1 << express_type_root_port | 1 << express_type_downstream_port;
constexpr uint32_t express_types_of_bridges = 1 << 7 | 1 << 8 | 1 << 10;
constexpr size_t extended_start = 0x100;
constexpr uint32_t extended_serial_number = 0x0003;
constexpr uint32_t extended_access_control = 0x000d;
// Capabilities are at least four bytes apart: more of them in a row are a loop.
constexpr int max_capabilities = 48;
constexpr int max_extended_capabilities = 960;

// Little-endian; 0 beyond what could be read.
uint32_t read(std::string_view config, size_t offset, size_t bytes)
{
    if (offset + bytes > config.size())
        return 0;
    uint32_t value = 0;
    for (size_t i = bytes; i > 0; --i)
        value = value << 8 | static_cast<uint8_t>(config[offset + i - 1]);
    return value;
}

// Where a capability begins, 0 where there is none.
size_t find_capability(std::string_view config, uint8_t wanted)
{
    if ((read(config, status, 2) & status_capability_list) == 0)
        return 0;
    auto position = read(config, capability_pointer, 1) & ~3u;
    for (int i = 0; i < max_capabilities && position != 0; ++i) {
        if (read(config, position, 1) == wanted)
            return position;
        position = read(config, position + 1, 1) & ~3u;
    }
    return 0;
}

size_t find_extended_capability(std::string_view config, uint32_t wanted)
{
    size_t position = extended_start;
    for (int i = 0; i < max_extended_capabilities && position >= extended_start; ++i) {
        auto const header = read(config, position, 4);
        if ((header & 0xffff) == wanted)
            return position;
        position = header >> 20 & ~3u;
    }
    return 0;
}

} // namespace

std::optional<uint8_t> root_port_number(std::string_view config)
{
    auto const express = find_capability(config, capability_express);
    if (express == 0 || express + express_link_capabilities + 4 > config.size())
        return {};
    if ((read(config, express + express_flags, 2) >> 4 & 0xf) != express_type_root_port)
        return {};
    return static_cast<uint8_t>(read(config, express + express_link_capabilities, 4) >> 24);
}

bool has_hotplug_controller(std::string_view config)
{
    return find_capability(config, capability_hotplug_controller) != 0;
}

uint8_t last_bus_below(std::string_view config)
{
    return static_cast<uint8_t>(read(config, subordinate_bus, 1));
}

std::optional<uint64_t> serial_number(std::string_view config)
{
    auto const position = find_extended_capability(config, extended_serial_number);
    if (position == 0 || position + 12 > config.size())
        return {};
    auto const serial = uint64_t{read(config, position + 8, 4)} << 32 | read(config, position + 4, 4);
    if (serial == 0 || serial == UINT64_MAX)
        return {};
    return serial;
}

Isolation isolation_of(std::string_view config)
{
    Isolation isolation = {.is_known = config.size() > config_header_bytes,
        .is_multifunction = (read(config, header_type, 1) & header_type_multifunction) != 0};
    if (auto const express = find_capability(config, capability_express)) {
        auto const flags = read(config, express + express_flags, 2);
        isolation.type = flags >> 4 & 0xf;
        isolation.has_slot = (flags & express_flag_slot) != 0;
    }
    if (auto const position = find_extended_capability(config, extended_access_control))
        isolation.control = AccessControl{.capability = static_cast<uint16_t>(read(config, position + 4, 2)),
            .control = static_cast<uint16_t>(read(config, position + 6, 2))};
    return isolation;
}

bool isolates(Isolation const& isolation)
{
    if (!isolation.type)
        return false;
    auto const is_one_of = [&](uint32_t types) { return (types >> *isolation.type & 1) != 0; };
    if (is_one_of(express_types_of_bridges))
        return false;
    if (!is_one_of(express_types_of_ports) && !isolation.is_multifunction)
        return true;
    if (!isolation.control)
        return false;
    auto const missing = isolation.control->capability & ~isolation.control->control;
    return (missing & required_access_control) == 0;
}

} // namespace vfio_early
