// SPDX-License-Identifier: MIT
#include "core/recall.h"

#include <algorithm>

namespace vfio_early {

namespace {

using Note = Recollection::Note;
using Kind = Resolution::Kind;

bool is_model(Device const& device, Identity const& identity)
{
    return device.is_identified && device.id == identity.id && device.subsystem == identity.subsystem;
}

// The functions of one card share its serial number, and the ports of a network card its id too.
bool is_same_function(Device const& device, Identity const& identity)
{
    return device.address.function == identity.address.function;
}

// Whether both have a serial number that tells cards apart.
bool have_serials(Device const& device, Identity const& identity)
{
    return device.serial && identity.serial;
}

// The device in the remembered slot, if anything is there.
std::optional<DeviceIndex> device_in_slot(Identity const& identity, Inventory const& inventory)
{
    return identity.place ? inventory.find(*identity.place) : std::nullopt;
}

// Some makers give all cards of a model one serial number: it tells nothing then.
bool is_shared_serial(Device const& device, Inventory const& inventory)
{
    return std::ranges::any_of(inventory.devices, [&](Device const& other) {
        return other.serial == device.serial && !is_same_card(device.address, other.address);
    });
}

// The device of the remembered model with the remembered serial number, where that is just one.
std::optional<DeviceIndex> find_by_serial(Identity const& identity, Inventory const& inventory)
{
    for (size_t i = 0; i < inventory.devices.size(); ++i) {
        auto const& device = inventory.devices[i];
        if (is_model(device, identity) && is_same_function(device, identity) && have_serials(device, identity)
            && device.serial == identity.serial && !is_shared_serial(device, inventory))
            return static_cast<DeviceIndex>(i);
    }
    return {};
}

std::optional<DeviceIndex> find_by_model(Identity const& identity, Inventory const& inventory)
{
    for (size_t i = 0; i < inventory.devices.size(); ++i) {
        if (is_model(inventory.devices[i], identity))
            return static_cast<DeviceIndex>(i);
    }
    return {};
}

bool is_another_card(Device const& device, Identity const& identity)
{
    return have_serials(device, identity) && device.serial != identity.serial;
}

bool matches_named_id(Selector const& selector, Device const& device)
{
    return !selector.id || matches_id(*selector.id, device);
}

// The functions of a card that a selector with '*' means, at the place where the card is now; or the one.
Resolution found_at(Selector const& selector, DeviceIndex function, Inventory const& inventory)
{
    auto const& device = inventory.devices[function];
    Selector there = selector;
    there.location = Location{.start = device.address, .steps = {}};
    there.location->every_function = selector.location && selector.location->every_function;
    if (there.location->every_function)
        there.location->start.function = 0;
    return resolve(there, inventory);
}

Recollection::Meant meant_by(Identity const& was)
{
    return {.id = was.id, .was = was.address};
}

bool is_same(DeviceIndices const& left, DeviceIndices const& right)
{
    return std::equal(left.begin(), left.end(), right.begin(), right.end());
}

// The card in the slot is what the line means, whatever the line leads to now.
Recollection bind_in_slot(Selector const& selector, Resolution const& plain, Identity const& was,
    DeviceIndex in_slot, Note note, Inventory const& inventory)
{
    Recollection recollection{.resolution = found_at(selector, in_slot, inventory), .note = note};
    recollection.meant = meant_by(was);
    recollection.meant->is_now = inventory.devices[in_slot].address;
    recollection.meant->is_line_stale =
        selector.location && !is_same(recollection.resolution.devices, plain.devices);
    return recollection;
}

// What the line leads to now is left alone. The card that it meant may be known to be elsewhere.
Recollection changed(Resolution const& plain, Identity const& was)
{
    return {.resolution = plain, .reason = Reason::Changed, .meant = meant_by(was)};
}

Recollection gone(Selector const& selector, Resolution const& plain, Identity const& was,
    std::optional<DeviceIndex> in_slot)
{
    if (selector.location && in_slot && !selector.id)
        return changed(plain, was);
    Recollection recollection{.resolution = {}, .meant = meant_by(was)};
    if (selector.location && in_slot) {
        recollection.resolution.kind = Kind::IdMismatch;
        recollection.resolution.devices.append(*in_slot);
    }
    return recollection;
}

Recollection recall_device(
    Selector const& selector, Resolution const& plain, Identity const& was, Inventory const& inventory)
{
    auto const in_slot = device_in_slot(was, inventory);
    auto const same_serial = find_by_serial(was, inventory);
    if (in_slot && is_model(inventory.devices[*in_slot], was)) {
        auto const& device = inventory.devices[*in_slot];
        if (!matches_named_id(selector, device))
            return changed(plain, was);
        if (!is_another_card(device, was))
            return bind_in_slot(selector, plain, was, *in_slot, Note::None, inventory);
        if (!same_serial)
            return bind_in_slot(
                selector, plain, was, *in_slot, selector.location ? Note::Replaced : Note::None, inventory);
    }
    if (in_slot && !inventory.devices[*in_slot].is_readable)
        return {.resolution = found_at(selector, *in_slot, inventory)};
    auto const same_model = find_by_model(was, inventory);
    if (!same_serial && !same_model)
        return gone(selector, plain, was, in_slot);
    // The card left its slot: an id alone still means it, where only one has the id.
    auto recollection =
        selector.location ? changed(plain, was) : Recollection{.resolution = plain, .meant = meant_by(was)};
    recollection.meant->is_now = inventory.devices[same_serial.value_or(*same_model)].address;
    recollection.meant->is_twin = !same_serial;
    if (!same_serial && plain.kind == Kind::Found && !selector.location) {
        recollection.note = Note::FoundById;
        if (is_another_card(inventory.devices[*same_model], was))
            recollection.meant->is_now.reset();
    }
    return recollection;
}

bool is_everything(Selector const& selector)
{
    return selector.allow_all == AllowAll::Yes && !selector.location;
}

} // namespace

Recollection recall(Selector const& selector, Facts const& facts, Inventory const& inventory)
{
    auto const plain = resolve(selector, inventory);
    auto const key = key_of(selector);
    auto const* fact =
        std::ranges::find_if(facts.lines, [&](LineFact const& one) { return one.key.view() == key.view(); });
    if (fact == facts.lines.end()) {
        bool const is_address = selector.location && selector.location->steps.empty();
        return {.resolution = plain, .note = is_address ? Note::NotCompared : Note::None};
    }
    // 'all' means every device with the id, whenever it came.
    if (is_everything(selector))
        return {.resolution = plain, .note = Note::NotRecorded};
    if (fact->device)
        return recall_device(selector, plain, *fact->device, inventory);
    // Nothing was there when it was recorded.
    bool const is_changed = plain.kind == Kind::Found && selector.location && !selector.id;
    return {.resolution = plain, .reason = is_changed ? Reason::Changed : Reason::None};
}

bool was_recorded(Selector const& selector, Facts const& facts, Device const& device)
{
    auto const key = key_of(selector);
    return std::ranges::any_of(facts.lines, [&](LineFact const& fact) {
        return fact.key.view() == key.view() && fact.device && fact.device->place == device.address;
    });
}

bool needs_census(Facts const& facts, Inventory const& inventory)
{
    auto const is_as_it_was = [&](Identity const& identity) {
        auto const in_slot = device_in_slot(identity, inventory);
        return in_slot && is_model(inventory.devices[*in_slot], identity)
            && !is_another_card(inventory.devices[*in_slot], identity);
    };
    return std::ranges::any_of(facts.lines, [&](LineFact const& fact) {
        return fact.device && !is_as_it_was(*fact.device);
    }) || std::ranges::any_of(facts.host, [&](HostFact const& fact) { return !is_as_it_was(fact.device); });
}

HostFact const* host_fact_of(
    Device const& device, bool is_spare, Facts const& facts, Inventory const& inventory)
{
    for (auto const& fact : facts.host) {
        auto const& identity = fact.device;
        if (fact.is_spare != is_spare)
            continue;
        if (identity.place == device.address)
            return &fact;
        if (!is_model(device, identity))
            continue;
        if (have_serials(device, identity) && !is_shared_serial(device, inventory)) {
            if (device.serial == identity.serial && is_same_function(device, identity))
                return &fact;
            continue;
        }
        // Twins without a serial number: the host's is the one in its slot, if that has one of them.
        auto const in_slot = device_in_slot(identity, inventory);
        if (!in_slot || !is_model(inventory.devices[*in_slot], identity))
            return &fact;
    }
    return nullptr;
}

} // namespace vfio_early
