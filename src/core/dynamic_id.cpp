// SPDX-License-Identifier: MIT
#include "core/dynamic_id.h"

#include "base/text.h"

namespace vfio_early {

namespace {

// What "%x" takes: white space, '0x' or not, digits.
std::optional<uint32_t> take_number(std::string_view& text)
{
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    if (text.starts_with("0x") || text.starts_with("0X"))
        text.remove_prefix(2);
    size_t digits = 0;
    while (parse_hex(slice(text, digits, 1), 1))
        ++digits;
    auto const number = parse_hex(slice(text, 0, digits), 8);
    text = slice(text, digits);
    return number;
}

bool fits(uint32_t wanted, uint16_t found)
{
    return wanted == DynamicId::any || wanted == found;
}

} // namespace

std::optional<DynamicId> parse_dynamic_id(std::string_view text)
{
    DynamicId id;
    uint32_t* const fields[] = {
        &id.vendor, &id.device, &id.subvendor, &id.subdevice, &id.class_code, &id.class_mask};
    size_t count = 0;
    for (auto* field : fields) {
        auto const number = take_number(text);
        if (!number)
            break;
        *field = *number;
        ++count;
        if (!text.starts_with(':'))
            break;
        text.remove_prefix(1);
    }
    if (count < 2)
        return {};
    return id;
}

bool matches(DynamicId const& id, Device const& device)
{
    return device.is_identified && fits(id.vendor, device.id.vendor) && fits(id.device, device.id.device)
        && fits(id.subvendor, device.subsystem.vendor) && fits(id.subdevice, device.subsystem.device)
        && ((id.class_code ^ device.class_code) & id.class_mask) == 0;
}

} // namespace vfio_early
