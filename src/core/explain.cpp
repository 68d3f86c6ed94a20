// SPDX-License-Identifier: MIT
#include "core/explain.h"

#include "core/image.h"
#include "core/rival.h"
#include "core/viability.h"

#include <string.h>

namespace vfio_early {

namespace {

using Warning = FixedString<max_warning_bytes>;

Entry const& entry_of(Decision const& decision, Session const& session)
{
    return session.config.entries[decision.entry];
}

void put_with_driver(Sink& sink, Device const& device)
{
    put_all(sink, device.address);
    if (!device.driver.empty())
        put_all(sink, " (", ForeignName{device.driver.view()}, ")");
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
            put_all(m_sink, " and ", m_count - m_shown, " more");
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
            put(*next, session.inventory.devices[index].address);
    }
    list.end();
}

// What the line meant when it was recorded, as the beginning of a sentence.
void put_meant(Sink& sink, Recollection::Meant const& meant)
{
    put_all(sink, "the line meant ", meant.id, " at ", meant.was, " when it was recorded");
}

// The line as it should be for what it meant, which is at another address now.
void put_line_to_write(Sink& sink, Entry const& entry, Recollection::Meant const& meant)
{
    auto const& address = *meant.is_now;
    put_all(sink, "write '", entry.label, " = ");
    bool const is_whole_card = entry.selector.location && entry.selector.location->every_function;
    if (is_whole_card)
        put_all(sink, Hex{address.domain, 4}, ":", Hex{address.bus, 2}, ":", Hex{address.device, 2}, ".*");
    else
        put_all(sink, address);
    if (entry.selector.id)
        put_all(sink, " ", entry.selector.id->id);
    else if (!is_whole_card)
        put_all(sink, " ", meant.id);
    if (entry.selector.id && entry.selector.id->subsystem)
        put_all(sink, ":", *entry.selector.id->subsystem);
    put_all(sink, "'");
}

void explain_not_found(Sink& sink, Decision const& decision, Session const& session)
{
    if (decision.meant) {
        put_meant(sink, *decision.meant);
        put_all(sink, ", which is gone, 'vfio-early accept ", entry_of(decision, session).label,
            "' makes it mean what is there now");
    } else if (decision.arrival && decision.arrival->kind == Arrival::Kind::NotABridge)
        put_all(sink, decision.arrival->address, " has no bus behind it, so a path cannot go through it");
    else if (decision.arrival && decision.arrival->kind == Arrival::Kind::NotRead)
        put_all(sink, "there is no bridge at ", decision.arrival->address,
            ", 'lspci -Dtv' shows the way to each device");
    else
        put_all(sink, "no device matches ", Quoted{entry_of(decision, session).selector_text.view()},
            ", 'lspci -Dnn' lists all devices");
}

void explain_id_mismatch(Sink& sink, Decision const& decision, Session const& session)
{
    auto const* there = device_of(decision, session.inventory);
    if (!there) {
        put_meant(sink, *decision.meant);
        return put_all(sink, ", and another line means what is there now");
    }
    auto const& device = *there;
    if (device.is_identified)
        put_all(sink, "it is ", device.id, " (subsystem ", device.subsystem,
            "), not the model that was named, so it stays with its host driver");
    else
        put_all(sink, "its id cannot be read, so it may not be the model that was named");
}

void explain_ambiguous(Sink& sink, Decision const& decision, Session const& session)
{
    put_all(sink, decision.concerned.count, " devices match (");
    put_concerned(sink, decision, session);
    put_all(sink, "), add an address to choose one or 'all' to take all");
}

void explain_unreadable(Sink& sink, Decision const& decision, Session const& session)
{
    if (session.inventory.is_overfull)
        return put_all(
            sink, "more than ", max_devices, " devices are listed or share a group with one that is");
    if (decision.device)
        return put_all(sink, meaning_of(decision.reason));
    if (session.inventory.has_no_sysfs)
        return put_all(sink, "/sys/bus/pci is not there, so no device can be found, is sysfs mounted?");
    if (session.inventory.is_incomplete)
        return put_all(
            sink, "not all devices of this machine could be listed, add the address of the one you mean");
    put_all(sink, "the id of one of these cannot be read (");
    put_concerned(sink, decision, session);
    put_all(sink, "), add the address of the one you mean");
}

void explain_no_iommu(Sink& sink, Iommu iommu)
{
    switch (iommu) {
    case Iommu::OffInKernel:
        put_all(sink,
            "the kernel does not use the IOMMU that this machine has, boot with intel_iommu=on on Intel, "
            "or without amd_iommu=off and iommu=off");
        break;
    case Iommu::NoDriver:
        put_all(sink,
            "the module of this machine's IOMMU, virtio_iommu, is not loaded, it must be in the initramfs");
        break;
    case Iommu::OffInFirmware:
        put_all(sink,
            "the firmware reports no IOMMU, turn on VT-d (Intel) or IOMMU (AMD) in its setup if it has one");
        break;
    case Iommu::Absent:
    case Iommu::On:
        put_all(sink, "this machine has no IOMMU, so nothing can be isolated");
        break;
    }
}

// Functions of the chipset that the host cannot do without (include/linux/pci_ids.h), where giving one to
// pci-stub would be bad advice. Intel's chipsets have theirs at 0000:00:1f.
bool is_platform_part(Device const& device)
{
    constexpr uint32_t isa_bridge = 0x0601;
    constexpr uint32_t smbus = 0x0c05;
    constexpr uint32_t system_peripheral = 0x0880;
    constexpr uint32_t signal_processing = 0x1180;
    constexpr Address chipset = {.device = 0x1f};
    auto const kind = device.is_identified ? device.class_code >> 8 : 0;
    if (kind == system_peripheral || kind == signal_processing)
        return is_same_card(device.address, chipset);
    return kind == isa_bridge || kind == smbus;
}

void explain_shared_group(Sink& sink, Decision const& decision, Session const& session)
{
    auto const* device = device_of(decision, session.inventory);
    auto const* group = group_of(decision, session.inventory);
    put_all(sink, "group ", device->group.value_or(0), " also holds ");
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
                put(*next, ForeignName{other.view()});
        }
        list.skip(group->others_left_out);
    }
    list.end();
    if (is_of_platform)
        put_all(sink, ", so it is the platform's own group, which the host cannot do without");
    else if (group && !group->others.empty())
        put_all(sink, ", and what is no PCI device cannot be given away");
    else
        put_all(sink, ", which must be listed under [bind] or [stub] too");
}

