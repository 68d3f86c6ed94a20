// SPDX-License-Identifier: MIT
#include "core/report.h"

#include "core/explain.h"
#include "core/json.h"
#include "core/version.h"
#include "core/viability.h"

namespace vfio_early {

std::string_view name_of(Iommu iommu)
{
    switch (iommu) {
    case Iommu::On:
        return "on";
    case Iommu::OffInKernel:
    case Iommu::OffInFirmware:
    case Iommu::NoDriver:
        return "off";
    case Iommu::Absent:
        break;
    }
    return "absent";
}

namespace {

// By mode.
constexpr struct ModeWords {
    char const* command;
    Outcome wanted;
    char const* done;
} mode_words[] = {{"check", Outcome::WouldBind, "would bind"}, {"bind", Outcome::Bound, "bound"},
    {"release", Outcome::Released, "gave back"}};

ModeWords const& words_of(Mode mode)
{
    return mode_words[static_cast<size_t>(mode)];
}

// The addresses of the other devices that a decision is about, and what else is in the way.
void write_peers(Sink& sink, Decision const& decision, Session const& session)
{
    JsonList list(sink);
    for (auto const index : session.plan.devices_of(decision.concerned))
        print(list.next(), R"("%a")", session.inventory.devices[index].address);
    auto const* group = group_of(decision, session.inventory);
    if (decision.reason == Reason::SharedGroup && group) {
        for (auto const& other : group->others)
            print(list.next(), "%j", other.view());
    }
    list.close();
}

void write_device_facts(Sink& sink, Device const* device)
{
    if (!device) {
        print(sink, R"("address": null, "id": null, "class": null, "group": null, "driver": null, )");
        return;
    }
    print(sink, R"("address": "%a", )", device->address);
    if (device->is_identified)
        print(sink, R"("id": "%i", "class": "%6x", )", device->id, device->class_code);
    else
        print(sink, R"("id": null, "class": null, )");
    print(sink, R"("group": )");
    if (device->group)
        print(sink, "%u", *device->group);
    else
        print(sink, "null");
    print(sink, R"(, "driver": )");
    if (device->driver.empty())
        print(sink, "null");
    else
        print(sink, "%j", device->driver.view());
    print(sink, ", ");
}

} // namespace

void write_members(Sink& sink, Decision const& decision, Session const& session)
{
    auto const& entry = session.config.entries[decision.entry];
    print(sink, R"("label": %o, "selector": %j, )", entry.label.view(), entry.selector_text.view());
    write_device_facts(sink, device_of(decision, session.inventory));
    print(sink, R"("target": "%s", "outcome": "%s", "code": )", driver_name(decision.target),
        name_of(decision.outcome));
    if (decision.reason == Reason::None) {
        print(sink, R"(null, "detail": null, )");
    } else {
        FixedString<max_detail_bytes> detail;
        Sink detail_sink(detail);
        explain(detail_sink, decision, session);
        print(sink, R"(%j, "detail": %j, )", name_of(decision.reason), detail.view());
    }
    print(sink, R"("peers": )");
    write_peers(sink, decision, session);
    print(sink, R"(, "viable": )");
    auto const* group = group_of(decision, session.inventory);
    if (decision.outcome != Outcome::Bound || !group || !group->is_viable)
        print(sink, "null");
    else
        print(sink, "%c", *group->is_viable ? "true" : "false");
    print(sink, R"(, "moved": )");
    if (decision.reason == Reason::None && decision.meant && decision.meant->is_now
        && *decision.meant->is_now != decision.meant->was)
        print(sink, R"("%a")", decision.meant->was);
    else
        print(sink, "null");
    print(sink, "}");
}

Tally tally(Session const& session)
{
    Tally tally;
    auto const wanted = words_of(session.mode).wanted;
    for (auto const& decision : session.plan.decisions) {
        if (decision.outcome == Outcome::Handover) {
            ++tally.handed_over;
            continue;
        }
        ++tally.listed;
        if (decision.outcome == wanted)
            ++tally.bound;
    }
    return tally;
}

bool is_all_bound(Session const& session)
{
    auto const counted = tally(session);
    return session.problems.empty() && session.handover_problem.empty() && session.is_planned
        && counted.bound == counted.listed;
}

void write_summary(Sink& sink, Session const& session)
{
    if (!session.problems.empty())
        return print(sink, "the configuration has an error, nothing is bound");
    if (session.is_command_line_unknown)
        return print(sink, "nothing is bound");
    auto const counted = tally(session);
    if (counted.listed == 0 && counted.handed_over > 0)
        return print(sink, "every listed device stays with the host until 'bind LABEL', nothing to bind");
    if (counted.listed == 0 && session.mode == Mode::Release)
        return print(sink, "nothing to give back, no listed device is on vfio-pci or pci-stub");
    if (counted.listed == 0) {
        print(sink, "no device is listed, nothing to bind");
        if (session.mode == Mode::Check)
            print(sink,
                ": list devices in %s, and 'vfio-early check' shows what the next boot does with them",
                session.config_name);
        return;
    }
    print(sink, "%c %u of %u %cdevices", words_of(session.mode).done, counted.bound, counted.listed,
        session.mode == Mode::Release ? "" : "listed ");
    // For the shell that a user ends in when the root does not come up.
    if (session.mode == Mode::Bind && counted.bound > 0 && !session.is_running_system)
        print(sink, ", rd.vfio_early=0 boots without it");
}

void write_text(Sink& sink, Session const& session, FunctionRef<void(Decision const&)> write_more)
{
    for (auto const& decision : session.plan.decisions) {
        describe(sink, decision, session);
        print(sink, "\n");
        write_more(decision);
    }
    for_each_warning(session, [&](std::string_view warning) { print(sink, "warning: %s\n", warning); });
    write_summary(sink, session);
    print(sink, "\n");
}

void write_json(Sink& sink, Session const& session)
{
    print(sink, R"({"vfio_early": "%s", "command": "%c", "ok": %c, "iommu": "%s", "warnings": )", version,
        words_of(session.mode).command, is_all_bound(session) ? "true" : "false",
        name_of(session.inventory.iommu));
    JsonList warnings(sink);
    for_each_warning(session, [&](std::string_view warning) { print(warnings.next(), "%j", warning); });
    warnings.close();
    print(sink, ",\n \"devices\": ");
    JsonList devices(sink);
    for (auto const& decision : session.plan.decisions) {
        print(devices.next(",\n   "), "{");
        write_members(sink, decision, session);
    }
    devices.close();
    print(sink, ",\n \"unlisted\": ");
    JsonList unlisted(sink);
    for (auto const& stranger : session.strangers) {
        if (stranger.is_on_vfio_pci)
            print(unlisted.next(), R"("%a")", stranger.address);
    }
    unlisted.close();
    print(sink, "}\n");
}

} // namespace vfio_early
