// SPDX-License-Identifier: MIT
// An inventory that a test describes in a few lines, without a directory that it would be read from.
#pragma once

#include "core/session.h"
#include "core/sysfs_text.h"
#include "fake_machine.h"
#include "text_of.h"
#include "unity.h"

#include <memory>

namespace vfio_early {

struct Machine {
    // On the heap: a session is large.
    std::unique_ptr<Session> owned = std::make_unique_for_overwrite<Session>();
    Session& session = *owned;
    std::unique_ptr<Outlook> outlook;

    // As a rehearsal has it.
    void look_out()
    {
        outlook = std::make_unique<Outlook>();
        session.outlook = outlook.get();
        session.module_settings.rivals = &outlook->settings;
    }

    Machine() { session.inventory.iommu = Iommu::On; }

    Device& add(char const* address, char const* id, uint32_t class_code, std::optional<uint32_t> group,
        char const* driver = "")
    {
        Device device;
        device.address = parse_address(address).value();
        device.is_readable = device.is_identified = parse_uevent(
            uevent_of({.address = address, .id = id, .class_code = class_code, .driver = driver}), device);
        device.group = group;
        if (group && !session.inventory.find_group(group))
            session.inventory.groups.append({.number = *group});
        session.inventory.devices.append(device);
        return *(session.inventory.devices.end() - 1);
    }

    // A line was recorded when a device of this model was at `was`, whose slot is at `is_now`, or nowhere.
    void meant(char const* line, char const* was, char const* id, char const* is_now)
    {
        Identity identity;
        identity.address = parse_address(was).value();
        identity.id = parse_device_id(id).value();
        identity.subsystem = parse_device_id("1043:8520").value();
        identity.place = parse_address(is_now);
        FixedString<max_problem_bytes> problem;
        Sink sink(problem);
        session.facts.lines.append({key_of(parse_selector(line, sink).value()), identity});
        session.facts.is_there = true;
    }

    // Plans this configuration, which has no error of its own.
    Session& plan(char const* config)
    {
        parse_config(config, session.config, session.problems);
        if (!session.problems.empty())
            printf("%s\n", std::string(session.problems[0].text.view()).c_str());
        make_plan(session.config, session.facts, session.inventory, session.plan, session.problems);
        session.is_planned = true;
        return session;
    }
};

// 'LABEL ADDRESS CODE' for every decision, one a line; '-' where there is no address, 'would-bind' where no
// code.
inline std::string verdicts(Session const& session)
{
    std::string all;
    for (auto const& decision : session.plan.decisions) {
        auto const* device = device_of(decision, session.inventory);
        all += std::string(session.config.entries[decision.entry].label.view()) + " ";
        all += device ? text_of("%a", device->address) : "-";
        all += " ";
        all += decision.reason == Reason::None ? name_of(decision.outcome) : name_of(decision.reason);
        all += "\n";
    }
    return all;
}

} // namespace vfio_early
