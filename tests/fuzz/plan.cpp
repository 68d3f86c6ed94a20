// SPDX-License-Identifier: MIT
// Makes a machine, facts and a configuration of its input, plans, and holds the plan against what is
// promised. The first byte counts the functions; each takes nine bytes, of which the last says which line it
// gets. The rest is the text of further lines.
#include "core/plan.h"
#include "core/report.h"
#include "core/resolve.h"
#include "core/viability.h"
#include "fuzz.h"
#include "json.h"

using namespace vfio_early;

namespace {

constexpr size_t max_functions = 24;
constexpr size_t bytes_of_function = 9;
constexpr uint32_t classes[] = {
    0x030000, 0x020000, 0x010802, 0x040300, 0x060000, 0x060400, 0x060700, 0x0c0330};
constexpr std::string_view drivers[] = {
    "", "e1000e", "vfio-pci", "pci-stub", "pcieport", "nvme", "vfio-pci", ""};

struct Bytes {
    uint8_t const* next;
    size_t left;

    uint8_t take()
    {
        if (left == 0)
            return 0;
        --left;
        return *next++;
    }
};

void add_host_fact(Session& session, Device const& device)
{
    HostFact fact;
    fact.why = FactText("/ on nvme0n1");
    fact.device.address = device.address;
    fact.device.place = device.address;
    fact.device.id = device.id;
    fact.device.subsystem = device.subsystem;
    session.facts.host.append(fact);
}

// Lines that name functions of the machine, by section.
struct Lines {
    std::string text[2] = {"[bind]\n", "[stub]\n"};
    unsigned count = 0;

