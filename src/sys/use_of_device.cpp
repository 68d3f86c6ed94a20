// SPDX-License-Identifier: MIT
#include "sys/use_of_device.h"

#include "core/sysfs_text.h"
#include "sys/scan.h"

namespace vfio_early {

void add_use_of_function(Root const& root, HostUses& uses, Address const& function, Weight weight,
    UseText const& what, UseKind kind)
{
    uses.add({function, weight, what, kind});
    auto const physical = root.link_target(device_path(function, "physfn"));
    if (physical.is_error())
        return;
    if (auto const address = last_address(physical.value().view()))
        uses.add({*address, weight, what, kind});
}

bool add_use_of_device(Root const& root, HostUses& uses, std::string_view device_link, Weight weight,
    UseText const& what, UseKind kind)
{
    auto const functions = functions_above(device_link);
    for (auto const function : functions)
        add_use_of_function(root, uses, function, weight, what, kind);
    return !functions.empty();
}

std::string_view last_part(std::string_view path)
{
    auto const slash = path.rfind('/');
    if (slash != std::string_view::npos)
        path.remove_prefix(slash + 1);
    return path;
}

std::string_view read_table(Root const& root, HostUses& uses, char const* path, std::span<char> buffer)
{
    auto text = root.read_start(path, buffer);
    if (text.is_error()) {
        if (!is_absence(text.error()))
            uses.add_doubt("/%c cannot be read: %m", path, text.error().number);
        return {};
    }
    if (text.value().size() == buffer.size())
        uses.add_doubt("/%c is longer than %u bytes", path, buffer.size());
    return text.value();
}

} // namespace vfio_early
