// SPDX-License-Identifier: MIT
#include "core/facts.h"

#include "base/function_ref.h"
#include "base/text.h"
#include "core/ini.h"
#include "core/resolve.h"

#include <algorithm>

namespace vfio_early {

namespace {

constexpr std::string_view version_of_file = "1";
constexpr size_t serial_bytes = 8;

// The file is read by inih, for which ';' begins a comment.
void put_plain(Sink& sink, std::string_view text)
{
    for (char const byte : text) {
        bool const is_plain = byte >= ' ' && byte < 0x7f && byte != ';';
        sink.write({is_plain ? &byte : "?", 1});
    }
}

// As lspci shows it: 'aa-bb-cc-dd-ee-ff-00-11', the highest byte first.
void put_serial(Sink& sink, uint64_t serial)
{
    for (size_t i = serial_bytes; i > 0; --i)
        print(sink, "%2x%c", static_cast<uint8_t>(serial >> 8 * (i - 1)), i > 1 ? "-" : "\n");
}

std::optional<uint64_t> parse_serial(std::string_view text)
{
    uint64_t serial = 0;
    for (size_t i = 0; i < serial_bytes; ++i) {
        auto const digits = i + 1 < serial_bytes ? take_until(text, '-') : text;
        auto const byte = parse_hex(digits, 2);
        if (!byte || digits.size() != 2)
            return {};
        serial = serial << 8 | *byte;
    }
    return serial;
}

void write_device(Sink& sink, Identity const& device)
{
    print(sink, "address = %a\nid = %i:%i\n", device.address, device.id, device.subsystem);
    if (device.serial) {
        print(sink, "serial = ");
        put_serial(sink, *device.serial);
    }
    if (!device.slot)
        return;
    auto const& slot = *device.slot;
    print(sink, "slot = ");
    put_slot(sink, slot);
    print(sink, "\n");
    if (!slot.root.firmware_path.empty())
        print(sink, "root = %s\n", slot.root.firmware_path);
    if (!slot.root.parent.empty())
        print(sink, "below = %s\n", slot.root.parent);
    if (slot.steps[0].port)
        print(sink, "port = %u\n", *slot.steps[0].port);
}

// ADDRESS/DEV.FN[/DEV.FN...], which a selector's path is too.
std::optional<Slot> parse_slot(std::string_view text)
{
    FixedString<max_problem_bytes> ignored;
    Sink sink(ignored);
    // A function of a root bus is an address and no path.
    auto const selector = parse_selector(text, sink);
    if (!selector || !selector->location || selector->location->every_function || selector->id)
        return {};
    auto const& location = *selector->location;
    Slot slot;
    slot.root.domain = location.start.domain;
    slot.root.bus = location.start.bus;
    slot.steps.append({location.start.device, location.start.function});
    for (auto const& step : location.steps)
        slot.steps.append({step.device, step.function});
    return slot;
}

struct Parser {
    Facts& facts;
    bool is_wrong = false;
    bool has_version = false;
    std::optional<uint32_t> count = {};
    Identity* device = nullptr; // the entry that the next keys are about
    bool is_host = false; // under [host]
};

void begin_line(Parser& parser, std::string_view value)
{
    LineFact fact;
    fact.key = SelectorKey(value);
    parser.is_wrong |= !parser.facts.lines.try_append(fact);
    parser.device = nullptr;
}

void begin_host(Parser& parser, std::string_view value)
{
    HostFact fact;
    fact.why = FactText(value);
    parser.is_wrong |= !parser.facts.host.try_append(fact);
    parser.device = parser.is_wrong ? nullptr : &parser.facts.host.last().device;
}

void set_address(Parser& parser, std::string_view value)
{
    auto const address = parse_address(value);
    if (!parser.is_host && !parser.facts.lines.empty()) {
        auto& fact = parser.facts.lines.last();
        fact.device = Identity{};
        parser.device = &*fact.device;
    }
    if (parser.device && address)
        parser.device->address = *address;
    else
        parser.is_wrong = true;
}

void set_id(Identity& device, std::string_view value, bool& is_wrong)
{
    constexpr size_t id_length = 9;
    auto const id = parse_device_id(slice(value, 0, id_length));
    auto const subsystem = parse_device_id(slice(value, id_length + 1));
    is_wrong |= !id || !subsystem;
    device.id = id.value_or(DeviceId{});
    device.subsystem = subsystem.value_or(DeviceId{});
}

void set_root(Parser& parser, std::string_view name, std::string_view value)
{
    auto& slot = parser.device->slot;
    if (!slot) {
        parser.is_wrong = true;
        return;
    }
    if (name == "port") {
        auto const port = parse_decimal(value);
        parser.is_wrong |= !port || *port > UINT8_MAX;
        slot->steps[0].port = static_cast<uint8_t>(port.value_or(0));
        return;
    }
    auto& text = name == "root" ? slot->root.firmware_path : slot->root.parent;
    text.append(value);
    parser.is_wrong |= text.was_cut(); // none that is written is that long
}

void set_fact(Parser& parser, std::string_view name, std::string_view value)
{
    auto& device = *parser.device;
    if (name == "id") {
        set_id(device, value, parser.is_wrong);
    } else if (name == "serial") {
        device.serial = parse_serial(value);
        parser.is_wrong |= !device.serial;
    } else if (name == "slot") {
        device.slot = parse_slot(value);
        parser.is_wrong |= !device.slot;
    } else if (name == "root" || name == "below" || name == "port") {
        set_root(parser, name, value);
    } else {
        parser.is_wrong = true;
    }
}

void handle_key(Parser& parser, IniKey const& key)
{
    // inih takes ';' right behind '=' for a value; what is written has a blank there, behind which it is a
    // comment.
    parser.is_wrong |= key.value.starts_with(';');
    if (parser.is_wrong)
        return;
    // Below another heading nothing is said of the last entry any more.
    if (parser.is_host != (key.section == "host"))
        parser.device = nullptr;
    parser.is_host = key.section == "host";
    if (key.section.empty() && key.name == "version" && key.line == 1)
        parser.has_version = key.value == version_of_file;
    else if (key.section == "line" && key.name == "selector")
        begin_line(parser, key.value);
    else if (parser.is_host && key.name == "why")
        begin_host(parser, key.value);
    else if (parser.is_host && key.name == "spare" && key.value == "yes" && parser.device)
        parser.facts.host.last().is_spare = true;
    else if (key.section == "end" && key.name == "entries" && !parser.count)
        parser.count = parse_decimal(key.value);
    else if (key.name == "address" && (key.section == "line" || parser.is_host))
        set_address(parser, key.value);
    else if (parser.device && (key.section == "line" || parser.is_host))
        set_fact(parser, key.name, key.value);
    else
        parser.is_wrong = true;
}

bool is_of(LineFact const& fact, Entry const& entry)
{
    return key_of(entry.selector).view() == fact.key.view();
}

void keep_lines(Facts& facts, FunctionRef<bool(LineFact const&)> is_kept)
{
    size_t kept = 0;
    for (auto const& fact : facts.lines) {
        if (is_kept(fact))
            facts.lines[kept++] = fact;
    }
    facts.lines.shrink(kept);
}

} // namespace

SelectorKey key_of(Selector const& selector)
{
    SelectorKey key;
    Sink sink(key);
    if (selector.location) {
        print(sink, "%a", selector.location->start);
        for (auto const& step : selector.location->steps)
            print(sink, "/%2x.%x", step.device, step.function);
        if (selector.location->every_function)
            print(sink, " *");
    }
    if (selector.id) {
        print(sink, "%c%i", selector.location ? " " : "", selector.id->id);
        if (selector.id->subsystem)
            print(sink, ":%i", *selector.id->subsystem);
    }
    if (selector.allow_all == AllowAll::Yes)
        print(sink, " all");
    return key;
}

void forget(Facts& facts, Config const& config, std::span<std::string_view const> labels)
{
    keep_lines(facts, [&](LineFact const& fact) {
        return !std::ranges::any_of(config.entries, [&](Entry const& entry) {
            bool const is_named =
                labels.empty() || std::ranges::find(labels, entry.label.view()) != labels.end();
            return is_named && is_of(fact, entry);
        });
    });
}

void forget_absent(Facts& facts, Config const& config, Inventory const& inventory)
{
    keep_lines(facts, [&](LineFact const& fact) {
        return fact.device || !std::ranges::any_of(config.entries, [&](Entry const& entry) {
            return entry.selector.id && is_of(fact, entry)
                && resolve(entry.selector, inventory).kind == Resolution::Kind::Found;
        });
    });
}

void drop_lines_that_are_gone(Facts& facts, Config const& config)
{
    keep_lines(facts, [&](LineFact const& fact) {
        return std::ranges::any_of(config.entries, [&](Entry const& entry) { return is_of(fact, entry); });
    });
}

bool parse_facts(std::string_view text, Facts& facts)
{
    Parser parser{.facts = facts};
    bool is_long = false;
    int const first_wrong_line = read_ini(
        text,
        [&](unsigned, std::string_view line, size_t room) {
            is_long |= line.size() > room || line.find('\0') != std::string_view::npos;
            return !is_long;
        },
        [&](IniKey const& key) { handle_key(parser, key); });
    for (auto const& fact : facts.lines)
        parser.is_wrong |= fact.device && fact.device->id == DeviceId{};
    for (auto const& fact : facts.host)
        parser.is_wrong |= fact.device.id == DeviceId{};
    facts.is_there = first_wrong_line == 0 && !is_long && !parser.is_wrong && parser.has_version
        && parser.count == facts.lines.size() + facts.host.size();
    facts.is_broken = !facts.is_there;
    if (facts.is_broken) {
        facts.lines.clear();
        facts.host.clear();
    }
    return facts.is_there;
}

void write_facts(Sink& sink, Facts const& facts)
{
    print(sink,
        "version = %s\n"
        "; What the lines of vfio-early.ini meant when they were written, and what this machine lives on.\n"
        "; vfio-early writes this file when an initramfs image is made. Without it nothing is compared.\n",
        version_of_file);
    for (auto const& fact : facts.lines) {
        print(sink, "\n[line]\nselector = %s\n", fact.key);
        if (fact.device)
            write_device(sink, *fact.device);
    }
    for (auto const& fact : facts.host) {
        print(sink, "\n[host]\nwhy = ");
        put_plain(sink, trimmed(fact.why.view())); // it may have been cut behind a blank
        print(sink, "%c", fact.is_spare ? "\nspare = yes\n" : "\n");
        write_device(sink, fact.device);
    }
    print(sink, "\n[end]\nentries = %u\n", facts.lines.size() + facts.host.size());
}

} // namespace vfio_early
