// SPDX-License-Identifier: MIT
#include "sys/boot_display.h"

#include "core/explain.h"
#include "core/sysfs_text.h"
#include "sys/directory.h"
#include "sys/log.h"
#include "sys/scan.h"

namespace vfio_early {

namespace {

void note_stuck(Session& session, std::string_view name, Error const& error)
{
    session.framebuffer.stuck = FixedString<max_member_name_bytes>(name);
    session.framebuffer.error_number = error.number;
}

void detach_consoles(Session& session, Root const& root)
{
    Directory consoles(root, Path("sys/class/vtconsole"));
    while (auto const console = consoles.next()) {
        auto const directory = path_of("sys/class/vtconsole/", *console);
        char buffer[max_word_bytes];
        auto const name = root.read_attribute(path_of(directory.view(), "/name"), buffer);
        if (!name.is_error() && name.value().find("frame buffer") == std::string_view::npos)
            continue;
        auto const result = name.is_error() ? Result<void>(name.error())
                                            : root.write(path_of(directory.view(), "/bind"), "0");
        if (result.is_error())
            note_stuck(session, *console, result.error());
    }
}

// Nothing where it has no driver.
void detach_framebuffer(Session& session, Root const& root, std::string_view name)
{
    auto const driver = root.link_name(path_of("sys/bus/platform/devices/", name, "/driver"));
    if (driver.is_error() && is_absence(driver.error()))
        return;
    // The driver gives the memory back when nothing shows it any more.
    detach_consoles(session, root);
    auto const result = driver.is_error()
        ? Result<void>(driver.error())
        : root.write(path_of("sys/bus/platform/drivers/", driver.value().view(), "/unbind"), name);
    if (result.is_error())
        note_stuck(session, name, result.error());
}

// Newer kernels make it a child of its display, others of none: then it is on the one that the firmware
// booted on.
bool is_on(Root const& root, std::string_view framebuffer, Address display)
{
    auto const target = root.link_target(path_of("sys/bus/platform/devices/", framebuffer));
    auto const parent = target.is_error() ? std::nullopt : last_address(target.value().view());
    return !parent || *parent == display;
}

} // namespace

// Kernels from 6.0 on do this themselves when vfio-pci binds a device of class 0300, and leave class 0380 as
// it is (vfio_pci_vga_init() in drivers/vfio/pci/vfio_pci_core.c). Where they do, there is nothing left to
// do.
void darken(Session& session, Root const& root, Address display)
{
    FixedString<max_message_bytes> line;
    Sink sink(line);
    announce_darkness(sink, display, session);
    console_line(root, line.view());
    Directory devices(root, Path("sys/bus/platform/devices"));
    while (auto const name = devices.next()) {
        if (name->find("framebuffer") != std::string_view::npos && is_on(root, *name, display))
            detach_framebuffer(session, root, *name);
    }
}

void look_for_holder(Session& session, Root const& root, Address display)
{
    auto const iomem = read_iomem(root);
    auto const holder = iomem.is_error() ? std::string_view{} : holder_of_memory(iomem.value(), display);
    if (holder.empty())
        return;
    session.framebuffer.holder = FixedString<max_member_name_bytes>(holder);
    session.framebuffer.display = display;
}

} // namespace vfio_early
