// SPDX-License-Identifier: MIT
#include "sys/strangers.h"

#include "core/stranger.h"
#include "sys/directory.h"
#include "sys/modules.h"
#include "sys/scan.h"

namespace vfio_early {

namespace {

bool is_any_named(Session const& session)
{
    for (auto const& id : session.module_settings.ids) {
        if (session.loading_of(id.target).is_ours)
            return true;
    }
    return false;
}

// Calls `note` with every PCI address among the names in a directory.
void for_each_address(Root const& root, PathRef path, FunctionRef<void(Address const&)> note)
{
    Directory names(root, path);
    while (auto const name = names.next()) {
        if (auto const address = parse_address(*name))
            note(*address);
    }
}

} // namespace

void find_strangers(Root const& root, Session& session)
{
    for_each_address(root, path_of("sys/bus/pci/drivers/%s", driver_name(Target::VfioPci)),
        [&](Address const& address) { note_taken(session, address); });
    // A driver that could not be loaded is none of ours: whoever loads it later decides what it takes.
    for (auto const target : {Target::VfioPci, Target::PciStub}) {
        if (session.mode == Mode::Bind && !has_driver(root, target))
            session.loading_of(target).is_ours = false;
    }
    if (!is_any_named(session))
        return;
    for_each_address(root, "sys/bus/pci/devices",
        [&](Address const& address) { note_named(session, read_device(root, address)); });
}

} // namespace vfio_early
