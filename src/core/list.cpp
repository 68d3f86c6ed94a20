// SPDX-License-Identifier: MIT
#include "core/list.h"

#include "base/text.h"
#include "core/class_word.h"
#include "core/explain.h"
#include "core/report.h"
#include "core/topology.h"
#include "core/viability.h"

#include <algorithm>

namespace vfio_early {

namespace {

using Members = std::span<DeviceIndex const>;

// A line that is put together of columns.
class Line {
public:
    explicit Line(Sink& sink) : m_sink(sink) { }

    void append(std::string_view text)
    {
        m_sink.write(text);
        m_size += text.size();
    }

    // Blanks up to a column, at least one.
    void pad(size_t column)
    {
        do
            append(" ");
        while (m_size < column);
    }

    size_t size() const { return m_size; }

private:
    Sink& m_sink;
    size_t m_size = 0;
};

// Where the columns begin. What is longer than its column shifts the rest of the line, and cuts nothing.
enum Column : size_t {
    AddressColumn = 4,
    ClassColumn = AddressColumn + sizeof("00:00.0"),
    IdColumn = ClassColumn + max_class_word_bytes + 1,
    DriverColumn = IdColumn + sizeof("0000:0000"),
    UsesColumn = DriverColumn + sizeof("snd_hda_intel"),
    NameColumn = UsesColumn + sizeof("default-route"),
    OfferColumn = sizeof("GROUP 000 "),
    ReasonColumn = OfferColumn + sizeof("YES "),
};

void put_driver(Sink& sink, Device const& device)
{
    if (device.driver.empty())
        sink.write("-");
    else
        print(sink, "%n", device.driver);
}

// Words with commas in between, each of them once if they follow each other.
class Words {
public:
    explicit Words(Sink& sink) : m_sink(sink) { }

    void add(std::string_view word)
    {
        if (word == m_last)
            return;
        print(m_sink, "%c%e", m_last.empty() ? "" : ",", word);
        m_last = word;
    }

