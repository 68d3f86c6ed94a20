// SPDX-License-Identifier: MIT
// Makes a machine and the record of it, and shows it in every way there is: as a list, as what joins its
// groups, as lines that are suggested, and as the side of the guest. The first byte says how, a machine
// follows (made_machine.h), and then things that are on its functions: where, of which kind, and a name up to
// a newline.
#include "core/list.h"
#include "base/text.h"
#include "core/class_word.h"
#include "core/guest.h"
#include "core/plan.h"
#include "core/suggest.h"
#include "core/topology.h"
#include "core/why.h"
#include "made_machine.h"
#include "output.h"
#include "promises.h"

using namespace vfio_early;

namespace {

// The bits of the first byte.
struct Wish {
    bool shows_all;
    bool is_anonymous;
    bool is_narrow;
    bool is_narrowed;
    bool is_by_path;
    bool is_only_new; // the draft begins without the lines that are there
    size_t quarter; // of the functions, whose groups are explained
};

void fill_record(MachineRecord& record, Inventory const& inventory, Bytes& bytes)
{
    for (auto const& device : inventory.devices) {
        FunctionRecord function;
        if (device.address.function % 2 == 0)
            function.reset = FixedString<max_word_bytes>("flr bus");
        function.path = FixedString<max_record_path_bytes>("pci0000:00/0000:00:1c.4");
        record.functions.append(function);
        record.names.want(device.id);
    }
    record.kernel = FixedString<max_word_bytes>("6.12.48+deb13-amd64");
    record.iommu_unit = FixedString<max_word_bytes>("dmar0");
    record.shows_resets = true;
    record.names.read_line("8086  Intel Corporation");
    while (bytes.left > 2 && !inventory.devices.empty()) {
        auto const index = static_cast<DeviceIndex>(bytes.take() % inventory.devices.size());
        auto const kind = static_cast<UseKind>(bytes.take() % (static_cast<unsigned>(UseKind::Guest) + 1));
        auto rest = text_of(bytes.next, bytes.left);
        auto const name = take_until(rest, '\n');
        bytes = {bytes.next + (bytes.left - rest.size()), rest.size()};
        if (kind == UseKind::Other)
            record.names.read_line(name); // of pci.ids
        else
            record.attach(index, kind, name);
    }
}

void check_record(MachineRecord const& record)
{
    size_t count = 0;
    for (size_t i = 0; i < record.functions.size(); ++i) {
        Attached const* last = nullptr;
        record.for_each_attached(static_cast<DeviceIndex>(i), [&](Attached const& thing) {
            must(!last || last->kind < thing.kind
                    || (last->kind == thing.kind && last->name.view() <= thing.name.view()),
                "things are by kind and name");
            last = &thing;
            ++count;
        });
    }
    must(count == record.attached.size(), "each thing is on one function");
}

void show_list(Session& session, MachineRecord const& record, Wish wish)
{
    auto& trial = fresh<Trial>();
    List list{.session = session, .record = record, .trial = trial};
    list.shows_all = wish.shows_all;
    list.is_anonymous = wish.is_anonymous;
    list.has_colour = false;
    list.width = wish.is_narrow ? 40 : 120;
    list.is_narrowed = wish.is_narrowed && !session.inventory.devices.empty();
    list.is_wanted[0] = true;
    plain_text_of([&](Sink& sink) { write_list(sink, list); });
    json_of([&](Sink& sink) { write_list_json(sink, list); });
    for_each_warning(list, [](std::string_view warning) { must_be_plain(warning); });
    for (auto const& group : session.inventory.groups) {
        auto const answer = offer(group.number, session, trial);
        if (answer != Offer::No && answer != Offer::Nothing)
            Promises{trial.config, session.facts, session.inventory, trial.plan}.check();
        for (auto const& decision : trial.plan.decisions)
            must(answer == Offer::No || answer == Offer::Nothing || Promises::is_to_bind(decision),
                "what is offered can be given away");
    }
}

void explain_groups(Inventory const& inventory, Wish wish)
{
    for (size_t i = wish.quarter; i < inventory.devices.size(); i += 4) {
        auto const& device = inventory.devices[i];
        auto& why = fresh<Why>();
        find_why(inventory, device, why);
        plain_text_of([&](Sink& sink) { write_why(sink, why); });
        json_of([&](Sink& sink) { write_why_json(sink, why); });
        auto const isolation = Isolation{.is_known = true,
            .is_multifunction = device.address.function > 0,
            .has_slot = device.address.device % 2 == 0,
            .type = static_cast<uint8_t>(device.address.device),
            .control = AccessControl{.capability = required_access_control, .control = device.id.device}};
        why.joint_isolation = isolation;
        why.boundary_isolation = isolation;
        plain_text_of([&](Sink& sink) { write_why(sink, why); });
        json_of([&](Sink& sink) { write_why_json(sink, why); });
    }
}

// From the root bus down, as sysfs has it.
Location path_to(Inventory const& inventory, Address address)
{
    std::vector<Address> above = {address};
    while (auto const* bridge = bridge_above(inventory, above.back())) {
        if (bridge->secondary_bus != above.back().bus || above.size() > max_path_steps)
            break;
        above.push_back(bridge->address);
    }
    auto location = by_address(above.back());
    for (size_t i = above.size() - 1; i > 0; --i)
        location.steps.append({above[i - 1].device, above[i - 1].function});
    return location;
}

// What is pasted into an empty file is accepted as a whole.
void check_pasted(Session const& session, Draft const& draft, std::string const& lines)
{
    auto& config = fresh<Config>();
    auto& plan = fresh<Plan>();
    Problems problems;
    parse_config(lines, config, problems);
    if (!problems.empty())
        fprintf(stderr, "%s\n%s\n", lines.c_str(), problems[0].text.c_str());
    must(problems.empty(), "what is suggested can be pasted");
    make_plan(config, session.facts, session.inventory, plan, problems);
    must(problems.empty(), "lines that are suggested do not contradict each other");
    auto const wanted = accepted(draft, Target::VfioPci).size() + accepted(draft, Target::PciStub).size();
    must(plan.decisions.size() == wanted, "each device that is suggested has one line");
    for (auto const& decision : plan.decisions)
        must(Promises::is_to_bind(decision), "what is suggested would be bound");
    Promises{config, session.facts, session.inventory, plan}.check();
}

void suggest(Session& session, MachineRecord const& record, Wish wish)
{
    auto const& inventory = session.inventory;
    if (wish.is_only_new) {
        session.config.entries.clear();
        session.config.handovers.clear();
        session.plan.decisions.clear();
    }
    Draft draft{session.config, session.plan, session.problems};
    for (size_t i = 0; i < inventory.devices.size(); ++i) {
        auto const& driver = inventory.devices[i].driver.view();
        if (driver == "vfio-pci" || driver == "nvme")
            draft.wanted[i] = Target::VfioPci;
        if (driver == "pci-stub")
            draft.wanted[i] = Target::PciStub;
    }
    complete(draft, session,
        [&](Address address) { return wish.is_by_path ? path_to(inventory, address) : by_address(address); });
    auto const put_name = [&](Sink& sink, Device const& device) {
        FixedString<max_fact_text_bytes> name;
        Sink name_sink(name);
        if (auto const* known = record.names.find(device.id))
            put_model(name_sink, *known);
        print(sink, "%s", name.empty() ? class_word(device.class_code) : name.view());
    };
    auto const lines = plain_text_of([&](Sink& sink) { write_lines(sink, draft, inventory, put_name); });
    json_of([&](Sink& sink) { write_suggestion_json(sink, draft, session, put_name); });
    for (auto const format : {GuestFormat::Libvirt, GuestFormat::Qemu, GuestFormat::Proxmox})
        plain_text_of(
            [&](Sink& sink) { write_guest(sink, format, accepted(draft, Target::VfioPci), inventory); });
    for_each_refusal(draft, [&](Decision const& decision) {
        must(decision.reason != Reason::None, "what is refused has a reason");
    });
    if (wish.is_only_new && !draft.is_full && draft.problems.empty() && !lines.empty())
        check_pasted(session, draft, lines);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size)
{
    auto& session = fresh<Session>();
    Bytes bytes{data, size};
    auto const first = bytes.take();
    Wish const wish = {.shows_all = (first & 1) != 0,
        .is_anonymous = (first & 2) != 0,
        .is_narrow = (first & 4) != 0,
        .is_narrowed = (first & 8) != 0,
        .is_by_path = (first & 16) != 0,
        .is_only_new = (first & 32) != 0,
        .quarter = first / 64u};
    session.is_running_system = true;
    MadeMachine machine(session, bytes);
    parse_config(machine.lines(), session.config, session.problems);
    if (session.problems.empty())
        make_plan(session.config, session.facts, session.inventory, session.plan, session.problems);
    if (!session.problems.empty())
        session.plan.decisions.clear();
    session.is_planned = true;
    auto& record = fresh<MachineRecord>();
    fill_record(record, session.inventory, bytes);
    check_record(record);
    show_list(session, record, wish);
    explain_groups(session.inventory, wish);
    if (session.problems.empty())
        suggest(session, record, wish);
    return 0;
}