void explain_group_refused(Sink& sink, Decision const& decision, Session const& session)
{
    put_all(sink, "its group is bound whole or not at all, and ");
    Separated list(sink);
    for (auto const peer : session.plan.devices_of(decision.concerned)) {
        auto* next = list.next();
        if (!next)
            continue;
        auto const& refused = session.plan.decisions[*find_decision(session.plan, peer)];
        put_all(
            *next, session.inventory.devices[peer].address, " was refused (", name_of(refused.reason), ")");
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
        return put_all(sink, ", its group was given back to the host drivers");
    case GivenBack::NotYet:
        return put_all(sink, ", its group is being given back to the host drivers");
    case GivenBack::No:
        break;
    }
    put_all(sink, ", and not put back as they were: ");
    Separated list(sink);
    for (auto const index : stuck_members(decision, session.undo_log, session.inventory)) {
        if (auto* next = list.next())
            put_with_driver(*next, session.inventory.devices[index]);
    }
    list.end();
    put_all(sink, ", reboot to give them back");
}

void explain_bind_failed(Sink& sink, Decision const& decision, Session const& session)
{
    auto const& failure = decision.failure;
    if (failure.step == Failure::Step::Worker && session.worker_signal == 0)
        put_all(sink, "vfio-early could not start the process that binds");
    else if (failure.step == Failure::Step::Worker)
        put_all(sink, "vfio-early itself was killed by signal ", session.worker_signal);
    else if (failure.error_number != 0)
        put_all(sink, name_of(failure.step), " failed: ", strerror(failure.error_number), " (errno ",
            failure.error_number, ")");
    else
        put_all(sink, "the kernel reported success, but the device is not bound to ",
            driver_name(decision.target));
    put_given_back(sink, decision, session);
}