    void add(Device const& device, uint8_t choice)
    {
        constexpr std::string_view forms[] = {"%a", "%a %i", "%i", "%i all"};
        auto const form = forms[choice / 2 % 4];
        auto& section = text[choice % 16 == 15];
        section += "l" + std::to_string(count++) + " = ";
        Sink sink(section);
        if (form.starts_with("%a"))
            print(sink, "%a ", device.address);
        if (form.find("%i") != std::string_view::npos)
            print(sink, "%i ", device.id);
        section += form.ends_with("all") ? "all\n" : "\n";
    }
};

// Addresses and groups repeat, so that functions meet.
void add_function(Session& session, Bytes& bytes, Lines& lines)
{
    auto& inventory = session.inventory;
    Device device;
    auto const where = bytes.take();
    device.address = {.domain = bytes.take() > 250 ? 0x10000u : 0u,
        .bus = static_cast<uint8_t>(where >> 6),
        .device = static_cast<uint8_t>(where >> 3 & 7),
        .function = static_cast<uint8_t>(where & 7)};
    device.id = {.vendor = 0x8086, .device = static_cast<uint16_t>(bytes.take() % 8)};
    device.subsystem = {.vendor = 0x1043, .device = 1};
    auto const kind = bytes.take();
    device.class_code = classes[kind % 8];
    device.header = kind % 8 == 5 ? HeaderType::Bridge
        : kind % 8 == 6           ? HeaderType::CardBus
                                  : HeaderType::Normal;
    device.driver = DriverName(drivers[bytes.take() % 8]);
    auto const group = bytes.take();
    if (group < 250)
        device.group = group % 6;
    auto const flags = bytes.take();
    device.is_identified = (flags & 0x0f) != 0;
    device.is_readable = device.is_identified && (flags & 0xf0) != 0;
    device.is_boot_display = is_display(device) && (flags & 0x11) == 0x11;
    auto const more = bytes.take();
    auto const choice = bytes.take();
    if (device.header == HeaderType::Bridge && more % 2)
        device.secondary_bus = static_cast<uint8_t>(device.address.bus + 1 + more % 3);
    if (inventory.find(device.address))
        return;
    if (device.group && !inventory.find_group(device.group)) {
        Group made = {.number = *device.group};
        made.is_no_iommu = more % 31 == 3;
        made.is_readable = more % 29 != 5;
        if (more % 23 == 7)
            made.others.append(FixedString<max_member_name_bytes>("MSFT0101:00"));
        inventory.groups.append(made);
    }
    inventory.devices.append(device);
    if (choice < 224)
        lines.add(device, choice);
    if (more % 17 == 11)
        add_host_fact(session, device);
}

void make_machine(Session& session, Bytes& bytes, Lines& lines)
{
    auto const head = bytes.take();
    session.inventory.iommu = head % 16 == 15 ? Iommu::OffInKernel : Iommu::On;
    session.inventory.groups_appear_late = head % 16 == 14;
    session.inventory.is_incomplete = head % 16 == 13;
    session.facts.is_there = true;
    for (size_t i = 0; i < head / 16 * 2u && i < max_functions && bytes.left >= bytes_of_function; ++i)
        add_function(session, bytes, lines);
}

bool is_to_bind(Decision const& decision)
{
    return decision.outcome == Outcome::WouldBind && decision.reason == Reason::None;
}

bool is_selected_by_a_line(Session const& session, DeviceIndex device)
{
    for (auto const& entry : session.config.entries) {
        auto const resolution = resolve(entry.selector, session.inventory);
        for (auto const found : resolution.devices) {
            if (found == device && resolution.kind == Resolution::Kind::Found)
                return true;
        }
    }
    return false;
}

void check_group(Session const& session, Decision const& bound, uint32_t group)
{
    for (auto const& other : session.plan.decisions) {
        auto const* device = device_of(other, session.inventory);
        if (device && device->group == group)
            must(is_to_bind(other), "a group is bound whole or not at all");
    }
    for (size_t i = 0; i < session.inventory.devices.size(); ++i) {
        auto const& member = session.inventory.devices[i];
        if (member.group != group)
            continue;
        must(find_decision(session.plan, static_cast<DeviceIndex>(i)) || !is_endpoint(member),
            "no unlisted endpoint is in a group that is bound");
        must(member.is_readable || member.group != device_of(bound, session.inventory)->group,
            "all of a group that is bound could be read");
    }
    auto const* found = session.inventory.find_group(group);
    must(found && found->is_readable && !found->is_no_iommu && found->others.empty(),
        "a group that is bound is a group");
}

void check_plan(Session const& session)
{
    auto const& inventory = session.inventory;
    for (auto const& decision : session.plan.decisions) {
        if (!is_to_bind(decision)) {
            must(decision.reason != Reason::None, "what is refused has a reason");
            continue;
        }
        must(decision.device.has_value(), "what is bound is a device");
        auto const& device = inventory.devices[*decision.device];
        must(is_selected_by_a_line(session, *decision.device), "what is bound is on a line");
        must(is_endpoint(device) && device.is_readable, "what is bound is an endpoint");
        must(!device.is_boot_display || session.config.options.boot_display == BootDisplay::Bind,
            "the boot display stays");
        for (auto const& fact : session.facts.host)
            must(fact.device.address != device.address || decision.may_be_given_away,
                "what the host lives on stays");
        if (device.group)
            check_group(session, decision, *device.group);
        else
            must(inventory.groups_appear_late, "what is bound has a group, or will have one");
    }
}

std::string verdicts(Session const& session)
{
    std::string all;
    for (auto const& decision : session.plan.decisions)
        all += std::string(name_of(decision.reason)) + (is_to_bind(decision) ? "+" : "-");
    return all;
}

void plan_it(Session& session)
{
    session.plan.decisions.clear();
    session.plan.recorded.clear();
    make_plan(session.config, session.facts, session.inventory, session.plan, session.problems);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size)
{
    static std::unique_ptr<Session> const memory = std::make_unique<Session>();
    auto& session = *memory;
    session.inventory.devices.clear();
    session.inventory.groups.clear();
    session.facts.host.clear();
    session.config = {};
    session.problems = {};
    Bytes bytes{data, size};
    Lines lines;
    make_machine(session, bytes, lines);
    ExactCopy const copy(lines.text[0] + lines.text[1] + std::string(text_of(bytes.next, bytes.left)));
    parse_config(copy.text, session.config, session.problems);
    if (!session.problems.empty())
        return 0;
    plan_it(session);
    if (!session.problems.empty())
        return 0;
    session.is_planned = true;
    check_plan(session);
    std::string json;
    Sink sink(json);
    write_json(sink, session);
    must(is_json(json), "the report is JSON");

    auto const before = verdicts(session);
    for (auto const& decision : session.plan.decisions) {
        if (is_to_bind(decision))
            session.inventory.devices[*decision.device].driver = DriverName(driver_name(decision.target));
    }
    plan_it(session);
    must(verdicts(session) == before, "planning again on what was bound changes nothing");
    return 0;
}
