// SPDX-License-Identifier: MIT
#include "core/explain.h"

#include "core/image.h"
#include "core/rival.h"
#include "core/viability.h"

namespace vfio_early {

namespace {

using Warning = FixedString<max_warning_bytes>;

Entry const& entry_of(Decision const& decision, Session const& session)
{
    return session.config.entries[decision.entry];
}

void put_with_driver(Sink& sink, Device const& device)
{
    print(sink, "%a", device.address);
    if (!device.driver.empty())
        print(sink, " (%n)", device.driver.view());
}

// A list that is cut when it gets long, so that what follows it is not.
class Separated {
public:
    explicit Separated(Sink& sink) : m_sink(sink) { }

    // The sink for the next one; nullptr where there are enough.
    Sink* next()
    {
        if (m_count++ >= max_listed)
            return nullptr;
        m_shown = m_count;
        if (m_count > 1)
            m_sink.write(", ");
        return &m_sink;
    }

    void skip(uint32_t count) { m_count += count; }

    void end()
    {
        if (m_count > m_shown)
            print(m_sink, " and %u more", m_count - m_shown);
    }

private:
    static constexpr uint32_t max_listed = 12;

    Sink& m_sink;
    uint32_t m_count = 0;
    uint32_t m_shown = 0;
};

// The addresses of the other devices that the decision is about.
void put_concerned(Sink& sink, Decision const& decision, Session const& session)
{
    Separated list(sink);
    for (auto const index : session.plan.devices_of(decision.concerned)) {
        if (auto* next = list.next())
            print(*next, "%a", session.inventory.devices[index].address);
    }
    list.end();
}

// What the line meant when it was recorded, as the beginning of a sentence.
void put_meant(Sink& sink, Recollection::Meant const& meant)
{
    print(sink, "the line meant %i at %a when it was recorded", meant.id, meant.was);
}

// The line as it should be for what it meant, which is at another address now.
void put_line_to_write(Sink& sink, Entry const& entry, Recollection::Meant const& meant)
{
    auto const& address = *meant.is_now;
    print(sink, "write '%s = ", entry.label);
    bool const is_whole_card = entry.selector.location && entry.selector.location->every_function;
    if (is_whole_card)
        print(sink, "%4x:%2x:%2x.*", address.domain, address.bus, address.device);
    else
        print(sink, "%a", address);
    if (entry.selector.id)
        print(sink, " %i", entry.selector.id->id);
    else if (!is_whole_card)
        print(sink, " %i", meant.id);
    if (entry.selector.id && entry.selector.id->subsystem)
        print(sink, ":%i", *entry.selector.id->subsystem);
    print(sink, "'");
}

void explain_not_found(Sink& sink, Decision const& decision, Session const& session)
{
    if (decision.meant) {
        put_meant(sink, *decision.meant);
        print(sink, ", which is gone, 'vfio-early accept %s' makes it mean what is there now",
            entry_of(decision, session).label);
    } else if (decision.arrival && decision.arrival->kind == Arrival::Kind::NotABridge)
        print(sink, "%a has no bus behind it, so a path cannot go through it", decision.arrival->address);
    else if (decision.arrival && decision.arrival->kind == Arrival::Kind::NotRead)
        print(sink, "there is no bridge at %a, 'lspci -Dtv' shows the way to each device",
            decision.arrival->address);
    else
        print(sink, "no device matches %q, 'vfio-early list --all' shows all of them",
            entry_of(decision, session).selector_text.view());
}

void explain_id_mismatch(Sink& sink, Decision const& decision, Session const& session)
{
    auto const* there = device_of(decision, session.inventory);
    if (!there) {
        put_meant(sink, *decision.meant);
        return print(sink, ", and another line means what is there now");
    }
    auto const& device = *there;
    if (device.is_identified)
        print(sink, "it is %i (subsystem %i), not the model that was named, so it stays with its host driver",
            device.id, device.subsystem);
    else
        print(sink, "its id cannot be read, so it may not be the model that was named");
}

void explain_ambiguous(Sink& sink, Decision const& decision, Session const& session)
{
    print(sink, "%u devices match (", decision.concerned.count);
    put_concerned(sink, decision, session);
    print(sink, "), add an address to choose one or 'all' to take all");
}

void explain_unreadable(Sink& sink, Decision const& decision, Session const& session)
{
    if (session.inventory.is_overfull)
        return print(sink, "more than %u devices are listed or share a group with one that is", max_devices);
    if (decision.device)
        return print(sink, "%s", meaning_of(decision.reason));
    if (session.inventory.has_no_sysfs)
        return print(sink, "/sys/bus/pci is not there, so no device can be found, is sysfs mounted?");
    if (session.inventory.is_incomplete)
        return print(
            sink, "not all devices of this machine could be listed, add the address of the one you mean");
    print(sink, "the id of one of these cannot be read (");
    put_concerned(sink, decision, session);
    print(sink, "), add the address of the one you mean");
}

} // namespace

void explain_no_iommu(Sink& sink, Iommu iommu)
{
    switch (iommu) {
    case Iommu::OffInKernel:
        print(sink,
            "the kernel does not use the IOMMU that this machine has, boot with intel_iommu=on on Intel, or "
            "without amd_iommu=off and iommu=off");
        break;
    case Iommu::NoDriver:
        print(sink,
            "the module of this machine's IOMMU, virtio_iommu, is not loaded, it must be in the initramfs");
        break;
    case Iommu::OffInFirmware:
        print(sink,
            "the firmware reports no IOMMU, turn on VT-d (Intel) or IOMMU (AMD) in its setup if it has one");
        break;
    case Iommu::Absent:
    case Iommu::On:
        print(sink, "this machine has no IOMMU, so nothing can be isolated");
        break;
    }
}

namespace {

void explain_shared_group(Sink& sink, Decision const& decision, Session const& session)
{
    auto const* device = device_of(decision, session.inventory);
    auto const* group = group_of(decision, session.inventory);
    print(sink, "group %u also holds ", device->group.value_or(0));
    Separated list(sink);
    bool is_of_platform = false;
    for (auto const index : session.plan.devices_of(decision.concerned)) {
        auto const& peer = session.inventory.devices[index];
        is_of_platform |= is_platform_part(peer);
        if (auto* next = list.next())
            put_with_driver(*next, peer);
    }
    if (group) {
        for (auto const& other : group->others) {
            if (auto* next = list.next())
                print(*next, "%n", other);
        }
        list.skip(group->others_left_out);
    }
    list.end();
    if (is_of_platform)
        print(sink, ", so it is the platform's own group, which the host cannot do without");
    else if (group && !group->others.empty())
        print(sink, ", and what is no PCI device cannot be given away");
    else
        print(sink, ", which must be listed under [bind] or [stub] too");
}

void explain_group_refused(Sink& sink, Decision const& decision, Session const& session)
{
    print(sink, "its group is %c whole or not at all, and ",
        session.mode == Mode::Release ? "given back" : "bound");
    Separated list(sink);
    for (auto const peer : session.plan.devices_of(decision.concerned)) {
        auto* next = list.next();
        if (!next)
            continue;
        auto const& refused = session.plan.decisions[*find_decision(session.plan, peer)];
        print(*next, "%a was refused (%s)", session.inventory.devices[peer].address, name_of(refused.reason));
    }
    list.end();
}

// What the kernel was doing, as the beginning of a sentence.
std::string_view name_of(Failure::Step step)
{
    switch (step) {
    case Failure::Step::Override:
        return "setting its driver_override";
    case Failure::Step::Unbind:
        return "unbinding it from its host driver";
    case Failure::Step::Probe:
    case Failure::Step::Bind:
    case Failure::Step::Verify:
    case Failure::Step::Worker:
    case Failure::Step::None:
        break;
    }
    return "binding it";
}

// What became of the group of a device that something was written for, as it was read.
void put_given_back(Sink& sink, Decision const& decision, Session const& session)
{
    switch (given_back(decision, session.undo_log, session.inventory)) {
    case GivenBack::Unneeded:
        return;
    case GivenBack::Yes:
        return print(sink, ", its group was given back to the host drivers");
    case GivenBack::AsBefore:
        return print(sink, ", its group is as it was before");
    case GivenBack::NotYet:
        return print(sink, ", its group is being given back");
    case GivenBack::No:
        break;
    }
    print(sink, ", and not put back as they were: ");
    Separated list(sink);
    for (auto const index : stuck_members(decision, session.undo_log, session.inventory)) {
        if (auto* next = list.next())
            put_with_driver(*next, session.inventory.devices[index]);
    }
    list.end();
    print(sink, ", reboot to give them back");
}

void explain_bind_failed(Sink& sink, Decision const& decision, Session const& session)
{
    auto const& failure = decision.failure;
    if (failure.step == Failure::Step::Worker && session.worker_signal == 0)
        print(sink, "vfio-early could not start the process that binds");
    else if (failure.step == Failure::Step::Worker)
        print(
            sink, "vfio-early itself was killed by signal %u", static_cast<unsigned>(session.worker_signal));
    else if (failure.error_number != 0)
        print(sink, "%s failed: %m (errno %u)", name_of(failure.step), failure.error_number,
            static_cast<unsigned>(failure.error_number));
    else
        print(sink, "the kernel reported success, but the device is not bound to %s",
            driver_name(decision.target));
    put_given_back(sink, decision, session);
}

void explain_release_failed(Sink& sink, Decision const& decision, Session const& session)
{
    auto const& failure = decision.failure;
    auto const* device = device_of(decision, session.inventory);
    if (failure.step == Failure::Step::Worker && session.worker_signal == 0)
        print(sink, "vfio-early could not start the process that gives it back");
    else if (failure.step == Failure::Step::Worker)
        print(
            sink, "vfio-early itself was killed by signal %u", static_cast<unsigned>(session.worker_signal));
    else if (failure.error_number != 0)
        print(sink, "%c its driver_override failed: %m, so it was left as it is",
            failure.step == Failure::Step::Override ? "clearing" : "reading", failure.error_number);
    else if (device->driver.view() == driver_name(decision.target))
        print(sink, "%s has it again or still, 'dmesg' may say why, does an id of its ids= or new_id fit it?",
            device->driver.view());
    else if (device->driver.empty())
        print(sink, "it has no driver, and its host driver could not be asked for");
    else
        print(sink, "its driver_override is still there");
}

void explain_timeout(Sink& sink, Decision const& decision, Session const& session)
{
    auto const seconds = session.config.options.timeout_seconds;
    if (session.mode == Mode::Check)
        return print(sink, "the kernel did not answer within %u s", seconds);
    if (session.mode == Mode::Release) {
        print(sink, "the kernel did not give it back within %u s", seconds);
        if (given_back(decision, session.undo_log, session.inventory) != GivenBack::NotYet)
            return;
        print(sink, ", it will as soon as it can");
        if (!decision.host_use.empty())
            print(sink, ", and waits until it is closed: %s", decision.host_use);
        return;
    }
    if (!session.handover_step.empty())
        return print(sink, "%s", session.handover_step);
    if (session.is_loading)
        print(sink, "modprobe did not end within %u s", seconds);
    else if (decision.failure.step == Failure::Step::None)
        print(sink, "time ran out after %u s, before it was reached", seconds);
    else
        print(sink, "the kernel did not return from %s within %u s", name_of(decision.failure.step), seconds);
    put_given_back(sink, decision, session);
}

void explain_protected(Sink& sink, Decision const& decision, Session const& session)
{
    print(sink,
        "the host itself needs it: %s, 'protect = all except %s' under [options] gives it away all the same",
        decision.host_use, entry_of(decision, session).label);
}

void explain_changed(Sink& sink, Decision const& decision, Session const& session)
{
    auto const& entry = entry_of(decision, session);
    if (!decision.meant) {
        print(sink, "nothing was here when the line was recorded");
    } else {
        put_meant(sink, *decision.meant);
        if (decision.meant->is_twin) {
            print(sink, ", and one of that model is at %a now", *decision.meant->is_now);
        } else if (decision.meant->is_now) {
            print(sink, ", which is at %a now, ", *decision.meant->is_now);
            put_line_to_write(sink, entry, *decision.meant);
        } else {
            print(sink, ", which is gone");
        }
    }
    print(sink, ", 'vfio-early accept %s' makes it mean what is there now", entry.label);
}

void explain_module_missing(Sink& sink, Target target, Session const& session)
{
    auto const& loading = session.loading_of(target);
    print(sink, "%s cannot be loaded", driver_name(target));
    if (loading.error_number != 0)
        return print(sink, ": starting modprobe failed: %m", loading.error_number);
    if (!loading.message.empty())
        print(sink, ": %n", loading.message.view());
    if (loading.blacklisted.empty())
        print(sink, ", it must be in the kernel or in the initramfs");
    else
        print(sink, ", module_blacklist= on the kernel command line forbids %s, take it out there",
            loading.blacklisted);
}

void warn_passed(Tell const& tell, char const* format, ...)
{
    Warning warning;
    Sink sink(warning);
    va_list arguments;
    va_start(arguments, format);
    print_arguments(sink, format, arguments);
    va_end(arguments);
    tell(warning.view());
}

template <typename... Parts>
[[gnu::always_inline]] inline void warn(Tell const& tell, FormatFor<Parts...> format, Parts const&... parts)
{
    warn_passed(tell, format.text(), pass(parts)...);
}

void tell_of_bridge(Session const& session, DeviceIndex index, Tell const& tell)
{
    auto const& bridge = session.inventory.devices[index];
    bool const is_check = session.mode == Mode::Check;
    auto const* entry = find_entry(session.undo_log, index);
    bool const is_ours = is_check ? is_for_shpchp(bridge)
                                  : entry && entry->wanted == port_driver
            && entry->state != UndoEntry::State::Stuck && !has_troublesome_driver(bridge);
    bool const is_driven = has_troublesome_driver(bridge);
    if (!is_ours && !is_driven && !is_for_shpchp(bridge))
        return;
    if (!bridge.group || !first_for_guests(*bridge.group, session.plan, session.inventory))
        return;
    Warning warning;
    Sink sink(warning);
    if (is_host_bridge(bridge))
        print(sink, "host ");
    print(sink, "bridge %a in group %u", bridge.address, *bridge.group);
    if (is_ours || !is_driven) {
        bool const was_driven = is_driven || (is_ours && !is_check && !entry->driver_was.empty());
        print(sink, " %c %c from shpchp, which would keep guests from the group",
            is_check      ? "will be"
                : is_ours ? "was"
                          : "is not",
            was_driven ? "taken" : "kept");
    } else {
        print(sink, " is driven by %n, which keeps guests from the group, '", bridge.driver.view());
        if (is_host_bridge(bridge))
            print(sink, "readlink");
        else
            print(sink, "echo %a >", bridge.address);
        print(sink, " /sys/bus/pci/drivers/%e%c", bridge.driver.view(),
            is_host_bridge(bridge) ? "/module' names the module to blacklist in /etc/modprobe.d"
                                   : "/unbind' frees it");
    }
    tell(warning.view());
}

// A group that is bound, and that the kernel does not let guests use.
void tell_of_unviable_group(Session const& session, Group const& group, Tell const& tell)
{
    if (group.is_viable != false)
        return;
    Warning warning;
    Sink sink(warning);
    print(sink, "guests cannot use group %u, as the kernel says that it is not viable", group.number);
    bool is_any = false;
    Separated list(sink);
    for (auto const& device : session.inventory.devices) {
        if (device.group != group.number || !has_host_driver(device))
            continue;
        if (!is_any)
            print(sink, ", in the way: ");
        is_any = true;
        if (auto* next = list.next())
            put_with_driver(*next, device);
    }
    list.end();
    if (!is_any)
        print(sink, ", and no member of it has a host driver");
    tell(warning.view());
}

// A device that is bound, or would be, where the line meant it to be and its text or a guest does not lead.
void tell_of_move(Entry const& entry, Recollection::Meant const& meant, Tell const& tell)
{
    bool const has_moved = meant.was != *meant.is_now;
    if (!has_moved && !meant.is_line_stale)
        return;
    Warning warning;
    Sink sink(warning);
    print(sink, "%s: ", entry.label);
    put_meant(sink, meant);
    print(sink, ", which is at %a now and is taken there", *meant.is_now);
    if (meant.is_line_stale) {
        print(sink, ", ");
        put_line_to_write(sink, entry, meant);
    } else if (has_moved)
        print(sink, ", 'vfio-early accept %s' records that", entry.label);
    if (has_moved)
        print(sink, ", correct every guest that names %a", meant.was);
    tell(warning.view());
}

// What is bound, or would be, and is not quite what the line meant when it was recorded.
void tell_of_memory(Session const& session, Decision const& decision, Tell const& tell)
{
    if (!decision.device || decision.reason != Reason::None)
        return;
    using Note = Recollection::Note;
    auto const& address = device_of(decision, session.inventory)->address;
    auto const& label = entry_of(decision, session).label;
    if (decision.is_spare)
        warn(tell, "%s %a is given away, and the host uses it now: %s", label, address, decision.host_use);
    else if (!decision.host_use.empty())
        warn(tell, "%s %a is given away although the host needs it: %s", label, address, decision.host_use);
    if (decision.meant && decision.meant->is_now && decision.note != Note::FoundById)
        tell_of_move(entry_of(decision, session), *decision.meant, tell);
    switch (decision.note) {
    case Note::None:
        break;
    case Note::NotCompared:
        if (session.facts.is_there && !session.facts.are_updated)
            warn(tell, "%s %a: nothing is recorded of what this line means, so it is taken at its word",
                label, address);
        break;
    case Note::Replaced:
        warn(tell, "%s %a is another card of the same model than when the line was recorded", label, address);
        break;
    case Note::FoundById:
        warn(tell,
            "%s %a was found by its id alone, the line meant %i at %a when it was recorded, correct every "
            "guest that names that",
            label, address, decision.meant->id, decision.meant->was);
        break;
    case Note::NotRecorded:
        warn(tell, "%s %a matches 'all' and may not have been there when the line was recorded", label,
            address);
        break;
    }
}

// Without facts no line can be compared: that is one warning and not one for each line.
void tell_of_missing_facts(Session const& session, Tell const& tell)
{
    auto const& facts = session.facts;
    // At the boot what the host lives on is known from there alone.
    bool const is_boot = session.mode == Mode::Bind && !session.is_running_system;
    bool are_missed = facts.is_broken;
    for (auto const& decision : session.plan.decisions)
        are_missed |= is_open(decision) && !facts.is_there && !facts.are_updated
            && (is_boot || decision.note == Recollection::Note::NotCompared);
    if (are_missed)
        warn(tell,
            "/etc/vfio-early.facts is not %c, so addresses are taken at their word%c, the next image that is "
            "made on this machine records what the lines mean",
            facts.is_broken ? "whole" : "there",
            is_boot ? " and nothing that the host lives on is protected" : "");
}

void tell_of_unknown_drivers(Session const& session, Tell const& tell)
{
    for (auto const target : {Target::VfioPci, Target::PciStub}) {
        if (session.mode != Mode::Check || !session.loading_of(target).is_unknown
            || !needs_driver(session.plan, target))
            continue;
        Warning warning;
        Sink sink(warning);
        print(sink, "it is not known whether %s can be loaded: ", driver_name(target));
        print(sink, "/lib/modules %c%e, '--kernel VERSION' names another",
            session.kernel.empty() ? "has not just one kernel" : "has no lists of modules of ",
            session.kernel.view());
        tell(warning.view());
    }
}

// What names a stranger for a driver, as its user wrote it.
void put_naming(Sink& sink, Stranger const& stranger)
{
    auto const driver = driver_name(*stranger.named_for);
    if (stranger.place.empty())
        print(sink, "%s.ids=", driver);
    else
        print(sink, "'options %s ids=' in %e", driver, stranger.place.view());
}

void tell_of_stranger(Stranger const& stranger, Tell const& tell)
{
    if (!stranger.named_for)
        return warn(tell,
            "%a is on vfio-pci already and no line here selects it, so nothing of it was checked",
            stranger.address);
    Warning warning;
    Sink sink(warning);
    print(sink, "%a is named by ", stranger.address);
    put_naming(sink, stranger);
    print(sink, " and by no line here, so %c, add it under %s",
        stranger.is_taken ? "the next boot leaves it with its host driver" : "it stays with its host driver",
        section_name(*stranger.named_for));
    tell(warning.view());
}

void tell_of_strangers(Session const& session, Tell const& tell)
{
    for (auto const& stranger : session.strangers)
        tell_of_stranger(stranger, tell);
    if (session.has_more_strangers)
        warn(tell,
            "more than %u devices that no line selects are on vfio-pci or named by an ids=, the rest are not "
            "shown",
            max_devices);
    auto const& settings = session.module_settings;
    if (!session.loading_of(Target::VfioPci).is_ours && !session.loading_of(Target::PciStub).is_ours)
        return;
    if (settings.has_more_ids)
        warn(tell,
            "vfio-pci.ids= and the like have more than %u ids: what the rest name stays with its host driver "
            "too, and is not shown",
            max_foreign_ids);
    if (settings.unread_files > 0)
        warn(tell,
            "%u of the files of modprobe.d cannot be read, such as %e: what their ids= name stays with its "
            "host driver, and is not shown",
            settings.unread_files, settings.unread_file.view());
}

void explain_reason(Sink& sink, Decision const& decision, Session const& session)
{
    auto const* device = device_of(decision, session.inventory);
    switch (decision.reason) {
    case Reason::NotFound:
        return explain_not_found(sink, decision, session);
    case Reason::IdMismatch:
        return explain_id_mismatch(sink, decision, session);
    case Reason::Ambiguous:
        return explain_ambiguous(sink, decision, session);
    case Reason::Unreadable:
        return explain_unreadable(sink, decision, session);
    case Reason::IsBridge:
        return print(sink, "class %4x is a bridge, which stays with the host, list the devices behind it",
            device->class_code >> 8);
    case Reason::NoIommu:
        return explain_no_iommu(sink, session.inventory.iommu);
    case Reason::SharedGroup:
        return explain_shared_group(sink, decision, session);
    case Reason::GroupRefused:
        return explain_group_refused(sink, decision, session);
    case Reason::ModuleMissing:
        return explain_module_missing(sink, decision.target, session);
    case Reason::BindFailed:
        return explain_bind_failed(sink, decision, session);
    case Reason::Timeout:
        return explain_timeout(sink, decision, session);
    case Reason::Protected:
        return explain_protected(sink, decision, session);
    case Reason::InUse:
        print(sink, "the running system uses it: %s", decision.host_use);
        if (session.mode == Mode::Release)
            print(sink, ", stop the guest first, or '--force' takes it from a guest that runs");
        return;
    case Reason::ReleaseFailed:
        return explain_release_failed(sink, decision, session);
    case Reason::Changed:
        return explain_changed(sink, decision, session);
    case Reason::None:
    case Reason::Count:
        return;
    case Reason::NoGroup:
    case Reason::NoIommuGroup:
    case Reason::BootDisplay:
        return print(sink, "%s", meaning_of(decision.reason));
    }
}

} // namespace

void explain(Sink& sink, Decision const& decision, Session const& session)
{
    explain_reason(sink, decision, session);
    // These two tell it of their own accord, also where it was given back.
    bool const is_told = decision.reason == Reason::BindFailed || decision.reason == Reason::Timeout
        || session.mode == Mode::Release;
    if (!is_told && given_back(decision, session.undo_log, session.inventory) == GivenBack::No)
        put_given_back(sink, decision, session);
}

static bool is_bound_already(Decision const& decision, Device const* device)
{
    return decision.outcome == Outcome::WouldBind && device
        && device->driver.view() == driver_name(decision.target);
}

static void put_driver_now(Sink& sink, Device const& device)
{
    if (device.driver.empty())
        print(sink, ", now without a driver");
    else
        print(sink, ", now on %n", device.driver.view());
}

static void put_released(Sink& sink, Decision const& decision, Session const& session)
{
    auto const& driver = device_of(decision, session.inventory)->driver;
    if (!find_entry(session.undo_log, *decision.device))
        print(sink, "is with %n already", driver.view());
    else if (driver.empty())
        print(sink, "given back, and no driver of the host took it");
    else
        print(sink, "given back to %n", driver.view());
}

void describe(Sink& sink, Decision const& decision, Session const& session)
{
    auto const* device = device_of(decision, session.inventory);
    auto const& entry = entry_of(decision, session);
    bool const has_label = !entry.label.empty();
    if (has_label || !device)
        print(sink, "%e", has_label ? entry.label.view() : entry.selector_text.view());
    if (device)
        print(sink, "%c%a", has_label ? " " : "", device->address);
    print(sink, ": ");
    switch (decision.outcome) {
    case Outcome::WouldBind:
        print(sink, "%c%s", is_bound_already(decision, device) ? "is bound to " : "would bind to ",
            driver_name(decision.target));
        break;
    case Outcome::Bound:
        print(sink, "bound to %s", driver_name(decision.target));
        break;
    case Outcome::Released:
        put_released(sink, decision, session);
        break;
    case Outcome::Refused:
    case Outcome::Failed:
        print(sink, "%s (%s): ", name_of(decision.outcome), name_of(decision.reason));
        explain(sink, decision, session);
        return;
    case Outcome::Handover:
        print(sink, "stays with the host until 'vfio-early bind %e'", entry_of(decision, session).label);
        break;
    }
    if (!device)
        return;
    print(sink, " (%i", device->id);
    if (device->group)
        print(sink, ", group %u", *device->group);
    else
        print(sink, ", its group will be checked when it is bound");
    if (is_bound_already(decision, device))
        print(sink, ", already");
    else if (decision.outcome == Outcome::WouldBind || decision.outcome == Outcome::Handover)
        put_driver_now(sink, *device);
    print(sink, ")");
}

static void tell_of_framebuffer(FirmwareFramebuffer const& framebuffer, Tell const& tell)
{
    if (!framebuffer.stuck.empty())
        warn(tell, "detaching %n, the firmware's framebuffer, failed: %m (errno %u)",
            framebuffer.stuck.view(), framebuffer.error_number,
            static_cast<unsigned>(framebuffer.error_number));
    if (!framebuffer.holder.empty())
        warn(tell, "%n still holds memory of %a (/proc/iomem), so guests may be unable to map it",
            framebuffer.holder.view(), framebuffer.display);
}

void announce_darkness(Sink& sink, Address const& display, Session const& session)
{
    print(sink, "the display %a goes dark now, as it is given away", display);
    if (!session.is_running_system)
        print(sink, ", rd.vfio_early=0 boots without that");
}

static void tell_of_release(Session const& session, Tell const& tell)
{
    for (auto const& entry : session.undo_log) {
        auto const& device = session.inventory.devices[entry.device];
        if (entry.was_id_removed)
            warn(tell, "somebody had given %s the id %i, which would have taken %a back, it was removed",
                entry.wanted, device.id, device.address);
        if (entry.wanted == port_driver && entry.state != UndoEntry::State::PutBack)
            warn(tell, "bridge %a did not get its hotplug driver back", device.address);
    }
    for (auto const& decision : session.plan.decisions) {
        if (decision.outcome == Outcome::Released && !decision.host_use.empty())
            warn(tell, "%a was taken all the same: %s", device_of(decision, session.inventory)->address,
                decision.host_use);
    }
}

void for_each_general_warning(Session const& session, Tell const& tell)
{
    if (session.inventory.is_overfull)
        warn(tell,
            "this machine has more than %u PCI functions, so nothing can be said of one of them or of its "
            "group, and the rest is not shown; 'check' reads only what lines select",
            max_devices);
    if (session.facts.is_broken)
        tell_of_missing_facts(session, tell);
    if (session.loading_of(Target::VfioPci).is_missing) {
        Warning warning;
        Sink sink(warning);
        explain_module_missing(sink, Target::VfioPci, session);
        tell(warning.view());
    }
}

void tell_of_problems(Session const& session, Tell const& tell)
{
    for (auto const& problem : session.problems) {
        if (problem.line != 0)
            warn(tell, "configuration line %u: %s", problem.line, problem.text);
        else
            warn(tell, "configuration: %s", problem.text);
    }
    if (session.problems.left_out() > 0)
        warn(tell, "configuration: and %u more", session.problems.left_out());
}

void for_each_warning(Session const& session, Tell const& tell)
{
    tell_of_problems(session, tell);
    if (!session.handover_problem.empty())
        tell(session.handover_problem.view());
    if (session.mode == Mode::Release)
        return tell_of_release(session, tell);
    if (session.is_command_line_unknown)
        tell("/proc/cmdline cannot be read, so nothing is bound: rd.vfio_early=0 may be on it");
    tell_of_unknown_drivers(session, tell);
    if (session.is_switched_off)
        tell(
            "rd.vfio_early= is on the running kernel's command line: while it stays there, nothing is bound");
    if (session.inventory.acs_is_overridden)
        tell(acs_is_overridden_text);
    tell_of_missing_facts(session, tell);
    if (session.facts.is_config_cut)
        tell("only root can read serial numbers and Port Numbers, so the boot may find the devices "
             "elsewhere, run it as root");
    if (session.is_running_system && session.uses.is_incomplete)
        warn(tell, "not all of what the host needs could be found: %s", session.uses.doubt);
    for (auto const& decision : session.plan.decisions)
        tell_of_memory(session, decision, tell);
    for (size_t i = 0; i < session.inventory.devices.size(); ++i)
        tell_of_bridge(session, static_cast<DeviceIndex>(i), tell);
    for (auto const& group : session.inventory.groups)
        tell_of_unviable_group(session, group, tell);
    for (auto const& decision : session.plan.decisions) {
        auto const* device = device_of(decision, session.inventory);
        if (is_open(decision) && device->is_boot_display)
            warn(tell, "the firmware booted on %a, which goes dark when it is bound", device->address);
        else if (is_open(decision) && device->may_be_boot_display)
            warn(tell, "the firmware may have booted on %a, so no framebuffer is detached", device->address);
    }
    tell_of_framebuffer(session.framebuffer, tell);
    tell_of_strangers(session, tell);
    tell_of_rivals(session, tell);
    tell_of_images(session, tell);
}

} // namespace vfio_early