void explain_timeout(Sink& sink, Decision const& decision, Session const& session)
{
    auto const seconds = session.config.options.timeout_seconds;
    if (session.mode == Mode::Check)
        return put_all(sink, "the kernel did not answer within ", seconds, " s");
    if (decision.failure.step == Failure::Step::None)
        put_all(sink, "time ran out after ", seconds, " s, before it was reached");
    else
        put_all(sink, "the kernel did not return from ", name_of(decision.failure.step), " within ", seconds,
            " s");
    put_given_back(sink, decision, session);
}

void explain_protected(Sink& sink, Decision const& decision, Session const& session)
{
    put_all(sink, "the host itself needs it: ", decision.host_use, ", 'protect = all except ",
        entry_of(decision, session).label, "' under [options] gives it away all the same");
}

void explain_changed(Sink& sink, Decision const& decision, Session const& session)
{
    auto const& entry = entry_of(decision, session);
    if (!decision.meant) {
        put_all(sink, "nothing was here when the line was recorded");
    } else {
        put_meant(sink, *decision.meant);
        if (decision.meant->is_twin) {
            put_all(sink, ", and one of that model is at ", *decision.meant->is_now, " now");
        } else if (decision.meant->is_now) {
            put_all(sink, ", which is at ", *decision.meant->is_now, " now, ");
            put_line_to_write(sink, entry, *decision.meant);
        } else {
            put_all(sink, ", which is gone");
        }
    }
    put_all(sink, ", 'vfio-early accept ", entry.label, "' makes it mean what is there now");
}

void explain_module_missing(Sink& sink, Decision const& decision, Session const& session)
{
    auto const& loading = session.loading_of(decision.target);
    put_all(sink, driver_name(decision.target), " cannot be loaded");
    if (!loading.message.empty())
        put_all(sink, ": ", ForeignName{loading.message.view()});
    if (loading.blacklisted.empty())
        put_all(sink, ", it must be in the kernel or in the initramfs");
    else
        put_all(sink, ", module_blacklist= on the kernel command line forbids ", loading.blacklisted,
            ", take it out there");
}

template <typename... Parts> [[gnu::always_inline]] inline void warn(Tell tell, Parts const&... parts)
{
    tell(joined<Warning>(parts...).view());
}

void tell_of_bridge(Session const& session, DeviceIndex index, Tell tell)
{
    auto const& bridge = session.inventory.devices[index];
    if (!bridge.group || !first_for_guests(*bridge.group, session.plan, session.inventory))
        return;
    bool const is_check = session.mode == Mode::Check;
    auto const* entry = find_entry(session.undo_log, index);
    bool const is_ours = is_check ? is_for_shpchp(bridge)
                                  : entry && entry->wanted == port_driver
            && entry->state != UndoEntry::State::Stuck && !has_troublesome_driver(bridge);
    if (!is_ours && !has_troublesome_driver(bridge))
        return;
    Warning warning;
    Sink sink(warning);
    if (is_host_bridge(bridge))
        put_all(sink, "host ");
    put_all(sink, "bridge ", bridge.address, " in group ", *bridge.group);
    if (is_ours) {
        auto const& driver = is_check ? bridge.driver : entry->driver_was;
        put_all(sink, is_check ? " will be " : " was ", driver.empty() ? "kept" : "taken",
            " from shpchp, which would keep guests from the group");
    } else {
        put_all(sink, " is driven by ", ForeignName{bridge.driver.view()},
            ", which keeps guests from the group, '");
        if (is_host_bridge(bridge))
            put_all(sink, "readlink");
        else
            put_all(sink, "echo ", bridge.address, " >");
        put_all(sink, " /sys/bus/pci/drivers/", Escaped{bridge.driver.view()},
            is_host_bridge(bridge) ? "/module' names the module to blacklist in /etc/modprobe.d"
                                   : "/unbind' frees it");
    }
    tell(warning.view());
}

