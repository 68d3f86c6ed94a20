// SPDX-License-Identifier: MIT
#include "core/status.h"
#include "base/text.h"
#include "cli/console.h"
#include "cli/run.h"
#include "sys/driver.h"
#include "sys/facts_file.h"
#include "sys/report_file.h"
#include "sys/scan.h"
#include "sys/worker.h"

#include <errno.h>
#include <new>

namespace vfio_early {

namespace {

// Reads what the configuration means now, and what is at the addresses of the report.
void look_at_machine(Root const& root, BootReport const& report, Session& session)
{
    new (&session.facts) Facts;
    new (&session.inventory) Inventory;
    new (&session.plan) Plan;
    read_facts(root, session.facts);
    scan(root, session.config, session.facts, session.inventory);
    for (auto const& reported : report.devices) {
        auto const device =
            reported.place ? scan_device(root, session.inventory, *reported.place) : std::nullopt;
        if (device)
            rescan_group(root, session.inventory, *device);
    }
    for (auto& device : session.inventory.devices) {
        auto const driver = bound_driver(root, device.address);
        device.driver = driver.is_error() ? DriverName{} : driver.value();
    }
}

// False where two lines want different things of one device: then the configuration counts as none.
bool plan(Session& session)
{
    Problems problems;
    make_plan(session.config, session.facts, session.inventory, session.plan, problems);
    if (problems.empty()) {
        leave_for_handover(session.plan, session.inventory);
        return true;
    }
    session.plan.decisions.clear();
    session.problems = problems;
    return false;
}

// The driver that /etc/driverctl.d names for a device, empty where it names none.
DriverName read_driverctl(Root const& root, Address const& address)
{
    char buffer[max_word_bytes];
    auto const text = root.read_start(path_of("etc/driverctl.d/pci-%a", address), buffer);
    return DriverName(text.is_error() ? std::string_view{} : trimmed(text.value()));
}

// Who has taken a device away.
void look_for_overrides(Root const& root, Status& status)
{
    for (auto& row : status.rows) {
        if (row.now != Now::Lost)
            continue;
        auto const& address = status.session.inventory.devices[*row.device].address;
        auto const set = read_override(root, address);
        if (!set.is_error())
            row.override_now = set.value();
        row.driverctl = read_driverctl(root, address);
    }
}

// False where a label that was named is neither on a line nor in the report.
bool know_labels(CommandOptions const& options, Status const& status)
{
    std::string_view known[2 * max_decisions + max_entries];
    size_t size = 0;
    for (auto const& row : status.rows)
        known[size++] = label_of(row, status.session);
    for (auto const& entry : status.session.config.entries)
        known[size++] = entry.label.view();
    return are_known(options.words, {known, size}, status.session.config_name);
}

void tell_that_there_is_no_report(Error const& error)
{
    constexpr char const* path = "/run/vfio-early/report.json";
    if (error.number == ENOENT)
        print_error("%c is not there: vfio-early did not run at this boot or was switched off, 'vfio-early "
                    "check' tells whether the image has it",
            path);
    else if (error.number == EINVAL)
        print_error("%c is not a report of vfio-early, so it is not known what the boot did, the next one "
                    "writes it anew",
            path);
    else
        print_error("%c cannot be read: %m, so it is not known what the boot did", path, error.number);
}

ExitStatus answer(
    CommandOptions const& options, Root const& root, Session& session, bool is_config_known, int64_t deadline)
{
    constexpr int64_t pause_milliseconds = 200;
    static BootReport report;
    static StatusRows rows;
    Status status{.session = session,
        .report = report,
        .labels = {options.words.begin(), options.words.size()},
        .is_config_known = is_config_known,
        .rows = rows};
    bool const is_nothing_listed = is_config_known && session.config.entries.empty();
    for (;;) {
        auto const found = read_report(root, report);
        // An image that was made before there was a line need not have vfio-early.
        bool const is_needless = is_nothing_listed && found.is_error() && found.error().number == ENOENT;
        if (!found.is_error() || is_needless) {
            look_at_machine(root, report, session);
            status.is_config_known = is_config_known && plan(session);
            compare(status);
            if (!know_labels(options, status))
                return WrongInput;
            if (is_ok(status))
                break;
        }
        if (now_milliseconds() >= deadline) {
            if (!found.is_error())
                break;
            tell_that_there_is_no_report(found.error());
            return NoReport;
        }
        wait_milliseconds(pause_milliseconds);
    }
    for (auto const& problem : session.problems) {
        if (is_config_known)
            print_error("%s:%u: %s", session.config_name, problem.line, problem.text);
    }
    look_for_overrides(root, status);
    print_output(
        [&](Sink& sink) { options.is_json ? write_status_json(sink, status) : write_status(sink, status); });
    if (options.words.empty() && !session.problems.empty())
        return WrongInput;
    return is_ok(status) ? AllBound : SomeNotBound;
}

} // namespace

ExitStatus run_status(CommandOptions const& options)
{
    constexpr uint32_t max_seconds = 3600;
    auto const start = now_milliseconds();
    auto const seconds = options.wait.empty() ? 0 : parse_decimal(options.wait);
    if (!seconds || *seconds > max_seconds) {
        print_error("--wait %q is not a number of seconds from 0 to %u", options.wait, max_seconds);
        return WrongInput;
    }
    return run_with_config(options, [&](Root const& root, Session& session, bool is_config_known) {
        return answer(options, root, session, is_config_known, start + int64_t{1000} * *seconds);
    });
}

} // namespace vfio_early
