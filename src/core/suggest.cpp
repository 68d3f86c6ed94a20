// SPDX-License-Identifier: MIT
#include "core/suggest.h"

#include "base/text.h"
#include "core/class_word.h"
#include "core/report.h"
#include "core/version.h"
#include "core/viability.h"

namespace vfio_early {

namespace {

using Label = FixedString<max_label_bytes>;

// A function that goes where the display of its card goes.
bool goes_with_display(Device const& device, Inventory const& inventory)
{
    for (auto const& other : inventory.devices) {
        if (is_display(other) && other.group == device.group && is_same_card(other.address, device.address))
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

// The class in lower case, where people have no shorter word.
void put_kind(Sink& sink, Device const& device)
{
    constexpr uint32_t class_ethernet = 0x0200;
    auto const word = class_word(device.class_code);
    if (is_display(device))
        return print(sink, "gpu");
    if (device.class_code >> 8 == class_ethernet)
        return print(sink, "nic");
    if (word == "-")
        return print(sink, "device");
    for (char const letter : word) {
        char const lower = static_cast<char>(letter | 0x20);
        sink.write({&lower, 1});
    }
}

// 'gpu', 'gpu-audio', or 'nic-2' where the configuration has a 'nic'.
Label label_for(Device const& device, Config const& config, Inventory const& inventory)
{
    auto const is_companion = !is_display(device) && goes_with_display(device, inventory);
    for (uint32_t number = 1;; ++number) {
        Label label(is_companion ? "gpu-" : "");
        Sink sink(label);
        put_kind(sink, device);
        if (number > 1)
            print(sink, "-%u", number);
        if (!is_taken(config, label))
            return label;
    }
}

// True where guests get both or none. Functions of one card that have no group yet may join one.
bool belongs_together(Device const& one, Device const& other, Inventory const& inventory)
{
    if (one.group || other.group)
        return one.group == other.group;
    return inventory.groups_appear_late && is_same_card(one.address, other.address);
}

// What the line of a device is to say: what was asked for, or what the group of something else needs.
std::optional<Target> target_of(DeviceIndex index, Draft const& draft, Inventory const& inventory)
{
    auto const& peer = inventory.devices[index];
    if (draft.wanted[index] || !stands_in_the_way(peer) || is_platform_part(peer))
        return draft.wanted[index];
    bool is_needed = false;
    bool is_companion = false;
    for (size_t i = 0; i < inventory.devices.size(); ++i) {
        auto const& device = inventory.devices[i];
        if (!draft.wanted[i] || !belongs_together(peer, device, inventory))
            continue;
        is_needed = true;
        is_companion |= draft.wanted[i] == Target::VfioPci && is_same_card(peer.address, device.address);
    }
    if (!is_needed)
        return {};
    return is_companion && !is_board_part(peer) ? Target::VfioPci : Target::PciStub;
}

Decision const& decision_on(DeviceIndex device, Plan const& plan)
{
    return plan.decisions[*find_decision(plan, device)];
}

// True where a line of the plan selects the device, and means it.
bool has_line(DeviceIndex device, Plan const& plan)
{
    auto const position = find_decision(plan, device);
    return position && !plan.decisions[*position].is_mistaken;
}

bool is_known(Decision const& decision, Draft const& draft)
{
    return decision.entry < draft.known;
}

// The lines of a draft below their sections. With names they are a configuration, and those that were there
// already are comments; without, they are what is to be added to one.
void write_sections(Sink& sink, Draft const& draft, Inventory const& inventory, std::string_view indent,
    PutName const* put_name)
{
    constexpr std::string_view blanks = "          ";
    for (auto const target : {Target::VfioPci, Target::PciStub}) {
        bool is_first = true;
        for (auto const index : accepted(draft, target)) {
            auto const& decision = decision_on(index, draft.plan);
            auto const& device = inventory.devices[index];
            auto const& entry = draft.config.entries[decision.entry];
            bool const is_there = is_known(decision, draft);
            if (is_there && !put_name)
                continue;
            if (is_first)
                print(sink, "%s%s\n", indent, section_name(target));
            is_first = false;
            if (is_there) {
                print(sink, "; %a has a line already: %s = %s\n", device.address, entry.label,
                    entry.selector_text);
                continue;
            }
            print(sink, "%s%s%s = %s", indent, entry.label, slice(blanks, entry.label.view().size()),
                entry.selector_text);
            if (put_name) {
                sink.write("  ; ");
                (*put_name)(sink, device);
            }
            sink.write("\n");
        }
    }
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
    for (auto const& decision : trial.plan.decisions) {
        if (has_own_reason(decision) && share_group(decision, refused, inventory)) {
            auto const& peer = *device_of(decision, inventory);
            return print(
                sink, "  no line helps: %a would be refused (%s)\n", peer.address, name_of(decision.reason));
        }
    }
    if (decision_on(*refused.device, trial.plan).reason != Reason::None)
        return print(sink, "  see: vfio-early why %a\n", device_of(refused, inventory)->address);
    sink.write("  add:\n");
    write_sections(sink, draft, inventory, "    ", nullptr);
}

} // namespace

void add_line(
    Draft& draft, Selector const& selector, std::string_view text, std::string_view label, Target target)
{
    Entry entry;
    entry.label = Label(label);
    entry.selector = selector;
    entry.selector_text = ValueText(text);
    entry.target = target;
    draft.is_full |= !draft.config.entries.try_append(entry);
}

void complete(Draft& draft, Session const& session, PlaceOf place)
{
    auto const& inventory = session.inventory;
    for (size_t i = 0; i < inventory.devices.size(); ++i) {
        auto const index = static_cast<DeviceIndex>(i);
        if (target_of(index, draft, inventory))
            draft.devices.append(index);
    }
    inventory.sort_by_address(draft.devices);
    // What was asked for is named first.
    for (bool const is_peer : {false, true}) {
        for (auto const index : draft.devices) {
            if (is_peer == draft.wanted[index].has_value() || has_line(index, session.plan))
                continue;
            auto const& device = inventory.devices[index];
            Selector selector;
            selector.location = place(device.address);
            if (device.is_identified)
                selector.id = IdPattern{device.id, {}};
            add_line(draft, selector, key_of(selector).view(),
                label_for(device, draft.config, inventory).view(), *target_of(index, draft, inventory));
        }
    }
    make_plan(draft.config, session.facts, inventory, draft.plan, draft.problems);
}

DeviceIndices accepted(Draft const& draft, Target target)
{
    DeviceIndices devices;
    for (auto const index : draft.devices) {
        auto const position = find_decision(draft.plan, index);
        if (position && is_open(draft.plan.decisions[*position])
            && draft.plan.decisions[*position].target == target)
            devices.append(index);
    }
    return devices;
}

void for_each_refusal(Draft const& draft, FunctionRef<void(Decision const&)> tell)
{
    for (auto const& decision : draft.plan.decisions) {
        bool const is_asked_for = decision.device && draft.wanted[*decision.device];
        if (decision.reason != Reason::None
            && (is_asked_for || (!is_known(decision, draft) && has_own_reason(decision))))
            tell(decision);
    }
}

void write_lines(Sink& sink, Draft const& draft, Inventory const& inventory, PutName put_name)
{
    write_sections(sink, draft, inventory, "", &put_name);
}

void write_suggestion_json(Sink& sink, Draft const& draft, Session const& session, PutName put_name)
{
    auto const& inventory = session.inventory;
    print(sink, R"({"vfio_early": "%s", "command": "suggest", "lines": [)", version);
    char const* separator = "\n   ";
    for (auto const target : {Target::VfioPci, Target::PciStub}) {
        for (auto const index : accepted(draft, target)) {
            auto const& decision = decision_on(index, draft.plan);
            FixedString<max_fact_text_bytes> name;
            Sink name_sink(name);
            put_name(name_sink, inventory.devices[index]);
            print(sink, R"(%c{"section": "%c", "name": %j, "is_there": %c, )", separator,
                target == Target::VfioPci ? "bind" : "stub", name,
                is_known(decision, draft) ? "true" : "false");
            write_members(sink, decision, session);
            sink.write("}");
            separator = ",\n   ";
        }
    }
    sink.write("],\n \"refused\": [");
    separator = "\n   ";
    for_each_refusal(draft, [&](Decision const& decision) {
        print(sink, "%c{", separator);
        write_members(sink, decision, session);
        sink.write("}");
        separator = ",\n   ";
    });
    sink.write("]}\n");
}

void write_advice(Sink& sink, Decision const& decision, Session const& session, Trial& trial)
{
    if (decision.reason == Reason::SharedGroup && is_last_of_group(decision, session))
        advise_on_group(sink, decision, session, trial);
}

} // namespace vfio_early
