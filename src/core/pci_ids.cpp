// SPDX-License-Identifier: MIT
#include "core/pci_ids.h"

#include "base/text.h"

namespace vfio_early {

namespace {

constexpr size_t number_digits = 4;

// What comes behind the number of a line and its two spaces.
std::string_view name_in(std::string_view line)
{
    return trimmed(slice(line, number_digits));
}

} // namespace

void ModelNames::want(DeviceId id)
{
    if (!find(id))
        static_cast<void>(m_names.try_append({.id = id}));
}

// A vendor begins its line with its number; its devices have one tab before theirs, subsystems two. The
// classes, 'C 00  NAME', which come behind, have numbers of two digits.
void ModelNames::read_line(std::string_view line)
{
    bool const is_device = line.starts_with('\t');
    if (is_device)
        line.remove_prefix(1);
    auto const number = parse_hex(slice(line, 0, number_digits), number_digits);
    if (!number)
        return; // a subsystem, a comment, an empty line
    if (!is_device)
        m_vendor.reset();
    else if (!m_vendor)
        return;
    for (auto& name : m_names) {
        // Of two entries the first counts.
        if (is_device && name.id.vendor == *m_vendor && name.id.device == *number && name.device.empty())
            name.device.append(name_in(line));
        if (is_device || name.id.vendor != *number)
            continue;
        m_vendor = *number;
        if (name.vendor.empty())
            name.vendor.append(name_in(line));
    }
}

ModelName const* ModelNames::find(DeviceId id) const
{
    for (auto const& name : m_names) {
        if (name.id == id)
            return &name;
    }
    return nullptr;
}

std::string_view short_vendor(std::string_view name)
{
    constexpr std::string_view ends[] = {",", " Co", " Inc", " Ltd", " Tech", " Semi", " Elec"};
    auto const bracket = name.rfind('[');
    if (bracket != std::string_view::npos && name.ends_with(']'))
        return slice(name, bracket + 1, name.size() - bracket - 2);
    for (auto const end : ends)
        name = slice(name, 0, name.find(end));
    return name;
}

void put_model(Sink& sink, ModelName const& name)
{
    if (!name.vendor.empty())
        print(sink, "%e %e", short_vendor(name.vendor.view()),
            name.device.empty() ? std::string_view("Device") : name.device.view());
}

} // namespace vfio_early
