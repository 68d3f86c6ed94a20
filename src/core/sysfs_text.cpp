// SPDX-License-Identifier: MIT
#include "core/sysfs_text.h"

#include "base/function_ref.h"
#include "base/text.h"

#include <algorithm>
#include <array>

namespace vfio_early {

namespace {

struct UeventLines {
    std::optional<uint32_t> class_code;
    std::optional<DeviceId> id;
    std::optional<DeviceId> subsystem;
    std::optional<Address> address;
    std::string_view driver;
};

UeventLines split_uevent(std::string_view text)
{
    UeventLines lines;
    while (!text.empty()) {
        auto value = take_until(text, '\n');
        auto const key = take_until(value, '=');
        if (key == "DRIVER")
            lines.driver = value;
        else if (key == "PCI_CLASS")
            lines.class_code = parse_hex(value, 6);
        else if (key == "PCI_ID")
            lines.id = parse_device_id(value);
        else if (key == "PCI_SUBSYS_ID")
            lines.subsystem = parse_device_id(value);
        else if (key == "PCI_SLOT_NAME")
            lines.address = parse_address(value);
    }
    return lines;
}

size_t indentation(std::string_view line)
{
    return std::min(line.find_first_not_of(' '), line.size());
}

} // namespace

bool parse_uevent(std::string_view text, Device& device)
{
    auto const lines = split_uevent(text);
    device.driver = DriverName(lines.driver);
    if (!lines.class_code || !lines.id || !lines.subsystem || lines.address != device.address)
        return false;
    device.class_code = *lines.class_code;
    device.id = *lines.id;
    device.subsystem = *lines.subsystem;
    device.header = header_type_of_class(device.class_code);
    return true;
}

HeaderType header_type_of_class(uint32_t class_code)
{
    constexpr uint32_t base_class_bridge = 0x06;
    constexpr uint32_t class_isa_bridge = 0x0601;
    constexpr uint32_t base_class_undefined = 0x00;
    switch (class_code >> 8) {
    case class_pci_bridge:
        return HeaderType::Bridge;
    case class_cardbus_bridge:
        return HeaderType::CardBus;
    case class_host_bridge:
    case class_isa_bridge:
        return HeaderType::Normal;
    default:
        break;
    }
    auto const base_class = class_code >> 16;
    if (base_class == base_class_bridge || base_class == base_class_undefined)
        return HeaderType::Unknown;
    return HeaderType::Normal;
}

HeaderType header_type_of_config(std::string_view config)
{
    constexpr size_t header_type_offset = 0x0e;
    constexpr uint8_t header_type_mask = 0x7f;
    if (config.size() <= header_type_offset)
        return HeaderType::Unknown;
    switch (static_cast<uint8_t>(config[header_type_offset]) & header_type_mask) {
    case 0:
        return HeaderType::Normal;
    case 1:
        return HeaderType::Bridge;
    case 2:
        return HeaderType::CardBus;
    default:
        return HeaderType::Unknown;
    }
}

bool groups_devices_up_front(std::string_view iommu_name)
{
    return iommu_name.starts_with("dmar") || iommu_name.starts_with("ivhd");
}

std::optional<Address> last_address(std::string_view path)
{
    std::optional<Address> last;
    while (!path.empty()) {
        if (auto const address = parse_address(take_until(path, '/')))
            last = address;
    }
    return last;
}

FunctionsAbove functions_above(std::string_view path)
{
    FunctionsAbove functions;
    bool is_new_bus = true;
    while (!path.empty()) {
        auto const part = take_until(path, '/');
        auto const address = parse_address(part);
        if (!address) {
            is_new_bus |= part.starts_with("pci") && part.find(':') != std::string_view::npos;
            continue;
        }
        // What does not fit is nearer to the device, and takes the last place.
        if (is_new_bus && functions.try_append(*address))
            is_new_bus = false;
        else
            functions[functions.size() - 1] = *address;
    }
    return functions;
}

bool is_keyboard(std::string_view key_capabilities)
{
    constexpr size_t digits = 8; // 32 bits, of a word that has 32 or 64
    constexpr uint32_t first_keys = 0xfffffffe;
    auto text = trimmed(key_capabilities);
    auto word = take_word(text);
    while (!text.empty())
        word = take_word(text);
    auto const bits = parse_hex(slice(word, word.size() - std::min(word.size(), digits)), digits);
    return bits && (*bits & first_keys) == first_keys;
}

// Looks at each resource of /proc/iomem that is nested in one that is named by an address.
static void for_each_nested(
    std::string_view iomem, FunctionRef<void(Address const&, std::string_view)> look_at)
{
    std::optional<Address> owner;
    size_t owner_indentation = 0;
    while (!iomem.empty()) {
        auto line = take_until(iomem, '\n');
        auto const depth = indentation(line);
        auto const range_end = line.find(" : ");
        if (range_end == std::string_view::npos)
            continue;
        auto const name = slice(line, range_end + 3);
        if (owner && depth <= owner_indentation)
            owner.reset();
        if (auto const address = parse_address(name)) {
            owner = address;
            owner_indentation = depth;
        } else if (owner) {
            look_at(*owner, name);
        }
    }
}

std::optional<Address> framebuffer_owner(std::string_view iomem)
{
    constexpr std::string_view framebuffers[] = {"BOOTFB", "efifb", "vesafb", "simplefb", "simpledrm"};
    std::optional<Address> found;
    for_each_nested(iomem, [&](Address const& owner, std::string_view name) {
        if (!found && std::ranges::find(framebuffers, name) != std::end(framebuffers))
            found = owner;
    });
    return found;
}

std::string_view holder_of_memory(std::string_view iomem, Address const& device)
{
    std::string_view holder;
    for_each_nested(iomem, [&](Address const& owner, std::string_view name) {
        if (owner == device && name != "vfio-pci" && name != "vfio")
            holder = name;
    });
    return holder;
}

Iommu iommu_that_is_not_on(IommuTables const& tables, std::string_view cpuinfo)
{
    if (tables.has_dmar || tables.has_ivrs)
        return Iommu::OffInKernel;
    if (tables.has_viot)
        return Iommu::NoDriver;
    bool can_virtualise = false;
    bool is_guest = false;
    while (!cpuinfo.empty()) {
        auto flags = take_until(cpuinfo, '\n');
        if (trimmed(take_until(flags, ':')) != "flags")
            continue;
        for (auto flag = take_word(flags); !flag.empty(); flag = take_word(flags)) {
            can_virtualise |= flag == "vmx" || flag == "svm";
            is_guest |= flag == "hypervisor";
        }
        break;
    }
    return can_virtualise && !is_guest ? Iommu::OffInFirmware : Iommu::Absent;
}

} // namespace vfio_early
