// SPDX-License-Identifier: MIT
// What is promised of every plan, worked out from the machine and the lines and not by the functions that
// plan.
#pragma once

#include "core/config.h"
#include "core/decision.h"
#include "core/facts.h"
#include "fuzz.h"

#include <algorithm>

namespace vfio_early {

struct Promises {
    Config const& config;
    Facts const& facts;
    Inventory const& inventory;
    Plan const& plan;

    void check() const
    {
        for (auto const& decision : plan.decisions) {
            if (decision.reason != Reason::None) {
                must(decision.outcome == Outcome::Refused || decision.outcome == Outcome::Failed,
                    "what has a reason is not bound");
            } else if (decision.outcome == Outcome::Handover) {
                must(decision.device.has_value(), "what is left for a handover is a device");
            } else {
                must(is_to_bind(decision), "what is refused has a reason");
                check_bound(decision);
            }
        }
        must(!are_all_spares_taken(), "one of several spares stays with the host");
    }

    static bool is_to_bind(Decision const& decision)
    {
        return (decision.outcome == Outcome::WouldBind || decision.outcome == Outcome::Bound)
            && decision.reason == Reason::None && decision.device;
    }

private:
    void check_bound(Decision const& decision) const
    {
        auto const& device = inventory.devices[*decision.device];
        must(any_line([&](Entry const& entry) { return means(entry, *decision.device); }),
            "nothing is bound that no line selects");
        must(device.is_readable && is_function_of_a_card(device), "what is bound is an endpoint");
        must(!(device.is_boot_display || device.may_be_boot_display)
                || config.options.boot_display == BootDisplay::Bind || is_named_for_handover(device),
            "the boot display stays");
        for (auto const& fact : facts.host)
            must(fact.is_spare || !is_needed(fact.device, device) || may_be_taken(*decision.device),
                "nothing protected is bound");
        if (device.group)
            check_group(*device.group);
        else
            must(inventory.groups_appear_late, "what is bound has a group, or will have one");
    }

    void check_group(uint32_t number) const
    {
        for (size_t i = 0; i < inventory.devices.size(); ++i) {
            auto const& member = inventory.devices[i];
            if (member.group != number)
                continue;
            auto const* decision = decision_on(static_cast<DeviceIndex>(i));
            must(!decision || is_to_bind(*decision), "a group is bound whole or not at all");
            must(decision || (member.is_readable && !is_function_of_a_card(member)),
                "no unlisted endpoint is in a group that is bound");
        }
        auto const* group =
            std::ranges::find_if(inventory.groups, [&](Group const& one) { return one.number == number; });
        must(group != inventory.groups.end() && group->is_readable && !group->is_no_iommu
                && group->others.empty(),
            "a group that is bound is one of PCI functions, and could be read");
    }

    // It is in the slot, or one of the model, where nothing is in the slot and no serial number tells.
    static bool is_needed(Identity const& needed, Device const& device)
    {
        return needed.place == device.address
            || (!needed.place && device.id == needed.id && device.subsystem == needed.subsystem
                && !(device.serial && needed.serial));
    }

    // By its header type: neither a bridge nor a host bridge.
    static bool is_function_of_a_card(Device const& device)
    {
        return device.header == HeaderType::Normal && device.class_code >> 8 != 0x0600;
    }

    // Every term of the line holds.
    bool fits(Entry const& entry, Device const& device) const
    {
        auto const& [location, id, all] = entry.selector;
        bool const has_id = !id
            || (device.is_identified && device.id == id->id
                && (!id->subsystem || device.subsystem == *id->subsystem));
        return has_id && (!location || is_at(*location, device.address));
    }

    bool is_at(Location const& location, Address const& address) const
    {
        auto at = location.start;
        for (auto const& step : location.steps) {
            auto const* bridge = std::ranges::find_if(
                inventory.devices, [&](Device const& device) { return device.address == at; });
            if (bridge == inventory.devices.end() || !bridge->secondary_bus)
                return false;
            at = {.domain = at.domain,
                .bus = *bridge->secondary_bus,
                .device = step.device,
                .function = step.function};
        }
        return location.every_function ? is_same_card(at, address) : at == address;
    }

    // A line means what it leads to, which is one device unless it says that it wants several; or a device of
    // the model that it meant when it was recorded, or for a whole card one beside such a device.
    bool means(Entry const& entry, DeviceIndex index) const
    {
        auto const& [location, id, all] = entry.selector;
        bool const wants_several = all == AllowAll::Yes || (location && location->every_function);
        auto const number = std::ranges::count_if(
            inventory.devices, [&](Device const& device) { return fits(entry, device); });
        if (fits(entry, inventory.devices[index]) && (number == 1 || wants_several))
            return true;
        auto const key = key_of(entry.selector);
        return std::ranges::any_of(facts.lines, [&](LineFact const& fact) {
            return fact.key.view() == key.view() && fact.device && is_model_of(*fact.device, entry, index);
        });
    }

    bool is_model_of(Identity const& was, Entry const& entry, DeviceIndex index) const
    {
        auto const& device = inventory.devices[index];
        return std::ranges::any_of(inventory.devices, [&](Device const& other) {
            bool const is_it = &other == &device
                || (entry.selector.location && entry.selector.location->every_function
                    && is_same_card(other.address, device.address));
            return is_it && other.is_identified && other.id == was.id && other.subsystem == was.subsystem;
        });
    }

    // The lines that mean a device let the host lose it: all of them where nothing is recorded, as a line
    // that leads to a device without meaning it has no say.
    bool may_be_taken(DeviceIndex index) const
    {
        auto const allows = [&](Entry const& entry) {
            return config.options.protect == Protect::None
                || (config.options.protect == Protect::AllExcept && entry.is_unprotected);
        };
        if (facts.lines.empty()
            && any_line([&](Entry const& entry) { return means(entry, index) && !allows(entry); }))
            return false;
        return any_line([&](Entry const& entry) { return means(entry, index) && allows(entry); });
    }

    // Of those of which the host needs one, each is bound, and some is protected.
    bool are_all_spares_taken() const
    {
        bool is_any_protected = false;
        for (auto const& fact : facts.host) {
            if (!fact.is_spare)
                continue;
            auto const device = fact.device.place ? inventory.find(*fact.device.place) : std::nullopt;
            auto const* decision = device ? decision_on(*device) : nullptr;
            if (!decision || !is_to_bind(*decision))
                return false;
            is_any_protected |= !may_be_taken(*device);
        }
        return is_any_protected;
    }

    bool is_named_for_handover(Device const& device) const
    {
        return std::ranges::any_of(plan.decisions, [&](Decision const& decision) {
            return decision.handover && decision.device
                && (&inventory.devices[*decision.device] == &device
                    || (device.group && inventory.devices[*decision.device].group == device.group));
        });
    }

    Decision const* decision_on(DeviceIndex index) const
    {
        auto const* found = std::ranges::find_if(
            plan.decisions, [&](Decision const& decision) { return decision.device == index; });
        return found == plan.decisions.end() ? nullptr : found;
    }

    template <typename Test> bool any_line(Test test) const
    {
        return std::ranges::any_of(config.entries, test);
    }
};

inline void check_promises(Session const& session)
{
    Promises{session.config, session.facts, session.inventory, session.plan}.check();
}

} // namespace vfio_early
