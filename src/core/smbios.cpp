// SPDX-License-Identifier: MIT
#include "core/smbios.h"

#include "base/text.h"

namespace vfio_early {

namespace {

// Offsets in a structure of type 9.
constexpr char type_system_slot = 9;
constexpr size_t header_bytes = 4;
constexpr size_t name_number = 0x04;
constexpr size_t segment_group = 0x0d;
constexpr size_t bus_number = 0x0f;
constexpr size_t device_function = 0x10;

uint8_t byte_at(std::string_view text, size_t position)
{
    return static_cast<uint8_t>(text[position]);
}

bool is_slot_of(std::string_view structure, Device const& port)
{
    if (structure[0] != type_system_slot || structure.size() <= device_function)
        return false;
    auto const segment =
        byte_at(structure, segment_group) | uint32_t{byte_at(structure, segment_group + 1)} << 8;
    auto const bus = byte_at(structure, bus_number);
    auto const place = port.address.device << 3 | port.address.function;
    return segment == port.address.domain
        && (bus == port.secondary_bus
            || (bus == port.address.bus && byte_at(structure, device_function) == place));
}

} // namespace

std::string_view slot_name(std::string_view table, Device const& port)
{
    while (table.size() > header_bytes && byte_at(table, 1) >= header_bytes) {
        auto const structure = slice(table, 0, byte_at(table, 1));
        table = slice(table, structure.size());
        // Behind a structure come its strings, each with a NUL, and another NUL. Without any there are two.
        unsigned const number = is_slot_of(structure, port) ? byte_at(structure, name_number) : 0;
        std::string_view name;
        unsigned count = 0;
        do {
            auto const text = take_until(table, '\0');
            if (++count == number)
                name = text;
            if (text.empty() && count > 1)
                break;
        } while (!table.empty());
        if (!trimmed(name).empty())
            return trimmed(name);
    }
    return {};
}

} // namespace vfio_early
