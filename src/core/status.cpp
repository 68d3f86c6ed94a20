// SPDX-License-Identifier: MIT
#include "core/status.h"

#include "core/explain.h"
#include "core/json.h"
#include "core/recall.h"
#include "core/report.h"
#include "core/version.h"
#include "core/viability.h"

#include <algorithm>

namespace vfio_early {

namespace {

constexpr std::string_view names[] = {"bound", "lost", "shifted", "gone", "not-bound"};

Decision const* decision_of(StatusRow const& row, Session const& session)
{
    return row.decision ? &session.plan.decisions[*row.decision] : nullptr;
}

Device const* device_of(StatusRow const& row, Session const& session)
{
    return row.device ? &session.inventory.devices[*row.device] : nullptr;
}

bool was_bound(StatusRow const& row)
{
    return row.reported && row.reported->outcome == name_of(Outcome::Bound);
}

std::string_view target_of(StatusRow const& row, Session const& session)
{
    return row.reported ? row.reported->target : driver_name(decision_of(row, session)->target);
}

// The decision under the same label for the same device, wherever a device is now that was not there at the
// boot.
std::optional<size_t> find_decision(ReportedDevice const& reported, Session const& session)
{
    auto const& decisions = session.plan.decisions;
    for (size_t i = 0; i < decisions.size(); ++i) {
        auto const* device = device_of(decisions[i], session.inventory);
        bool const is_it = !reported.place || (device && device->address == *reported.place);
        if (is_it && session.config.entries[decisions[i].entry].label.view() == reported.label)
            return i;
    }
    return {};
}

// The device was reported for this line.
bool is_of(Entry const& entry, ReportedDevice const& reported)
{
    return entry.label.view() == reported.label && entry.selector_text.view() == reported.selector;
}

bool is_still_listed(ReportedDevice const& reported, Config const& config)
{
    for (auto const& entry : config.entries) {
        if (is_of(entry, reported))
            return true;
    }
    return false;
}

// A line that leads nowhere now, and that the boot knew.
bool is_told(Decision const& decision, Status const& status)
{
    for (auto const& reported : status.report.devices) {
        if (!decision.device && is_of(status.session.config.entries[decision.entry], reported))
            return true;
    }
    return false;
}

Now judge(StatusRow const& row, Session const& session)
{
    auto const* device = device_of(row, session);
    if (!device)
        return was_bound(row) ? Now::Gone : Now::NotBound;
    auto const id = row.reported && row.reported->place ? parse_device_id(row.reported->id) : std::nullopt;
    if (id && device->is_identified && *id != device->id)
        return was_bound(row) ? Now::Shifted : Now::NotBound;
    if (device->driver.view() == target_of(row, session))
        return Now::Bound;
    return was_bound(row) ? Now::Lost : Now::NotBound;
}

// Bound at another address than the line meant, and the facts still have that one.
bool is_bound_elsewhere(StatusRow const& row, Session const& session)
{
    if (!row.reported || row.reported->moved.empty())
        return false;
    auto const* decision = decision_of(row, session);
    if (!decision)
        return true;
    auto const key = key_of(session.config.entries[decision->entry].selector);
    auto const meant = parse_address(row.reported->moved);
    for (auto const& fact : session.facts.lines) {
        if (fact.device && fact.device->address == meant && fact.key.view() == key.view())
            return true;
    }
    return false;
}

void add_row(Status& status, StatusRow row)
{
    auto const& session = status.session;
    row.now = judge(row, session);
    row.is_bound_elsewhere = row.now == Now::Bound && is_bound_elsewhere(row, session);
    status.rows.append(row);
}

// A member of the device's group that keeps guests from it, as it has a host driver. A bridge is asked for
// where `with_bridges`: older kernels let it have any.
Device const* host_member(StatusRow const& row, Session const& session, bool with_bridges)
{
    auto const* device = device_of(row, session);
    if (!device || !device->group || row.now != Now::Bound)
        return nullptr;
    for (auto const& member : session.inventory.devices) {
        if (member.group == device->group && has_host_driver(member)
            && (with_bridges || stands_in_the_way(member)))
            return &member;
    }
    return nullptr;
}

bool has_own_row(std::string_view label, Status const& status)
{
    return std::ranges::any_of(
        status.rows, [&](StatusRow const& row) { return label_of(row, status.session) == label; });
}

// Of several lines for one device the first has the row. One that has none for itself is a name for those of
// its devices.
bool is_row_of(std::string_view label, StatusRow const& row, Status const& status)
{
    auto const& session = status.session;
    if (label_of(row, session) == label || has_own_row(label, status) || !row.device)
        return label_of(row, session) == label;
    for (auto const& entry : session.config.entries) {
        if (entry.label.view() != label)
            continue;
        auto const found = recall(entry.selector, session.facts, session.inventory);
        if (std::ranges::find(found.resolution.devices, *row.device) != found.resolution.devices.end())
            return true;
    }
    return false;
}

bool has_row(std::string_view label, Status const& status)
{
    return std::ranges::any_of(
        status.rows, [&](StatusRow const& row) { return is_row_of(label, row, status); });
}

// True where no labels were asked about too.
bool is_asked_about(StatusRow const& row, Status const& status)
{
    return status.labels.empty() || std::ranges::any_of(status.labels, [&](std::string_view label) {
        return is_row_of(label, row, status);
    });
}

// What is only handed over on the running machine is no failure, unless it is asked for by name. Nor is what
// no line lists any more.
bool is_wanted(StatusRow const& row, Status const& status)
{
    if (!status.labels.empty())
        return true;
    bool const is_listed = row.is_listed || !status.is_config_known;
    auto const outcome =
        row.reported ? row.reported->outcome : name_of(decision_of(row, status.session)->outcome);
    return is_listed && outcome != "handover";
}

bool is_good(StatusRow const& row, Status const& status)
{
    return row.now == Now::Bound && !host_member(row, status.session, false)
        && !(row.is_bound_elsewhere && !status.labels.empty());
}

struct Count {
    uint32_t wanted = 0;
    uint32_t good = 0;
};

Count count(Status const& status)
{
    Count count;
    for (auto const& row : status.rows) {
        if (is_asked_about(row, status) && is_wanted(row, status)) {
            ++count.wanted;
            count.good += is_good(row, status);
        }
    }
    return count;
}

void explain_lost(Sink& sink, StatusRow const& row, Session const& session)
{
    auto const& device = *device_of(row, session);
    bool const is_overridden =
        !row.override_now.empty() && row.override_now.view() != target_of(row, session);
    if (!is_overridden)
        return print(sink, ", unbound by hand");
    print(sink, ", driver_override is %n", row.override_now.view());
    if (row.driverctl.view() == row.override_now.view())
        print(sink, ", which /etc/driverctl.d/pci-%a sets", device.address);
}

// What there is to say of a device as it is now; nothing where it is as it should be, or nowhere.
void explain_now(Sink& sink, StatusRow const& row, Session const& session)
{
    auto const* device = device_of(row, session);
    if (row.now == Now::Bound) {
        if (auto const* member = host_member(row, session, true))
            print(sink, "%a in its group has a host driver, %n, which keeps guests from it", member->address,
                member->driver.view());
        else if (row.is_bound_elsewhere)
            print(sink,
                "the line meant %s, which its guest may still name, correct the guest and run 'vfio-early "
                "accept %s'",
                row.reported->moved, row.reported->label);
        return;
    }
    if (!device) {
        if (row.reported && row.reported->place)
            print(sink, "there is no device at this address");
        return;
    }
    if (row.now == Now::Shifted)
        print(sink, "it is %i, not %e, ", device->id, row.reported->id);
    if (device->driver.empty())
        print(sink, "without a driver now");
    else
        print(sink, "on %n now", device->driver.view());
    if (row.now == Now::Lost)
        explain_lost(sink, row, session);
}

constexpr std::string_view after_a_bind[] = {"still bound to ", "taken away since, it was bound to ",
    "another device is there since, it was bound to ", "gone since, it was bound to "};

// What the boot did, and whether that is so.
void put_verdict(Sink& sink, StatusRow const& row, Status const& status)
{
    if (was_bound(row))
        return print(
            sink, "%s%s", after_a_bind[static_cast<size_t>(row.now)], target_of(row, status.session));
    if (!row.reported)
        print(sink, "not known to the boot");
    else if (!row.reported->code.empty())
        print(sink, "%e at boot (%e)", row.reported->outcome, row.reported->code);
    else if (row.reported->outcome == "handover")
        print(sink, "left to the host at boot");
    else if (row.reported->outcome == name_of(Outcome::WouldBind))
        print(sink, "only planned at boot (rd.vfio_early=check)");
    else
        print(sink, "%e at boot", row.reported->outcome);
    if (row.now == Now::Bound)
        print(sink, ", bound to %s since", target_of(row, status.session));
    else
        print(sink, ", not bound");
}

using Detail = FixedString<max_warning_bytes>;

Detail detail_of(StatusRow const& row, Session const& session)
{
    Detail detail;
    Sink sink(detail);
    explain_now(sink, row, session);
    return detail;
}

void write_row(Sink& sink, StatusRow const& row, Status const& status)
{
    auto const& session = status.session;
    auto const* device = device_of(row, session);
    print(sink, "%e", label_of(row, session));
    if (row.reported && row.reported->place)
        print(sink, " %s", row.reported->address);
    else if (device)
        print(sink, " %a", device->address);
    print(sink, ": ");
    put_verdict(sink, row, status);
    char const* separator = ": ";
    auto const put = [&](std::string_view text) {
        if (!text.empty())
            print(sink, "%c%e", separator, text);
        if (!text.empty())
            separator = ", ";
    };
    put(detail_of(row, session).view());
    if (row.now == Now::NotBound)
        put(row.reported ? row.reported->detail : "'vfio-early check' shows what the next boot does with it");
    if (status.is_config_known && !row.is_listed)
        put("no line lists it now");
    print(sink, "\n");
}

void write_row_json(Sink& sink, StatusRow const& row, Status const& status)
{
    auto const& session = status.session;
    auto const* device = device_of(row, session);
    auto const driver = device ? device->driver.view() : std::string_view{};
    auto const* viable = row.now != Now::Bound || !device->group ? "null"
        : host_member(row, session, true)                        ? "false"
                                                                 : "true";
    if (auto const* reported = row.reported)
        print(sink,
            R"({"label": %j, "selector": %j, "address": %o, "id": %o, "class": %o, "group": %s, "driver": %o, )"
            R"("target": %j, "outcome": %j, "code": %o, "detail": %o, "peers": %s, "viable": %c, "moved": %o)",
            reported->label, reported->selector, reported->address, reported->id, reported->class_code,
            reported->group, driver, reported->target, reported->outcome, reported->code, reported->detail,
            reported->peers, viable, reported->moved);
    else {
        print(sink, "{");
        write_members(sink, *decision_of(row, session), session);
    }
    print(sink, R"(, "now": "%s", "now_detail": %o})", names[static_cast<size_t>(row.now)],
        detail_of(row, session).view());
}

} // namespace

std::string_view label_of(StatusRow const& row, Session const& session)
{
    return row.reported ? row.reported->label
                        : session.config.entries[decision_of(row, session)->entry].label.view();
}

void compare(Status& status)
{
    auto const& session = status.session;
    auto const& decisions = session.plan.decisions;
    bool has_row[max_decisions] = {};
    status.rows.clear();
    for (auto const& reported : status.report.devices) {
        StatusRow row = {.reported = &reported, .decision = find_decision(reported, session)};
        row.is_listed = row.decision || is_still_listed(reported, session.config);
        if (reported.place)
            row.device = session.inventory.find(*reported.place);
        else if (row.decision)
            row.device = decisions[*row.decision].device;
        if (row.decision)
            has_row[*row.decision] = true;
        add_row(status, row);
    }
    for (size_t i = 0; i < decisions.size(); ++i) {
        if (!has_row[i] && !is_told(decisions[i], status))
            add_row(status, {.decision = i, .is_listed = true, .device = decisions[i].device});
    }
}

bool is_ok(Status const& status)
{
    auto const counted = count(status);
    if (counted.good != counted.wanted)
        return false;
    for (auto const label : status.labels) {
        if (!has_row(label, status))
            return false;
    }
    // All that is known is that the boot had no configuration that it could use.
    bool const is_nothing_known = !status.is_config_known && status.rows.empty() && !status.report.is_ok;
    return !status.labels.empty() || (status.session.problems.empty() && !is_nothing_known);
}

void write_status(Sink& sink, Status const& status)
{
    for (auto const& row : status.rows) {
        if (is_asked_about(row, status))
            write_row(sink, row, status);
    }
    for (auto const label : status.labels) {
        if (!has_row(label, status))
            print(sink, "%e: it leads to no device\n", label);
    }
    if (!status.labels.empty())
        return;
    for_each_warning(
        status.report, [&](std::string_view warning) { print(sink, "warning at boot: %e\n", warning); });
    auto const counted = count(status);
    if (counted.wanted == 0)
        print(sink, "no device is listed\n");
    else
        print(sink, "%u of %u listed devices are bound and can be used\n", counted.good, counted.wanted);
}

void write_status_json(Sink& sink, Status const& status)
{
    auto const warnings = status.report.warnings;
    print(sink, R"({"vfio_early": "%s", "command": "status", "ok": %c, "iommu": "%s", "warnings": %s)",
        version, is_ok(status) ? "true" : "false", name_of(status.session.inventory.iommu),
        warnings.empty() ? "[]" : std::string_view(warnings.data(), warnings.size()));
    print(sink, ",\n \"devices\": ");
    JsonList devices(sink);
    for (auto const& row : status.rows) {
        if (is_asked_about(row, status))
            write_row_json(devices.next(",\n   "), row, status);
    }
    devices.close();
    auto const unlisted = status.report.unlisted;
    print(sink, ",\n \"unlisted\": %s}\n", unlisted.empty() ? "[]" : unlisted);
}

} // namespace vfio_early
