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

template <typename Value> void put_quoted(Sink& sink, Value const& value)
{
    put_all(sink, "\"", value, "\"");
}

// The addresses of the other devices that a decision is about, and what else is in the way.
void write_peers(Sink& sink, Decision const& decision, Session const& session)
{
    JsonList list(sink);
    for (auto const index : session.plan.devices_of(decision.concerned))
        put_quoted(list.next(), session.inventory.devices[index].address);
    auto const* group = group_of(decision, session.inventory);
    if (decision.reason == Reason::SharedGroup && group) {
        for (auto const& other : group->others)
            put_all(list.next(), JsonString{other.view()});
    }
    list.close();
}

void write_device_facts(Sink& sink, Device const* device)
{
    if (!device) {
        put_all(sink, R"("address": null, "id": null, "class": null, "group": null, "driver": null, )");
        return;
    }
    put_all(sink, R"("address": ")", device->address, "\", ");
    if (device->is_identified)
        put_all(sink, R"("id": ")", device->id, R"(", "class": ")", Hex{device->class_code, 6}, "\", ");
    else
        put_all(sink, R"("id": null, "class": null, )");
    put_all(sink, R"("group": )");
    if (device->group)
        put_all(sink, *device->group);
    else
        put_all(sink, "null");
    put_all(sink, R"(, "driver": )");
    if (device->driver.empty())
        put_all(sink, "null");
    else
        put_all(sink, JsonString{device->driver.view()});
    put_all(sink, ", ");
}

void write_decision(Sink& sink, Decision const& decision, Session const& session)
{
    auto const& entry = session.config.entries[decision.entry];
    put_all(sink, R"({"label": )", JsonString{entry.label.view()}, R"(, "selector": )",
        JsonString{entry.selector_text.view()}, ", ");
    write_device_facts(sink, device_of(decision, session.inventory));
    put_all(sink, R"("target": ")", driver_name(decision.target), R"(", "outcome": ")",
        name_of(decision.outcome), R"(", "code": )");
    if (decision.reason == Reason::None) {
        put_all(sink, R"(null, "detail": null, )");
    } else {
        FixedString<max_detail_bytes> detail;
        Sink detail_sink(detail);
        explain(detail_sink, decision, session);
        put_all(
            sink, JsonString{name_of(decision.reason)}, R"(, "detail": )", JsonString{detail.view()}, ", ");
    }
    put_all(sink, R"("peers": )");
    write_peers(sink, decision, session);
    put_all(sink, R"(, "viable": )");
    auto const* group = group_of(decision, session.inventory);
    if (decision.outcome != Outcome::Bound || !group || !group->is_viable)
        put_all(sink, "null");
    else
        put_all(sink, *group->is_viable ? "true" : "false");
    put_all(sink, R"(, "moved": )");
    if (is_open(decision) && decision.meant && decision.meant->is_now
        && *decision.meant->is_now != decision.meant->was)
        put_quoted(sink, decision.meant->was);
    else
        put_all(sink, "null");
    put_all(sink, "}");
}

} // namespace

Tally tally(Session const& session)
{
    Tally tally;
    for (auto const& decision : session.plan.decisions) {
        ++tally.listed;
        if (decision.outcome == (session.mode == Mode::Bind ? Outcome::Bound : Outcome::WouldBind))
            ++tally.bound;
    }
    return tally;
}

bool is_all_bound(Session const& session)
{
    auto const counted = tally(session);
    return session.problems.empty() && session.is_planned && counted.bound == counted.listed;
}

void write_summary(Sink& sink, Session const& session)
{
    if (!session.problems.empty())
        return put_all(sink, "the configuration has an error, nothing is bound");
    if (session.is_command_line_unknown)
        return put_all(sink, "nothing is bound");
    auto const counted = tally(session);
    if (counted.listed == 0)
        return put_all(sink, "no device is listed, nothing to bind",
            session.mode == Mode::Check ? ": list devices in /etc/vfio-early.ini, and 'vfio-early check' "
                                          "shows what the next boot does with them"
                                        : "");
    put_all(sink, session.mode == Mode::Bind ? "bound " : "would bind ", counted.bound, " of ",
        counted.listed, " listed devices");
    // For the shell that a user ends in when the root does not come up.
    if (session.mode == Mode::Bind && counted.bound > 0 && !session.is_running_system)
        put_all(sink, ", rd.vfio_early=0 boots without it");
}

void write_text(Sink& sink, Session const& session)
{
    for (auto const& decision : session.plan.decisions) {
        describe(sink, decision, session);
        put_all(sink, "\n");
    }
    for_each_warning(session, [&](std::string_view warning) { put_all(sink, "warning: ", warning, "\n"); });
    write_summary(sink, session);
    put_all(sink, "\n");
}

void write_json(Sink& sink, Session const& session)
{
    put_all(sink, R"({"vfio_early": ")", version, R"(", "command": ")",
        session.mode == Mode::Bind ? "bind" : "check", R"(", "ok": )",
        is_all_bound(session) ? "true" : "false", R"(, "iommu": ")", name_of(session.inventory.iommu),
        R"(", "warnings": )");
    JsonList warnings(sink);
    for_each_warning(
        session, [&](std::string_view warning) { put_all(warnings.next(), JsonString{warning}); });
    warnings.close();
    put_all(sink, ",\n \"devices\": ");
    JsonList devices(sink);
    for (auto const& decision : session.plan.decisions)
        write_decision(devices.next(",\n   "), decision, session);
    devices.close();
    put_all(sink, ",\n \"unlisted\": ");
    JsonList unlisted(sink);
    for (auto const& stranger : session.strangers) {
        if (stranger.is_on_vfio_pci)
            put_quoted(unlisted.next(), stranger.address);
    }
    unlisted.close();
    put_all(sink, "}\n");
}

} // namespace vfio_early
