// SPDX-License-Identifier: MIT
// What the running system says of what it lives on: mounts, swap, fstab, crypttab, tags of file systems,
// routes. The first line of the input is a path or a source; the rest is tables.
#include "base/text.h"
#include "core/route_text.h"
#include "core/storage_text.h"
#include "fuzz.h"

using namespace vfio_early;

static void read_line(std::string_view line)
{
    auto const is_part = [&](std::string_view text) {
        return text.empty()
            || (text.data() >= line.data() && text.data() + text.size() <= line.data() + line.size());
    };
    if (auto const mount = parse_mount(line)) {
        must(is_part(mount->type), "the type of a mount is a word of its line");
        is_vital_mount_point(mount->point.view());
    }
    if (auto const swap = parse_swap(line))
        must(!swap->empty(), "swap is on something");
    if (auto const entry = parse_fstab(line))
        must(!entry->source.empty() && is_part(entry->type), "a line of fstab has a source and a type");
    if (auto const entry = parse_crypttab(line))
        must(!entry->source.empty() && !entry->target.empty(), "a line of crypttab has a name and a source");
    for (auto const& route : {parse_route(line), parse_ipv6_route(line)})
        must(!route || (!route->interface.empty() && is_part(route->interface)), "a route has an interface");
}

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size)
{
    ExactCopy const copy(text_of(data, size));
    auto rest = copy.text;
    auto const word = take_until(rest, '\n');
    if (auto const mount = mount_of(rest, word); mount && word.starts_with('/'))
        must(word.starts_with(mount->point.view()), "a file is below its mount point");
    if (auto const path = path_of_tag(word))
        must(path->view().starts_with("dev/disk/by-") || path->view().starts_with("/dev/disk/by-"),
            "a tag is a link of udev");
    parse_device_number(word);
    is_up(word);
    auto const value = kernel_parameter(rest, "root");
    must(value.empty() || rest.find(value) != std::string_view::npos, "a value is there");
    while (!rest.empty())
        read_line(take_until(rest, '\n'));
    return 0;
}
