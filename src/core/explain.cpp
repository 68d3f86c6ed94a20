#include "core/explain.h"

#include "core/viability.h"

#include <string.h>

namespace vfio_early {

namespace {

using Warning = FixedString<400>;

Entry const& entry_of(Decision const& decision, Session const& session)
{
    return session.config.entries[decision.entry];
}

void put_with_driver(Sink& sink, Device const& device)
{
    print(sink, device.address);
    if (!device.driver.empty())
        print(sink, " (", device.driver, ")");
}

class Separated {
public:
    explicit Separated(Sink& sink) : m_sink(sink) { }

    Sink& next()
    {
        if (!m_is_first)
            m_sink.write(", ");
        m_is_first = false;
        return m_sink;
    }

private:
    Sink& m_sink;
    bool m_is_first = true;
};

void explain_not_found(Sink& sink, Entry const& entry, Inventory const& inventory)
{
    if (entry.selector.location) {
        auto const arrival = follow(*entry.selector.location, inventory);
        if (arrival.kind == Arrival::Kind::NotABridge) {
            print(sink, arrival.address, " has no bus behind it, so a path cannot go through it");
            return;
        }
        if (arrival.kind == Arrival::Kind::NotRead) {
            print(sink, "there is no bridge at ", arrival.address,
                ", 'lspci -Dtv' shows the way to each device");
            return;
        }
    }
    print(sink, "nothing matches ", Quoted{entry.selector_text.view()}, ", 'lspci -Dnn' shows what there is");
}

void explain_id_mismatch(Sink& sink, Device const& device)
{
    if (device.is_readable)
        print(sink, "it is ", device.id, " (subsystem ", device.subsystem,
            "), not the model that was named, and stays with its host driver");
    else
        print(sink, "its id cannot be read, so it may not be the model that was named");
}

void explain_ambiguous(Sink& sink, Entry const& entry, Inventory const& inventory)
{
    auto const matches = resolve(entry.selector, inventory).devices;
    print(sink, matches.size(), " devices match (");
    Separated list(sink);
    for (auto const index : matches)
        print(list.next(), inventory.devices[index].address);
    print(sink, "), add an address to name one or 'all' to name all");
}

void explain_unreadable(Sink& sink, Entry const& entry, Device const* device, Inventory const& inventory)
{
    if (inventory.is_overfull)
        return print(
            sink, "more than ", most_devices, " devices are listed or share a group with one that is");
    if (device)
        return print(sink, "what sysfs says of it or of its group is missing or makes no sense");
    print(sink, "the id of one of these cannot be read (");
    Separated list(sink);
    for (auto const index : resolve(entry.selector, inventory).devices)
        print(list.next(), inventory.devices[index].address);
    print(sink, "), add the address of the one that is meant");
}

void explain_no_iommu(Sink& sink, Iommu iommu)
{
    switch (iommu) {
    case Iommu::OffInKernel:
        print(sink,
            "the kernel does not use the IOMMU that this machine has, boot with intel_iommu=on on Intel, "
            "or without amd_iommu=off and iommu=off");
        break;
    case Iommu::NoDriver:
        print(sink,
            "the module of this machine's IOMMU, virtio_iommu, is not loaded, it must be in the initramfs");
        break;
    case Iommu::OffInFirmware:
        print(sink,
            "the firmware describes no IOMMU, switch on VT-d (Intel) or IOMMU (AMD) in its setup if it has "
            "one");
        break;
    case Iommu::Absent:
    case Iommu::On:
        print(sink, "this machine has no IOMMU, so nothing can be isolated");
        break;
    }
}

void explain_shared_group(Sink& sink, Decision const& decision, Session const& session)
{
    auto const* group = group_of(decision, session.inventory);
    print(sink, "group ", group ? group->number : 0, " also holds ");
    Separated list(sink);
    for (auto const index : peers_in_the_way(decision, session.plan, session.inventory))
        put_with_driver(list.next(), session.inventory.devices[index]);
    if (group) {
        for (auto const& other : group->others)
            print(list.next(), other);
    }
    print(sink, ", which must be listed under [bind] or [stub] too");
}

void explain_group_refused(Sink& sink, Decision const& decision, Session const& session)
{
    print(sink, "its group is bound whole or not at all, and ");
    Separated list(sink);
    for (auto const peer : refused_peers(decision, session.plan, session.inventory)) {
        auto const& refused = session.plan.decisions[*find_decision(session.plan, peer)];
        print(list.next(), session.inventory.devices[peer].address, " is ", code_name(refused.code));
    }
}

std::string_view step_name(Failure::Step step)
{
    switch (step) {
    case Failure::Step::Override:
        return "to set its driver_override";
    case Failure::Step::Unbind:
        return "to unbind it from its host driver";
    case Failure::Step::Bind:
    case Failure::Step::Verify:
    case Failure::Step::Worker:
    case Failure::Step::None:
        break;
    }
    return "to bind it";
}

void explain_bind_failed(Sink& sink, Decision const& decision, Session const& session)
{
    if (decision.failure.step == Failure::Step::Worker && session.worker_signal == 0)
        print(sink, "vfio-early could not start the process that binds");
    else if (decision.failure.step == Failure::Step::Worker)
        print(sink, "vfio-early itself was ended by signal ", session.worker_signal);
    else if (decision.failure.error_number != 0)
        print(sink, "the kernel refused ", step_name(decision.failure.step), ": ",
            strerror(decision.failure.error_number), " (errno ", decision.failure.error_number, ")");
    else
        print(sink, "the kernel said yes, but ", driver_name(decision.target), " is not its driver");
    if (session.mode == Mode::Bind)
        print(sink, ", its group was given back to the host drivers");
}

void explain_timeout(Sink& sink, Decision const& decision, Session const& session)
{
    if (session.mode == Mode::Check)
        return print(sink, "the kernel did not answer within ", session.config.options.timeout_seconds, " s");
    if (decision.failure.step == Failure::Step::None)
        print(sink, "its turn had not come");
    else
        print(sink, "the kernel did not come back when asked ", step_name(decision.failure.step));
    print(sink, " within ", session.config.options.timeout_seconds,
        " s, its group is given back to the host drivers");
}

void explain_module_missing(Sink& sink, Decision const& decision, Session const& session)
{
    print(sink, driver_name(decision.target), " cannot be loaded");
    if (!session.loader_message.empty())
        print(sink, ": ", session.loader_message);
    print(sink, ", it must be in the kernel or in the initramfs and not be blacklisted");
}

void tell_of_bridge(Session const& session, Device const& device, Tell tell, void* context)
{
    if (!device.group || !has_troublesome_driver(device))
        return;
    for (auto const& decision : session.plan.decisions) {
        auto const* listed = device_of(decision, session.inventory);
        if (!listed || listed->group != device.group || decision.code != Code::None)
            continue;
        Warning warning;
        auto sink = warning.sink();
        print(sink, "bridge ", device.address, " in group ", *device.group, " is driven by ", device.driver,
            ", from Linux 5.19 on guests cannot have the group until it is unbound");
        tell(context, warning.view());
        return;
    }
}

} // namespace

void explain(Sink& sink, Decision const& decision, Session const& session)
{
    auto const& entry = entry_of(decision, session);
    auto const* device = device_of(decision, session.inventory);
    switch (decision.code) {
    case Code::None:
        break;
    case Code::NotFound:
        return explain_not_found(sink, entry, session.inventory);
    case Code::IdMismatch:
        return explain_id_mismatch(sink, *device);
    case Code::Ambiguous:
        return explain_ambiguous(sink, entry, session.inventory);
    case Code::Unreadable:
        return explain_unreadable(sink, entry, device, session.inventory);
    case Code::IsBridge:
        return print(sink, "class ", Hex{device->class_code >> 8, 4},
            " is a bridge, which stays with the host, list the devices behind it");
    case Code::NoIommu:
        return explain_no_iommu(sink, session.inventory.iommu);
    case Code::NoGroup:
        return print(sink, "the IOMMU is on and does not cover this device, so it cannot be isolated");
    case Code::NoIommuGroup:
        return print(sink, "its group is in VFIO's no-IOMMU mode, which isolates nothing");
    case Code::SharedGroup:
        return explain_shared_group(sink, decision, session);
    case Code::GroupRefused:
        return explain_group_refused(sink, decision, session);
    case Code::BootDisplay:
        return print(
            sink, "the firmware booted on this display, 'boot-display = bind' under [options] gives it away");
    case Code::ModuleMissing:
        return explain_module_missing(sink, decision, session);
    case Code::BindFailed:
        return explain_bind_failed(sink, decision, session);
    case Code::Timeout:
        return explain_timeout(sink, decision, session);
    }
}

void describe(Sink& sink, Decision const& decision, Session const& session)
{
    auto const* device = device_of(decision, session.inventory);
    print(sink, entry_of(decision, session).label);
    if (device)
        print(sink, " ", device->address);
    print(sink, ": ");
    switch (decision.outcome) {
    case Outcome::WouldBind:
        print(sink, "would bind to ", driver_name(decision.target));
        break;
    case Outcome::Bound:
        print(sink, "bound to ", driver_name(decision.target));
        break;
    case Outcome::Refused:
    case Outcome::Failed:
        print(sink, outcome_name(decision.outcome), " (", code_name(decision.code), "): ");
        explain(sink, decision, session);
        return;
    }
    if (!device)
        return;
    print(sink, " (", device->id);
    if (device->group)
        print(sink, ", group ", *device->group);
    else
        print(sink, ", its group appears and is checked when it is bound");
    if (decision.outcome == Outcome::WouldBind)
        print(sink, device->driver.empty() ? ", now without a driver" : ", now on ", device->driver);
    print(sink, ")");
}

void for_each_warning(Session const& session, Tell tell, void* context)
{
    for (auto const& problem : session.problems) {
        Warning warning;
        auto sink = warning.sink();
        print(sink, "configuration");
        if (problem.line != 0)
            print(sink, " line ", problem.line);
        print(sink, ": ", problem.text);
        tell(context, warning.view());
    }
    if (session.is_switched_off)
        tell(context,
            "rd.vfio_early= is on the running kernel's command line: while it stays there, nothing is bound");
    if (session.inventory.acs_is_overridden)
        tell(
            context, "pcie_acs_override= is on the kernel command line: the groups it makes isolate nothing");
    for (auto const& device : session.inventory.devices)
        tell_of_bridge(session, device, tell, context);
    for (auto const& decision : session.plan.decisions) {
        auto const* device = device_of(decision, session.inventory);
        if (!device || decision.code != Code::None || !device->is_boot_display)
            continue;
        Warning warning;
        auto sink = warning.sink();
        print(sink, "the firmware booted on ", device->address, ": it goes dark when it is bound");
        tell(context, warning.view());
    }
}

} // namespace vfio_early
