// SPDX-License-Identifier: MIT
#include "core/suggest.h"

#include "base/text.h"
#include "core/explain.h"
#include "core/version.h"
#include "core/viability.h"

namespace vfio_early {

namespace {

using Label = FixedString<max_label_bytes>;

// What lines are called after, by class (include/linux/pci_ids.h): with its sub-class, else the base class.
constexpr struct {
    uint16_t kind;
    char word[10];
} words[] = {{0x0106, "sata"}, {0x0108, "nvme"}, {0x0280, "wifi"}, {0x0401, "audio"}, {0x0403, "audio"},
    {0x0c03, "usb"}, {0x01, "storage"}, {0x02, "nic"}, {0x03, "gpu"}, {0x04, "media"}, {0x05, "memory"},
    {0x0c, "serial"}, {0x10, "crypto"}, {0x11, "sensor"}};

char const* word_for(Device const& device)
{
    auto const kind = device.is_identified ? device.class_code >> 8 : 0;
    for (auto const& row : words) {
        if (row.kind == kind || row.kind == kind >> 8)
            return row.word;
    }
    return "device";
}

bool is_on_card_of_display(Device const& device, Inventory const& inventory)
{
    for (auto const& other : inventory.devices) {
        if (is_display(other) && &other != &device && is_same_card(other.address, device.address))
            return true;
    }
    return false;
}

bool is_taken(Config const& config, Label const& label)
{
    for (auto const& entry : config.entries) {
        if (entry.label.view() == label.view())
            return true;
    }
    return false;
}

// 'gpu', 'gpu-audio', or 'nic-2' where the configuration has a 'nic'.
Label label_for(Device const& device, Config const& config, Inventory const& inventory)
{
    char const* const prefix = !is_display(device) && is_on_card_of_display(device, inventory) ? "gpu-" : "";
    auto label = printed<Label>("%c%c", prefix, word_for(device));
    for (uint32_t number = 2; is_taken(config, label); ++number)
        label = printed<Label>("%c%c-%u", prefix, word_for(device), number);
    return label;
}

// True where guests get both or none. Functions of one card that have no group yet may join one.
bool belongs_together(Device const& one, Device const& other, Inventory const& inventory)
{
    if (one.group || other.group)
        return one.group == other.group;
    return inventory.groups_appear_late && is_same_card(one.address, other.address);
}

// What the line of a peer is to say, if the group of something wanted needs one.
std::optional<Target> target_of_peer(Device const& peer, Draft const& draft, Inventory const& inventory)
{
    std::optional<Target> target;
    if (!stands_in_the_way(peer) || is_platform_part(peer))
        return target;
    for (size_t i = 0; i < inventory.devices.size(); ++i) {
        auto const& device = inventory.devices[i];
        if (!draft.wanted[i] || !belongs_together(peer, device, inventory))
            continue;
        bool const goes_along = is_same_card(peer.address, device.address) && !is_board_part(peer);
        if (goes_along && draft.wanted[i] == Target::VfioPci)
            return Target::VfioPci;
        target = Target::PciStub;
    }
    return target;
}

Selector selector_for(Device const& device, PlaceOf place)
{
    Selector selector;
    selector.location = place(device.address);
    if (device.is_identified)
        selector.id = IdPattern{device.id, {}};
    return selector;
}

bool has_own_reason(Decision const& decision)
{
    return decision.reason != Reason::None && decision.reason != Reason::SharedGroup
        && decision.reason != Reason::GroupRefused;
}

bool contains(DeviceIndices const& devices, DeviceIndex device)
{
    for (auto const index : devices) {
        if (index == device)
            return true;
    }
    return false;
}

void put_padded(Sink& sink, std::string_view text, size_t width)
{
    constexpr std::string_view blanks = "                               ";
    static_assert(blanks.size() == max_label_bytes);
    sink.write(text);
    sink.write(slice(blanks, 0, width > text.size() ? width - text.size() : 0));
}

// The lines below one section. Those that are there already are told as comments, where there are names.
void write_section(Sink& sink, Draft const& draft, Inventory const& inventory, Target target,
    std::string_view indent, PutName const* name)
{
    size_t width = 0;
    size_t count = 0;
    for_each_line(draft, inventory, target, [&](SuggestedLine const& line) {
        auto const size = line.entry.label.view().size();
        if (!line.is_known && size > width)
            width = size;
        count += name || !line.is_known;
    });
    if (count == 0)
        return;
    if (name)
        print(sink, "%s\n", section_name(target));
    else
        print(sink, "  add under %s:\n", section_name(target));
    for_each_line(draft, inventory, target, [&](SuggestedLine const& line) {
        if (line.is_known) {
            if (name)
                print(sink, "; %o is there already: %s = %s\n", line.device.address, line.entry.label,
                    line.entry.selector_text);
            return;
        }
        sink.write(indent);
        put_padded(sink, line.entry.label.view(), width);
        print(sink, " = %s", line.entry.selector_text);
        if (name) {
            sink.write("  ; ");
            (*name)(sink, line.device);
        }
        sink.write("\n");
    });
}

void write_json_line(Sink& sink, SuggestedLine const& line, PutName put_name)
{
    auto const& device = line.device;
    FixedString<max_fact_text_bytes> name;
    Sink name_sink(name);
    put_name(name_sink, device);
    print(sink, R"({"section": "%c", "label": "%s", "selector": %j, "address": "%o", "id": "%o", )",
        line.entry.target == Target::VfioPci ? "bind" : "stub", line.entry.label, line.entry.selector_text,
        device.address, device.id);
    if (device.group)
        print(sink, R"("group": %u, )", *device.group);
    else
        sink.write(R"("group": null, )");
    print(sink, R"("name": %j, "is_there": %c})", name, line.is_known ? "true" : "false");
}

// Whether a later decision is refused for the same group.
bool is_last_of_group(Decision const& decision, Session const& session)
{
    for (auto const* next = &decision + 1; next < session.plan.decisions.end(); ++next) {
        if (next->reason == Reason::SharedGroup && share_group(decision, *next, session.inventory))
            return false;
    }
    return true;
}

// The lines that a group lacks, or what keeps them from helping.
void advise_on_group(Sink& sink, Decision const& refused, Session const& session, Trial& trial)
{
    auto const& inventory = session.inventory;
    trial.config = session.config;
    Draft draft{trial.config, trial.plan, trial.problems};
    for (auto const& decision : session.plan.decisions) {
        if (share_group(decision, refused, inventory))
            draft.wanted[*decision.device] = decision.target;
    }
    complete(draft, session, by_address);
    auto const& device = *device_of(refused, inventory);
    for (auto const& decision : trial.plan.decisions) {
        if (has_own_reason(decision) && share_group(decision, refused, inventory)) {
            auto const& peer = *device_of(decision, inventory);
            return print(
                sink, "  no line helps: %o would be refused (%s)\n", peer.address, name_of(decision.reason));
        }
    }
    auto const position = find_decision(trial.plan, *refused.device);
    if (!position || trial.plan.decisions[*position].reason != Reason::None)
        return print(sink, "  see: vfio-early why %o\n", device.address);
    for (auto const target : {Target::VfioPci, Target::PciStub})
        write_section(sink, draft, inventory, target, "    ", nullptr);
}

// The line for each of the devices that one line could mean.
void advise_on_choice(Sink& sink, Decision const& refused, Session const& session, Trial& trial)
{
    std::string_view before = "  instead, write one of:\n";
    for (auto const index : session.plan.devices_of(refused.concerned)) {
        auto const& device = session.inventory.devices[index];
        trial.config = session.config;
        auto& entry = trial.config.entries[refused.entry];
        entry.selector = selector_for(device, by_address);
        make_plan(trial.config, session.facts, session.inventory, trial.plan, trial.problems);
        auto const position = find_decision(trial.plan, index);
        if (!position || trial.plan.decisions[*position].reason != Reason::None)
            continue;
        print(sink, "%s    %s = %s\n", before, entry.label, key_of(entry.selector));
        before = "";
    }
}

} // namespace

bool add_line(
    Draft& draft, Selector const& selector, std::string_view text, std::string_view label, Target target)
{
    Entry entry;
    entry.label = Label(label);
    entry.selector = selector;
    entry.selector_text = ValueText(text);
    entry.target = target;
    bool const has_room = draft.config.entries.try_append(entry);
    draft.is_full |= !has_room;
    return has_room;
}

void complete(Draft& draft, Session const& session, PlaceOf place)
{
    auto const& inventory = session.inventory;
    std::optional<Target> targets[max_devices];
    for (size_t i = 0; i < inventory.devices.size(); ++i) {
        auto const& device = inventory.devices[i];
        targets[i] = draft.wanted[i] ? draft.wanted[i] : target_of_peer(device, draft, inventory);
        if (targets[i])
            draft.devices.append(static_cast<DeviceIndex>(i));
    }
    inventory.sort_by_address(draft.devices);
    for (auto const index : draft.devices) {
        if (find_decision(session.plan, index))
            continue;
        auto const& device = inventory.devices[index];
        auto const label = label_for(device, draft.config, inventory);
        auto const selector = selector_for(device, place);
        if (!add_line(draft, selector, key_of(selector).view(), label.view(), *targets[index]))
            break;
    }
    make_plan(draft.config, session.facts, inventory, draft.plan, draft.problems);
}

void for_each_line(Draft const& draft, Inventory const& inventory, Target target,
    FunctionRef<void(SuggestedLine const&)> tell)
{
    for (auto const index : draft.devices) {
        auto const position = find_decision(draft.plan, index);
        if (!position)
            continue;
        auto const& decision = draft.plan.decisions[*position];
        if (decision.reason == Reason::None && decision.target == target)
            tell({draft.config.entries[decision.entry], inventory.devices[index],
                decision.entry < draft.known});
    }
}

void for_each_refusal(Draft const& draft, FunctionRef<void(Decision const&)> tell)
{
    for (auto const& decision : draft.plan.decisions) {
        bool const is_of_draft =
            decision.entry >= draft.known || (decision.device && contains(draft.devices, *decision.device));
        bool const is_wanted = decision.device && draft.wanted[*decision.device];
        if (is_of_draft && decision.reason != Reason::None && (is_wanted || has_own_reason(decision)))
            tell(decision);
    }
}

void write_lines(Sink& sink, Draft const& draft, Inventory const& inventory, PutName name)
{
    for (auto const target : {Target::VfioPci, Target::PciStub})
        write_section(sink, draft, inventory, target, "", &name);
}

void write_suggestion_json(Sink& sink, Draft const& draft, Session const& session, PutName name)
{
    auto const& inventory = session.inventory;
    print(sink, R"({"vfio_early": "%s", "command": "suggest", "lines": [)", version);
    char const* separator = "\n   ";
    for (auto const target : {Target::VfioPci, Target::PciStub}) {
        for_each_line(draft, inventory, target, [&](SuggestedLine const& line) {
            sink.write(separator);
            write_json_line(sink, line, name);
            separator = ",\n   ";
        });
    }
    sink.write("],\n \"refused\": [");
    separator = "\n   ";
    for_each_refusal(draft, [&](Decision const& decision) {
        FixedString<max_detail_bytes> detail;
        Sink detail_sink(detail);
        explain(detail_sink, decision, session);
        print(sink, R"(%c{"label": %j, "address": )", separator, draft.config.entries[decision.entry].label);
        if (auto const* device = device_of(decision, inventory))
            print(sink, "\"%o\"", device->address);
        else
            sink.write("null");
        print(sink, R"(, "code": "%s", "detail": %j})", name_of(decision.reason), detail);
        separator = ",\n   ";
    });
    sink.write("]}\n");
}

void write_advice(Sink& sink, Decision const& decision, Session const& session, Trial& trial)
{
    if (decision.reason == Reason::SharedGroup && is_last_of_group(decision, session))
        advise_on_group(sink, decision, session, trial);
    else if (decision.reason == Reason::Ambiguous)
        advise_on_choice(sink, decision, session, trial);
}

} // namespace vfio_early
