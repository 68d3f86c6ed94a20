// SPDX-License-Identifier: MIT
#include "core/recall.h"

#include <algorithm>

namespace vfio_early {

namespace {

using Note = Recollection::Note;
using Kind = Resolution::Kind;

bool is_model(Device const& device, Identity const& identity)
{
    return device.is_readable && device.id == identity.id && device.subsystem == identity.subsystem;
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

bool is_other_card(Device const& left, Device const& right)
{
    auto const& one = left.address;
    auto const& other = right.address;
    return one.domain != other.domain || one.bus != other.bus || one.device != other.device;
}

// Some makers give all cards of a model one serial number: it tells nothing then.
bool is_shared_serial(Device const& device, Inventory const& inventory)
{
    return std::ranges::any_of(inventory.devices,
        [&](Device const& other) { return other.serial == device.serial && is_other_card(device, other); });
}

// The device of the remembered model with the remembered serial number, where that is just one.
std::optional<DeviceIndex> find_by_serial(Identity const& identity, Inventory const& inventory)
{
    for (size_t i = 0; i < inventory.devices.size(); ++i) {
        auto const& device = inventory.devices[i];
        if (is_model(device, identity) && have_serials(device, identity) && device.serial == identity.serial
            && !is_shared_serial(device, inventory))
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

// Nothing of it is bound; the devices are those that the line names now.
Recollection changed(Resolution const& plain, Identity const& was, std::optional<Address> is_now)
{
    return {.resolution = plain, .reason = Reason::Changed, .was = was.address, .is_now = is_now};
}

// What the table says of an id alone when the slot does not tell: the only device with the id, or ambiguous.
Recollection by_id_alone(Resolution const& plain, Note note, Identity const& was)
{
    return {.resolution = plain, .note = plain.kind == Kind::Found ? note : Note::None, .was = was.address};
}

Recollection recall_device(
    Selector const& selector, Resolution const& plain, Identity const& was, Inventory const& inventory)
{
    bool const is_id_alone = !selector.location;
    auto const in_slot = device_in_slot(was, inventory);
    bool const is_same_model = in_slot && is_model(inventory.devices[*in_slot], was);
    if (is_same_model) {
        auto const& device = inventory.devices[*in_slot];
        if (!matches_named_id(selector, device))
            return {.resolution = plain};
        bool const is_other_serial = have_serials(device, was) && device.serial != was.serial;
        if (!is_other_serial)
            return {.resolution = found_at(selector, *in_slot, inventory),
                .was = was.address,
                .is_now = device.address};
        if (!find_by_serial(was, inventory))
            return {.resolution = found_at(selector, *in_slot, inventory),
                .note = is_id_alone ? Note::None : Note::Replaced,
                .was = was.address,
                .is_now = device.address};
    }
    if (auto const elsewhere = find_by_serial(was, inventory)) {
        if (is_id_alone)
            return by_id_alone(plain, Note::None, was);
        return changed(plain, was, inventory.devices[*elsewhere].address);
    }
    if (auto const elsewhere = find_by_model(was, inventory)) {
        if (is_id_alone)
            return by_id_alone(plain, Note::FoundById, was);
        return changed(plain, was, inventory.devices[*elsewhere].address);
    }
    // The model is nowhere: what is there is no longer it.
    if (plain.kind == Kind::Found && !selector.id)
        return changed(plain, was, {});
    return {.resolution = plain, .was = was.address};
}

// 'all' means every device with the id, whenever it came.
Recollection recall_all(
    Resolution const& plain, SelectorKey const& key, Facts const& facts, Inventory const& inventory)
{
    Recollection recollection{.resolution = plain};
    for (auto const index : plain.devices) {
        auto const& address = inventory.devices[index].address;
        bool const is_recorded = std::ranges::any_of(facts.lines, [&](LineFact const& fact) {
            return fact.key.view() == key.view() && fact.device && fact.device->place == address;
        });
        if (!is_recorded)
            recollection.note = Note::NotRecorded;
    }
    return recollection;
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
    if (selector.allow_all == AllowAll::Yes && !selector.location)
        return recall_all(plain, key, facts, inventory);
    if (fact->device)
        return recall_device(selector, plain, *fact->device, inventory);
    // Nothing was there when it was recorded.
    bool const is_changed = plain.kind == Kind::Found && selector.location && !selector.id;
    return {.resolution = plain, .reason = is_changed ? Reason::Changed : Reason::None};
}

bool needs_census(Facts const& facts, Inventory const& inventory)
{
    auto const is_as_it_was = [&](Identity const& identity) {
        auto const in_slot = device_in_slot(identity, inventory);
        if (!in_slot || !is_model(inventory.devices[*in_slot], identity))
            return false;
        auto const& device = inventory.devices[*in_slot];
        return !have_serials(device, identity) || device.serial == identity.serial;
    };
    return std::ranges::any_of(facts.lines, [&](LineFact const& fact) {
        return fact.device && !is_as_it_was(*fact.device);
    }) || std::ranges::any_of(facts.host, [&](HostFact const& fact) { return !is_as_it_was(fact.device); });
}

std::string_view host_use_of(Device const& device, Facts const& facts, Inventory const& inventory)
{
    for (auto const& fact : facts.host) {
        auto const& identity = fact.device;
        if (identity.place == device.address)
            return fact.why.view();
        if (!is_model(device, identity))
            continue;
        if (have_serials(device, identity) && !is_shared_serial(device, inventory)) {
            if (device.serial == identity.serial)
                return fact.why.view();
            continue;
        }
        // Twins without a serial number: the host's is the one in its slot, if that has one of them.
        auto const in_slot = device_in_slot(identity, inventory);
        if (!in_slot || !is_model(inventory.devices[*in_slot], identity))
            return fact.why.view();
    }
    return {};
}

} // namespace vfio_early
