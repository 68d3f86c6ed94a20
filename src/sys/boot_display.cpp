// SPDX-License-Identifier: MIT
#include "sys/boot_display.h"

#include "core/explain.h"
#include "core/sysfs_text.h"
#include "sys/directory.h"
#include "sys/log.h"
#include "sys/scan.h"

namespace vfio_early {

namespace {

void note(Session& session, std::string_view name, Result<void> const& result)
{
    if (!result.is_error())
        return;
    session.framebuffer.stuck = FixedString<max_member_name_bytes>(name);
    session.framebuffer.error_number = result.error().number;
}

Result<void> detach_console(Root const& root, std::string_view console)
{
    auto const directory = path_of("sys/class/vtconsole/%s", console);
    char buffer[max_word_bytes];
    auto const name = TRY(root.read_attribute(path_of("%s/name", directory), buffer));
    if (name.find("frame buffer") == std::string_view::npos)
        return {};
    return root.write(path_of("%s/bind", directory), "0");
}

Result<void> unbind_framebuffer(Root const& root, std::string_view name, PathRef driver_link)
{
    auto const driver = TRY(root.link_name(driver_link));
    return root.write(path_of("sys/bus/platform/drivers/%s/unbind", driver), name);
}

// Newer kernels make it a child of its display, others of none: then it is on the one that the firmware
// booted on.
Result<bool> is_on(Root const& root, std::string_view framebuffer, Address const& display)
{
    auto const target = TRY(root.link_target(path_of("sys/bus/platform/devices/%s", framebuffer)));
    auto const parent = last_address(target.view());
    return !parent || *parent == display;
}

// Nothing where it has no driver, or is on another display.
Result<void> detach_framebuffer(Session& session, Root const& root, std::string_view name, Address display)
{
    auto const driver_link = path_of("sys/bus/platform/devices/%s/driver", name);
    if (root.presence(driver_link) == Presence::Absent || !TRY(is_on(root, name, display)))
        return {};
    // The driver gives the memory back when nothing shows it any more.
    Directory consoles(root, "sys/class/vtconsole");
    while (auto const console = consoles.next())
        note(session, *console, detach_console(root, *console));
    return unbind_framebuffer(root, name, driver_link);
}

} // namespace

// Kernels from 6.0 on do this themselves when vfio-pci binds a device of class 0300, and leave class 0380 as
// it is (vfio_pci_vga_init() in drivers/vfio/pci/vfio_pci_core.c). Where they do, there is nothing left to
// do.
void darken(Session& session, Root const& root, Address const& display)
{
    FixedString<max_message_bytes> line;
    Sink sink(line);
    announce_darkness(sink, display, session);
    console_line(root, line.view());
    Directory devices(root, "sys/bus/platform/devices");
    while (auto const name = devices.next()) {
        if (name->find("framebuffer") != std::string_view::npos)
            note(session, *name, detach_framebuffer(session, root, *name, display));
    }
}

void look_for_holder(Session& session, Root const& root, Address const& display)
{
    auto const iomem = read_iomem(root);
    auto const holder = iomem.is_error() ? std::string_view{} : holder_of_memory(iomem.value(), display);
    if (holder.empty())
        return;
    session.framebuffer.holder = FixedString<max_member_name_bytes>(holder);
    session.framebuffer.display = display;
}

} // namespace vfio_early