// A group that is bound, and that the kernel does not let guests use.
void tell_of_unviable_group(Session const& session, Group const& group, Tell tell)
{
    if (group.is_viable != false)
        return;
    Warning warning;
    Sink sink(warning);
    put_all(sink, "guests cannot use group ", group.number, ", as the kernel says that it is not viable");
    bool is_any = false;
    Separated list(sink);
    for (auto const& device : session.inventory.devices) {
        if (device.group != group.number || !has_host_driver(device))
            continue;
        if (!is_any)
            put_all(sink, ", in the way: ");
        is_any = true;
        if (auto* next = list.next())
            put_with_driver(*next, device);
    }
    list.end();
    if (!is_any)
        put_all(sink, ", and no member of it has a host driver");
    tell(warning.view());
}

// A device that is bound, or would be, where the line meant it to be and its text or a guest does not lead.
void tell_of_move(Entry const& entry, Recollection::Meant const& meant, Tell tell)
{
    bool const has_moved = meant.was != *meant.is_now;
    if (!has_moved && !meant.is_line_stale)
        return;
    Warning warning;
    Sink sink(warning);
    put_all(sink, entry.label, ": ");
    put_meant(sink, meant);
    put_all(sink, ", which is at ", *meant.is_now, " now and is taken there");
    if (meant.is_line_stale) {
        put_all(sink, ", ");
        put_line_to_write(sink, entry, meant);
    } else if (has_moved)
        put_all(sink, ", 'vfio-early accept ", entry.label, "' records that");
    if (has_moved)
        put_all(sink, ", correct every guest that names ", meant.was);
    tell(warning.view());
}

// What is bound, or would be, and is not quite what the line meant when it was recorded.
void tell_of_memory(Session const& session, Decision const& decision, Tell tell)
{
    if (!is_open(decision))
        return;
    using Note = Recollection::Note;
    auto const& address = device_of(decision, session.inventory)->address;
    auto const& label = entry_of(decision, session).label;
    if (decision.is_spare)
        warn(tell, label, " ", address, " is given away, and the host uses it now: ", decision.host_use);
    else if (!decision.host_use.empty())
        warn(tell, label, " ", address, " is given away although the host needs it: ", decision.host_use);
    if (decision.meant && decision.meant->is_now && decision.note != Note::FoundById)
        tell_of_move(entry_of(decision, session), *decision.meant, tell);
    switch (decision.note) {
    case Note::None:
        break;
    case Note::NotCompared:
        if (session.facts.is_there && !session.facts.are_updated)
            warn(tell, label, " ", address,
                ": nothing is recorded of what this line means, so it is taken at its word");
        break;
    case Note::Replaced:
        warn(tell, label, " ", address, " is another card of the same model than when the line was recorded");
        break;
    case Note::FoundById:
        warn(tell, label, " ", address, " was found by its id alone, the line meant ", decision.meant->id,
            " at ", decision.meant->was, " when it was recorded, correct every guest that names that");
        break;
    case Note::NotRecorded:
        warn(tell, label, " ", address,
            " matches 'all' and may not have been there when the line was recorded");
        break;
    }
}

// Without facts no line can be compared: that is one warning and not one for each line.
void tell_of_missing_facts(Session const& session, Tell tell)
{
    auto const& facts = session.facts;
    // At the boot what the host lives on is known from there alone.
    bool const is_boot = session.mode == Mode::Bind && !session.is_running_system;
    bool are_missed = facts.is_broken;
    for (auto const& decision : session.plan.decisions)
        are_missed |= is_open(decision) && !facts.is_there && !facts.are_updated
            && (is_boot || decision.note == Recollection::Note::NotCompared);
    if (are_missed)
        warn(tell, "/etc/vfio-early.facts is not ", facts.is_broken ? "whole" : "there",
            ", so addresses are taken at their word",
            is_boot ? " and nothing that the host lives on is protected" : "",
            ", the next image that is made on this machine records what the lines mean");
}

