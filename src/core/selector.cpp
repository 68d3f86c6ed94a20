// SPDX-License-Identifier: MIT
#include "core/selector.h"

#include "base/text.h"

#include <algorithm>

namespace vfio_early {

namespace {

struct Place {
    uint8_t device = 0;
    uint8_t function = 0;
    bool every_function = false;
};

bool has(std::string_view text, char byte)
{
    return text.find(byte) != std::string_view::npos;
}

// DEV.FN, where FN may be '*'.
std::optional<Place> parse_place(std::string_view text, std::string_view word, Sink& problem)
{
    bool const has_function = has(text, '.');
    auto const device = parse_hex(take_until(text, '.'), 2);
    bool const every_function = text == "*";
    auto const function = every_function ? 0 : parse_hex(text, 1);
    if (!has_function || !device || !function) {
        print(problem, "%q is not an address, which is [DOMAIN:]BUS:DEV.FN[/DEV.FN...]", word);
        return {};
    }
    if (*device > max_device_number) {
        print(problem, "%q names device %2x, but device numbers go from 00 to 1f", word, *device);
        return {};
    }
    if (*function >= functions_per_device) {
        print(problem, "%q names function %x, but function numbers go from 0 to 7", word, *function);
        return {};
    }
    return Place{static_cast<uint8_t>(*device), static_cast<uint8_t>(*function), every_function};
}

// [DOMAIN:]BUS:, which is taken off `rest`.
std::optional<Address> take_domain_and_bus(std::string_view& rest)
{
    auto const colons = std::ranges::count(rest, ':');
    if (colons != 1 && colons != 2)
        return {};
    auto const domain = colons == 2 ? parse_hex(take_until(rest, ':'), 8) : 0;
    auto const bus = parse_hex(take_until(rest, ':'), 2);
    if (!domain || !bus)
        return {};
    return Address{.domain = *domain, .bus = static_cast<uint8_t>(*bus)};
}

std::optional<Location> parse_location(std::string_view word, Sink& problem)
{
    auto rest = word;
    auto first = take_until(rest, '/');
    auto const start = take_domain_and_bus(first);
    if (!start) {
        print(problem, "%q is not an address, which is [DOMAIN:]BUS:DEV.FN[/DEV.FN...]", word);
        return {};
    }
    auto const place = parse_place(first, word, problem);
    if (!place)
        return {};
    Location location;
    location.start = *start;
    location.start.device = place->device;
    location.start.function = place->function;
    location.every_function = place->every_function;

    bool const is_path = has(word, '/');
    for (bool more = is_path; more;) {
        if (location.every_function) {
            print(problem, "%q has '*' before its last step, but a path leads through one bridge at a time",
                word);
            return {};
        }
        more = has(rest, '/');
        auto const step = parse_place(take_until(rest, '/'), word, problem);
        if (!step)
            return {};
        if (!location.steps.try_append({step->device, step->function})) {
            print(problem, "%q has more than %u steps", word, location.steps.capacity());
            return {};
        }
        location.every_function = step->every_function;
    }
    return location;
}

// VENDOR:DEVICE[:SUBVENDOR:SUBDEVICE]
std::optional<IdPattern> parse_id_pattern(std::string_view word)
{
    constexpr size_t id_length = 9;
    auto const id = parse_device_id(slice(word, 0, id_length));
    if (!id)
        return {};
    if (word.size() == id_length)
        return IdPattern{*id, {}};
    auto const subsystem = parse_device_id(slice(word, id_length + 1));
    if (word[id_length] != ':' || !subsystem)
        return {};
    return IdPattern{*id, subsystem};
}

// What is wrong with a word that is no term, and what to write instead.
std::string_view fault_of(std::string_view word)
{
    auto const colons = std::ranges::count(word, ':');
    constexpr size_t length_of_bus_and_device = 5;
    if (has(word, ','))
        return " names several devices, give each a line of its own";
    if (word.starts_with('"') || word.starts_with('\''))
        return " has quotes, write it without them";
    if (word.starts_with("0x") || word.starts_with("0X"))
        return " has numbers with 0x, write them without it, such as 10de:2191";
    bool const has_id = parse_device_id(slice(word, 0, 9)).has_value();
    if (colons == 2 && has_id)
        return " has half of a subsystem, which is SUBVENDOR:SUBDEVICE, leave it out or write all of it";
    if (colons >= 2 && !has_id && word[word.size() - 2] == ':')
        return " has ':' before its function, write '.' there, such as 0000:01:00.0";
    if (word.starts_with('#'))
        return " is not a term, a comment after a value begins with ' ;'";
    if (colons == 2 || (colons == 1 && word.size() == length_of_bus_and_device))
        return " has no function, add '.0' for the first one or '.*' for all of them";
    if (colons == 1 || colons == 3)
        return " is not an id, which is VENDOR:DEVICE[:SUBVENDOR:SUBDEVICE] with four hexadecimal digits "
               "each";
    return " is neither an address like 0000:01:00.0, nor an id like 10de:2191, nor the word 'all'";
}

void explain_unknown_word(std::string_view word, Sink& problem)
{
    constexpr std::string_view words[] = {"all"};
    if (auto const meant = nearest(word, words))
        print(problem, "unknown term %q, did you mean %q?", word, *meant);
    else
        print(problem, "%q%s", word, fault_of(word));
}

// Adds one term to the selector; false if it is wrong or repeated.
bool add_term(Selector& selector, std::string_view word, Sink& problem)
{
    bool is_repeated = false;
    if (word == "all") {
        is_repeated = selector.allow_all == AllowAll::Yes;
        selector.allow_all = AllowAll::Yes;
    } else if ((has(word, '.') || has(word, '/')) && !has(word, ',') && !has(word, '"') && !has(word, '\'')) {
        is_repeated = selector.location.has_value();
        selector.location = parse_location(word, problem);
        if (!selector.location)
            return false;
    } else if (auto const id = parse_id_pattern(word)) {
        is_repeated = selector.id.has_value();
        selector.id = id;
    } else {
        explain_unknown_word(word, problem);
        return false;
    }
    if (is_repeated)
        print(
            problem, "%q is a repeated term, a selector has at most one address, one id and one 'all'", word);
    return !is_repeated;
}

} // namespace

std::optional<Selector> parse_selector(std::string_view text, Sink& problem)
{
    Selector selector;
    auto rest = text;
    for (auto word = take_word(rest); !word.empty(); word = take_word(rest)) {
        if (!add_term(selector, word, problem))
            return {};
    }
    if (!selector.location && !selector.id) {
        if (selector.allow_all == AllowAll::Yes)
            print(problem, "'all' needs an id before it, such as '8086:1572 all'");
        else
            print(problem, "the value is empty, write an address like 0000:01:00.0 or an id like 10de:2191");
        return {};
    }
    return selector;
}

} // namespace vfio_early