    bool is_empty() const { return m_last.empty(); }

private:
    Sink& m_sink;
    std::string_view m_last;
};

// What a device is in use for, in words without blanks: 'nvme0n1', 'eno1,default-route', 'keyboard',
// 'boot-display', 'guest', '[gpu]', or '-'.
void put_uses(Sink& sink, DeviceIndex index, List const& list)
{
    auto const& session = list.session;
    auto const& device = session.inventory.devices[index];
    Words words(sink);
    list.record.for_each_attached(index, [&](Attached const& thing) {
        auto const name = name_to_show(thing.kind, thing.name.view(), list);
        words.add(name.empty() || thing.kind >= UseKind::Keyboard ? name_of(thing.kind) : name);
    });
    bool is_in_use = host_fact_of(device, false, session.facts, session.inventory) != nullptr;
    for (auto const& use : session.uses.uses) {
        if (use.device != device.address)
            continue;
        is_in_use |= use.weight.is_now;
        if (use.kind != UseKind::Other)
            words.add(name_of(use.kind));
    }
    if (device.is_boot_display)
        words.add("boot-display");
    if (is_in_use && words.is_empty())
        words.add(name_of(UseKind::Other));
    FixedString<max_label_bytes + 2> label;
    if (auto const* line = line_of(index, session)) {
        label = printed<FixedString<max_label_bytes + 2>>("[%s]", line->label);
        words.add(label.view());
    }
    if (words.is_empty())
        sink.write("-");
}

void write_device(Sink& output, DeviceIndex index, List const& list)
{
    auto const& device = list.session.inventory.devices[index];
    Line line(output);
    Sink sink(line);
    if (device.group)
        print(sink, "%u", *device.group);
    else
        sink.write("-");
    line.pad(AddressColumn);
    print(sink, "%b", device.address);
    line.pad(ClassColumn);
    sink.write(device.is_identified ? class_word(device.class_code) : "-");
    line.pad(IdColumn);
    put_id(sink, device);
    line.pad(DriverColumn);
    put_driver(sink, device);
    line.pad(UsesColumn);
    put_uses(sink, index, list);
    // Names give way, and facts never.
    FixedString<2 * max_model_name_bytes> name;
    Sink name_sink(name);
    if (auto const* known = list.record.names.find(device.id))
        put_model(name_sink, *known);
    auto const start = std::max<size_t>(line.size() + 1, NameColumn);
    if (!name.empty() && start + 1 < list.width) {
        line.pad(NameColumn);
        auto const room = list.width - start;
        bool const is_cut = name.view().size() > room;
        print(sink, "%s%c", slice(name.view(), 0, is_cut ? room - 1 : room), is_cut ? "~" : "");
    }
    output.write("\n");
}

// The addresses of those decisions that are meant: '04:00.0 and 2a:00.0'.
void put_addresses(Sink& sink, List const& list, FunctionRef<bool(Decision const&)> is_meant)
{
    Address const* last = nullptr;
    char const* separator = "";
    char const* last_separator = "";
    for (auto const& decision : list.trial.plan.decisions) {
        if (!decision.device || !is_meant(decision))
            continue;
        if (last) {
            print(sink, "%c%b", separator, *last);
            separator = ", ";
            last_separator = " and ";
        }
        last = &list.session.inventory.devices[*decision.device].address;
    }
    if (last)
        print(sink, "%c%b", last_separator, *last);
}

Address const& address_of(Decision const& decision, List const& list)
{
    return list.session.inventory.devices[*decision.device].address;
}

bool is_for_guest(Decision const& decision)
{
    return decision.target == Target::VfioPci;
}

// Neither alone, as the kernel tells, nor with its bus: there is no bridge above it whose bus could be reset.
bool cannot_be_reset(Decision const& decision, List const& list)
{
    return is_for_guest(decision) && list.record.shows_resets
        && list.record.functions[*decision.device].reset.empty()
        && !bridge_above(list.session.inventory, address_of(decision, list));
}

// What `suggest` would refuse although the group can be given away: an error of the configuration, or a line
// that is wrong. False where there is nothing.
bool put_correction(Sink& sink, Decision const& first, List const& list)
{
    auto const& session = list.session;
    if (!session.problems.empty()) {
        sink.write(", once the configuration has no error");
        return true;
    }
    for (auto const& decision : list.trial.plan.decisions) {
        auto const position = find_decision(session.plan, *decision.device);
        if (!position)
            continue;
        auto const& listed = session.plan.decisions[*position];
        bool const is_stubbed = &decision == &first && !is_for_guest(listed);
        if (!has_own_reason(listed) && !is_stubbed)
            continue;
        auto const& entry = session.config.entries[listed.entry];
        print(sink, ", once line %u of the configuration is corrected (%s: %s)", entry.line, entry.label,
            is_stubbed ? section_name(listed.target) : name_of(listed.reason));
        return true;
    }
    return false;
}

void put_offer(Sink& sink, Offer offer, List const& list)
{
    uint32_t functions = 0;
    uint32_t cards = 0;
    Decision const* first = nullptr;
    Decision const* before = nullptr;
    bool has_parts_of_board = false;
    bool is_any_without_reset = false;
    for (auto const& decision : list.trial.plan.decisions) {
        has_parts_of_board |= !is_for_guest(decision);
        is_any_without_reset |= cannot_be_reset(decision, list);
        if (!is_for_guest(decision))
            continue;
        if (!before || !is_same_card(address_of(*before, list), address_of(decision, list)))
            ++cards;
        ++functions;
        before = &decision;
        first = first ? first : &decision;
    }
    if (offer == Offer::WithOthers)
        print(sink, "these %u functions of %u cards together", functions, cards);
    else if (offer == Offer::Together)
        print(sink, "these %u together", functions);
    else
        sink.write("alone");
    if (has_parts_of_board) {
        sink.write(", with ");
        put_addresses(sink, list, [](Decision const& decision) { return !is_for_guest(decision); });
        sink.write(" under [stub]");
    }
    bool const is_to_be_corrected = put_correction(sink, *first, list);
    if (!is_to_be_corrected && (offer != Offer::Alone || has_parts_of_board))
        print(sink, "; see: suggest %b", address_of(*first, list));
    if (is_any_without_reset) {
        sink.write("; no reset of ");
        put_addresses(sink, list, [&](Decision const& decision) { return cannot_be_reset(decision, list); });
        sink.write(", so a guest can start once");
    }
}

void put_shared(Sink& sink, Decision const& decision, List const& list)
{
    auto const& session = list.session;
    auto const* group = group_of(decision, session.inventory);
    if (group && !group->others.empty())
        return print(sink, "%n in it is no PCI device", group->others[0]);
    auto separator = "the platform needs ";
    for (auto const peer : list.trial.plan.devices_of(decision.concerned)) {
        print(sink, "%c%b", separator, session.inventory.devices[peer].address);
        separator = ", ";
    }
}

void put_refusal(Sink& sink, List const& list)
{
    auto const& trial = list.trial;
    auto const& decision = decisive(trial.plan);
    auto const put_those = [&] {
        put_addresses(sink, list, [&](Decision const& other) { return other.reason == decision.reason; });
    };
    switch (decision.reason) {
    case Reason::None:
        return print(sink, "it holds more than %u functions", max_entries);
    case Reason::Protected:
        sink.write("the host needs ");
        put_those();
        break;
    case Reason::BootDisplay:
        sink.write("the firmware booted on ");
        put_those();
        sink.write(", 'boot-display = bind' gives it away");
        return;
    case Reason::SharedGroup:
        put_shared(sink, decision, list);
        break;
    case Reason::Unreadable:
        if (list.session.inventory.is_overfull)
            return sink.write("there are too many functions to tell");
        put_those();
        return print(sink, " cannot be read, or the group");
    default:
        return sink.write(meaning_of(decision.reason));
    }
    if (trial.plan.decisions.size() > 1)
        print(sink, "; see: why %b", address_of(decision, list));
}

// What has no group where there are some.
std::string_view text_of_groupless(Inventory const& inventory)
{
    return inventory.groups_appear_late ? std::string_view("these get their groups when they are bound")
                                        : meaning_of(Reason::NoGroup);
}

void write_group_line(Sink& output, uint32_t number, Offer offer, List const& list)
{
    constexpr std::string_view colours[] = {"32", "32", "33", "31", "2"}; // of ECMA-48, by Offer
    Line line(output);
    Sink sink(line);
    print(sink, "GROUP %u", number);
    line.pad(OfferColumn);
    if (list.has_colour)
        print(output, "\033[%sm", colours[static_cast<size_t>(offer)]);
    sink.write(answer_of(offer));
    if (list.has_colour)
        output.write("\033[0m");
    line.pad(ReasonColumn);
    put_reason(output, offer, list);
    output.write("\n");
}

// Whether a guest may want it: no bridge and no part of the board, or nobody knows what it is.
bool may_be_for_guest(Device const& device)
{
    return stands_in_the_way(device) && !(device.is_readable && is_board_part(device));
}

// What is to be shown, in this order, and what is left out of the rest.
struct Choice {
    DeviceIndices shown;
    uint32_t groups = 0; // of the machine
    uint32_t dull_groups = 0; // those that hold nothing that a guest may want
    uint32_t dull_devices = 0;
};

Choice choose(List const& list)
{
    auto const order = list.session.inventory.by_group();
    Choice choice;
    for_each_group({order.begin(), order.size()}, list.session.inventory, [&](Members members) {
        auto const& devices = list.session.inventory.devices;
        bool const has_group = devices[members[0]].group.has_value();
        auto const is_dull = [&](DeviceIndex index) { return !may_be_for_guest(devices[index]); };
        auto const is_wanted = [&](DeviceIndex index) { return list.is_wanted[index]; };
        bool const is_dull_group = has_group && std::ranges::all_of(members, is_dull);
        bool const is_wanted_group = has_group && std::ranges::any_of(members, is_wanted);
        choice.groups += has_group ? 1 : 0;
        choice.dull_groups += is_dull_group ? 1 : 0;
        for (auto const index : members) {
            bool const is_dull_one = has_group ? is_dull_group : is_dull(index);
            choice.dull_devices += is_dull_one ? 1 : 0;
            if (list.is_narrowed ? is_wanted_group || is_wanted(index) : list.shows_all || !is_dull_one)
                choice.shown.append(index);
        }
    });
    return choice;
}

void write_head(Sink& sink, Choice const& choice, List const& list)
{
    auto const& inventory = list.session.inventory;
    bool const has_groups = choice.groups > 0 || inventory.iommu == Iommu::On;
    if (has_groups) {
        print(sink, "IOMMU on. %u groups; %u hold%c only bridges and board parts", choice.groups,
            choice.dull_groups, choice.dull_groups == 1 ? "s" : "");
    } else {
        print(sink, "IOMMU %s: ", name_of(inventory.iommu));
        explain_no_iommu(sink, inventory.iommu);
        print(sink, ".\n%u functions; %u %c", inventory.devices.size(), choice.dull_devices,
            choice.dull_devices == 1 ? "is a bridge or board part" : "are bridges and board parts");
    }
    bool const is_any_left_out = !list.shows_all && !list.is_narrowed && choice.dull_devices > 0;
    sink.write(is_any_left_out ? " (--all shows them).\n\n" : ".\n\n");
}

} // namespace

void for_each_group(
    std::span<DeviceIndex const> order, Inventory const& inventory, FunctionRef<void(Members)> each)
{
    auto const& devices = inventory.devices;
    for (size_t start = 0, end = 0; start < order.size(); start = end) {
        while (end < order.size() && devices[order[end]].group == devices[order[start]].group)
            ++end;
        each(order.subspan(start, end - start));
    }
}

Decision const& decisive(Plan const& plan)
{
    Decision const* found = nullptr;
    for (auto const& decision : plan.decisions) {
        bool const has_own = decision.reason != Reason::None && decision.reason != Reason::GroupRefused;
        if (has_own
            && (!found || (decision.reason == Reason::Protected && found->reason != Reason::Protected)))
            found = &decision;
    }
    return found ? *found : plan.decisions[0];
}

std::string_view name_to_show(UseKind kind, std::string_view name, List const& list)
{
    // 'enx' or 'wlx' and the address (systemd.net-naming-scheme(7)).
    bool const is_made_of_mac = name.size() == max_interface_name_bytes && name[2] == 'x';
    bool const is_harmless =
        kind == UseKind::Disk || (kind == UseKind::Interface && !is_made_of_mac) || !list.is_anonymous;
    return is_harmless ? name : std::string_view{};
}

DeviceIndices devices_to_show(List const& list)
{
    return choose(list).shown;
}

void put_reason(Sink& sink, Offer offer, List const& list)
{
    if (offer == Offer::Nothing)
        sink.write("only bridges and parts of the board");
    else if (offer == Offer::No)
        put_refusal(sink, list);
    else
        put_offer(sink, offer, list);
}

void for_each_warning(List const& list, FunctionRef<void(std::string_view)> tell)
{
    auto const& session = list.session;
    using Warning = FixedString<max_warning_bytes>;
    if (session.inventory.is_incomplete || !list.record.is_complete)
        tell("not all of /sys could be read, so there may be more than is shown");
    if (session.inventory.acs_is_overridden)
        tell(acs_is_overridden_text);
    if (session.is_running_system && session.uses.is_incomplete)
        tell(printed<Warning>("not all of what the host needs could be found: %s",
            list.is_anonymous ? std::string_view("why is left out") : session.uses.doubt.view())
                 .view());
    if (!session.is_running_system)
        tell("this is no running system, so what the host needs is taken from /etc/vfio-early.facts");
}

void write_list(Sink& sink, List const& list)
{
    auto const choice = choose(list);
    Members const shown(choice.shown.begin(), choice.shown.size());
    auto const& inventory = list.session.inventory;
    write_head(sink, choice, list);
    for_each_group(shown, inventory, [&](Members members) {
        if (auto const number = inventory.devices[members[0]].group)
            write_group_line(sink, *number, offer(members, list.session, list.trial), list);
        else if (choice.groups > 0 || inventory.iommu == Iommu::On)
            print(sink, "NO GROUP   %s\n", text_of_groupless(inventory));
        for (auto const index : members)
            write_device(sink, index, list);
    });
}

} // namespace vfio_early