void tell_of_unknown_drivers(Session const& session, Tell tell)
{
    for (auto const target : {Target::VfioPci, Target::PciStub}) {
        if (session.mode != Mode::Check || !session.loading_of(target).is_unknown
            || !needs_driver(session.plan, target))
            continue;
        Warning warning;
        Sink sink(warning);
        put_all(sink, "it is not known whether ", driver_name(target), " can be loaded: ");
        put_all(sink, "/lib/modules ",
            session.kernel.empty() ? "has not just one kernel" : "has no lists of modules of ",
            Escaped{session.kernel.view()}, ", '--kernel VERSION' names another");
        tell(warning.view());
    }
}

// What names a stranger for a driver, as its user wrote it.
void put_naming(Sink& sink, Stranger const& stranger)
{
    auto const driver = driver_name(*stranger.named_for);
    if (stranger.place.empty())
        put_all(sink, driver, ".ids=");
    else
        put_all(sink, "'options ", driver, " ids=' in ", Escaped{stranger.place.view()});
}

void tell_of_stranger(Stranger const& stranger, Tell tell)
{
    if (!stranger.named_for)
        return warn(tell, stranger.address,
            " is on vfio-pci already and no line here selects it, so nothing of it was checked");
    Warning warning;
    Sink sink(warning);
    put_all(sink, stranger.address, " is named by ");
    put_naming(sink, stranger);
    put_all(sink, " and by no line here, so ",
        stranger.is_taken ? "the next boot leaves it with its host driver" : "it stays with its host driver",
        ", add it under ", section_name(*stranger.named_for));
    tell(warning.view());
}

void tell_of_strangers(Session const& session, Tell tell)
{
    for (auto const& stranger : session.strangers)
        tell_of_stranger(stranger, tell);
    if (session.has_more_strangers)
        warn(tell, "more than ", max_devices,
            " devices that no line selects are on vfio-pci or named by an ids=, the rest are not shown");
    auto const& settings = session.module_settings;
    if (!session.loading_of(Target::VfioPci).is_ours && !session.loading_of(Target::PciStub).is_ours)
        return;
    if (settings.has_more_ids)
        warn(tell, "vfio-pci.ids= and the like have more than ", max_foreign_ids,
            " ids: what the rest name stays with its host driver too, and is not shown");
    if (settings.unread_files > 0)
        warn(tell, settings.unread_files, " of the files of modprobe.d cannot be read, such as ",
            Escaped{settings.unread_file.view()},
            ": what their ids= name stays with its host driver, and is not shown");
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
        return put_all(sink, "class ", Hex{device->class_code >> 8, 4},
            " is a bridge, which stays with the host, list the devices behind it");
    case Reason::NoIommu:
        return explain_no_iommu(sink, session.inventory.iommu);
    case Reason::SharedGroup:
        return explain_shared_group(sink, decision, session);
    case Reason::GroupRefused:
        return explain_group_refused(sink, decision, session);
    case Reason::ModuleMissing:
        return explain_module_missing(sink, decision, session);
    case Reason::BindFailed:
        return explain_bind_failed(sink, decision, session);
    case Reason::Timeout:
        return explain_timeout(sink, decision, session);
    case Reason::Protected:
        return explain_protected(sink, decision, session);
    case Reason::InUse:
        return put_all(sink, "the running system uses it: ", decision.host_use);
    case Reason::Changed:
        return explain_changed(sink, decision, session);
    case Reason::None:
    case Reason::Count:
        return;
    case Reason::NoGroup:
    case Reason::NoIommuGroup:
    case Reason::BootDisplay:
        return put_all(sink, meaning_of(decision.reason));
    }
}

} // namespace

void explain(Sink& sink, Decision const& decision, Session const& session)
{
    explain_reason(sink, decision, session);
    // These two tell it of their own accord, also where it was given back.
    bool const is_told = decision.reason == Reason::BindFailed || decision.reason == Reason::Timeout;
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
        put_all(sink, ", now without a driver");
    else
        put_all(sink, ", now on ", ForeignName{device.driver.view()});
}

