// SPDX-License-Identifier: MIT
// Others who want a say about the devices that are listed, on one machine. Each line of the input begins with
// a letter: k for the kernel command line, m for modprobe.d, a for modules.alias, o for an override of
// driverctl, i for the list of what is in an image.
#include "base/text.h"
#include "core/image.h"
#include "core/plan.h"
#include "core/rival.h"
#include "core/stranger.h"
#include "core/sysfs_text.h"
#include "output.h"

using namespace vfio_early;

namespace {

void add(Inventory& inventory, uint8_t bus, DeviceId id, uint32_t class_code)
{
    Device device;
    device.address.bus = bus;
    device.id = id;
    device.subsystem = {0x1043, 0x8520};
    device.class_code = class_code;
    device.header = header_type_of_class(class_code);
    device.group = bus;
    device.is_identified = device.is_readable = true;
    inventory.devices.append(device);
    inventory.groups.append({.number = bus});
}

// All lines of one kind, without their letters.
std::string lines_of(std::string_view input, char kind)
{
    std::string lines;
    while (!input.empty()) {
        auto const line = take_until(input, '\n');
        if (line.starts_with(kind))
            lines += std::string(line.substr(1)) + "\n";
    }
    return lines;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size)
{
    auto const input = text_of(data, size);
    auto& session = fresh<Session>();
    auto& outlook = fresh<Outlook>();
    session.outlook = &outlook;
    session.module_settings.rivals = &outlook.settings;
    session.inventory.iommu = Iommu::On;
    add(session.inventory, 1, {0x10de, 0x2191}, 0x030000);
    add(session.inventory, 2, {0x8086, 0x10d3}, 0x020000);
    add(session.inventory, 3, {0x8086, 0x10d3}, 0x020000);
    parse_config(
        "[bind]\ngpu = 0000:01:00.0\n[stub]\nnic = 0000:02:00.0\n", session.config, session.problems);
    make_plan(session.config, session.facts, session.inventory, session.plan, session.problems);
    session.is_planned = true;

    ExactCopy const kernel(lines_of(input, 'k'));
    parse_kernel_settings(kernel.text, session.module_settings);
    ExactCopy const modprobe(lines_of(input, 'm'));
    parse_modprobe_settings(
        {modprobe.bytes.get(), modprobe.text.size()}, "/etc/modprobe.d/x.conf", session.module_settings);
    sort_settings(outlook.settings);
    bool has_driver[max_decisions] = {};
    ExactCopy const aliases(lines_of(input, 'a'));
    for (auto rest = aliases.text; !rest.empty();)
        note_alias(session, take_until(rest, '\n'), has_driver);
    note_rivals(session, has_driver);
    ExactCopy const overrides(lines_of(input, 'o'));
    for (auto rest = overrides.text; !rest.empty();) {
        auto driver = take_until(rest, '\n');
        auto const name = take_until(driver, ' ');
        note_override(session, name, driver);
    }
    for (auto const target : {Target::VfioPci, Target::PciStub}) {
        auto& loading = session.loading_of(target);
        loading.blacklisted =
            find_blacklisted(session.module_settings, target, [](std::string_view) { return false; });
        loading.is_missing = !loading.blacklisted.empty();
        loading.is_ours = true;
        if (loading.is_missing)
            settle_without_driver(session, target);
    }
    for (auto const& device : session.inventory.devices)
        note_named(session, device);
    for (auto const& stranger : session.strangers)
        must(stranger.address.bus == 3, "a stranger is on no line");

    Image image = {.kernel = KernelVersion("6.12"), .path = SettingPlace("/boot/initrd.img-6.12")};
    ExactCopy const files(lines_of(input, 'i'));
    for (auto rest = files.text; !rest.empty();)
        image.parts |= parts_in(take_until(rest, '\n'));
    image.state = static_cast<Image::State>(image.parts % 6);
    outlook.images.append(image);
    outlook.images_left_out = image.parts % 3;
    outlook.generator = static_cast<Generator>(image.parts % 4);
    auto const tell = [](std::string_view warning) {
        must(!warning.empty(), "a warning says something");
        must_be_plain(warning);
    };
    tell_of_rivals(session, tell);
    tell_of_images(session, tell);
    for_each_warning(session, tell);
    return 0;
}
