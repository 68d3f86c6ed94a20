// SPDX-License-Identifier: MIT
#include "core/stranger.h"

#include <algorithm>

namespace vfio_early {

namespace {

bool is_one_of_several(Plan const& plan, DeviceIndex device)
{
    for (auto const& decision : plan.decisions) {
        auto const devices = plan.devices_of(decision.concerned);
        if (!decision.device && std::ranges::find(devices, device) != devices.end())
            return true;
    }
    return false;
}

// The stranger at this address, which is added in its place by address where it is new. Nullptr where there
// is no room.
Stranger* stranger_at(Session& session, Address const& address)
{
    auto& strangers = session.strangers;
    for (auto& stranger : strangers) {
        if (stranger.address == address)
            return &stranger;
    }
    if (!strangers.try_append({.address = address})) {
        session.has_more_strangers = true;
        return nullptr;
    }
    auto position = strangers.size() - 1;
    for (; position > 0 && address < strangers[position - 1].address; --position)
        std::swap(strangers[position], strangers[position - 1]);
    return &strangers[position];
}

} // namespace

bool is_selected(Session const& session, Address const& address)
{
    auto const device = session.inventory.find(address);
    return device && (find_decision(session.plan, *device) || is_one_of_several(session.plan, *device));
}

void note_taken(Session& session, Address const& address)
{
    if (is_selected(session, address))
        return;
    if (auto* stranger = stranger_at(session, address))
        stranger->is_on_vfio_pci = true;
}

void note_named(Session& session, Device const& device)
{
    // The drivers take no bridge (vfio_pci_core_register_device() in drivers/vfio/pci/vfio_pci_core.c).
    if (device.header == HeaderType::Bridge || device.header == HeaderType::CardBus)
        return;
    auto const* foreign = find_foreign_id(
        session.module_settings, device, [&](Target target) { return session.loading_of(target).is_ours; });
    if (!foreign || is_selected(session, device.address))
        return;
    bool const is_taken = device.driver.view() == driver_name(foreign->target);
    // Whoever put it there was not stopped by us.
    if (is_taken && session.mode == Mode::Bind)
        return;
    auto* stranger = stranger_at(session, device.address);
    if (!stranger)
        return;
    stranger->named_for = foreign->target;
    stranger->place = foreign->place;
    stranger->is_taken = is_taken;
}

} // namespace vfio_early