void describe(Sink& sink, Decision const& decision, Session const& session)
{
    auto const* device = device_of(decision, session.inventory);
    put_all(sink, entry_of(decision, session).label);
    if (device)
        put_all(sink, " ", device->address);
    put_all(sink, ": ");
    switch (decision.outcome) {
    case Outcome::WouldBind:
        put_all(sink, is_bound_already(decision, device) ? "is bound to " : "would bind to ",
            driver_name(decision.target));
        break;
    case Outcome::Bound:
        put_all(sink, "bound to ", driver_name(decision.target));
        break;
    case Outcome::Refused:
    case Outcome::Failed:
        put_all(sink, name_of(decision.outcome), " (", name_of(decision.reason), "): ");
        explain(sink, decision, session);
        return;
    }
    if (!device)
        return;
    put_all(sink, " (", device->id);
    if (device->group)
        put_all(sink, ", group ", *device->group);
    else
        put_all(sink, ", its group will be checked when it is bound");
    if (is_bound_already(decision, device))
        put_all(sink, ", already");
    else if (decision.outcome == Outcome::WouldBind)
        put_driver_now(sink, *device);
    put_all(sink, ")");
}

static void tell_of_framebuffer(FirmwareFramebuffer const& framebuffer, Tell tell)
{
    if (!framebuffer.stuck.empty())
        warn(tell, "detaching ", ForeignName{framebuffer.stuck.view()},
            ", the firmware's framebuffer, failed: ", strerror(framebuffer.error_number), " (errno ",
            framebuffer.error_number, ")");
    if (!framebuffer.holder.empty())
        warn(tell, ForeignName{framebuffer.holder.view()}, " still holds memory of ", framebuffer.display,
            " (/proc/iomem), so guests may be unable to map it");
}

void announce_darkness(Sink& sink, Address display, Session const& session)
{
    put_all(sink, "the display ", display, " goes dark now, as it is given away");
    if (!session.is_running_system)
        put_all(sink, ", rd.vfio_early=0 boots without that");
}

void for_each_warning(Session const& session, Tell tell)
{
    for (auto const& problem : session.problems) {
        if (problem.line != 0)
            warn(tell, "configuration line ", problem.line, ": ", problem.text);
        else
            warn(tell, "configuration: ", problem.text);
    }
    if (session.problems.left_out() > 0)
        warn(tell, "configuration: and ", session.problems.left_out(), " more");
    if (session.is_command_line_unknown)
        tell("/proc/cmdline cannot be read, so nothing is bound: rd.vfio_early=0 may be on it");
    tell_of_unknown_drivers(session, tell);
    if (session.is_switched_off)
        tell(
            "rd.vfio_early= is on the running kernel's command line: while it stays there, nothing is bound");
    if (session.inventory.acs_is_overridden)
        tell("pcie_acs_override= is on the kernel command line, so the groups do not show what is isolated");
    tell_of_missing_facts(session, tell);
    if (session.facts.is_config_cut)
        tell("only root can read serial numbers and Port Numbers, so the boot may find the devices "
             "elsewhere, run it as root");
    if (session.is_running_system && !session.uses.is_complete)
        warn(tell, "not all of what the host needs could be found: ", session.uses.doubt);
    for (auto const& decision : session.plan.decisions)
        tell_of_memory(session, decision, tell);
    for (size_t i = 0; i < session.inventory.devices.size(); ++i)
        tell_of_bridge(session, static_cast<DeviceIndex>(i), tell);
    for (auto const& group : session.inventory.groups)
        tell_of_unviable_group(session, group, tell);
    for (auto const& decision : session.plan.decisions) {
        auto const* device = device_of(decision, session.inventory);
        if (is_open(decision) && device->is_boot_display)
            warn(tell, "the firmware booted on ", device->address, ", which goes dark when it is bound");
    }
    tell_of_framebuffer(session.framebuffer, tell);
    tell_of_strangers(session, tell);
    tell_of_rivals(session, tell);
    tell_of_images(session, tell);
}

} // namespace vfio_early
