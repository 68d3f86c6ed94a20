// SPDX-License-Identifier: MIT
#include "cli/options.h"

#include "base/text.h"
#include "cli/console.h"

namespace vfio_early {

namespace {

struct Option {
    std::string_view name;
    std::string_view command; // the one that it goes with; empty for all
    std::string_view CommandOptions::*value; // one of the two
    bool CommandOptions::*flag;
};

constexpr Option known_options[] = {
    {"--root", {}, &CommandOptions::root, nullptr},
    {"--config", {}, &CommandOptions::config, nullptr},
    {"--json", {}, nullptr, &CommandOptions::is_json},
    {"--help", {}, nullptr, nullptr},
    {"--version", {}, nullptr, nullptr},
    {"--write-facts", "check", &CommandOptions::facts, nullptr},
    {"--kernel", "check", &CommandOptions::kernel, nullptr},
    {"--all", "list", nullptr, &CommandOptions::shows_all},
    {"--anonymous", "list", nullptr, &CommandOptions::is_anonymous},
    {"--by-path", "suggest", nullptr, &CommandOptions::is_by_path},
    {"--from-running", "suggest", nullptr, &CommandOptions::is_from_running},
    {"--handover", "bind and release", nullptr, &CommandOptions::is_handover},
    {"--force", "release", nullptr, &CommandOptions::is_forced},
    {"--for", "suggest", &CommandOptions::guest, nullptr},
};

// Goes through the arguments one by one; the value of an option follows '=' or is the next argument.
class Arguments {
public:
    Arguments(int count, char const* const* arguments) : m_count(count), m_arguments(arguments) { }

    bool is_at_end() const { return m_position >= m_count; }
    std::string_view next() { return m_arguments[m_position++]; }

private:
    int m_count;
    char const* const* m_arguments;
    int m_position = 1;
};

bool read_value(Arguments& arguments, std::string_view name, std::optional<std::string_view> inline_value,
    std::string_view& value)
{
    if (inline_value)
        value = *inline_value;
    else if (!arguments.is_at_end())
        value = arguments.next();
    else
        value = {};
    if (value.empty())
        print_error("option %s needs a value", name);
    return !value.empty();
}

bool refuse_value(std::string_view name, std::optional<std::string_view> inline_value)
{
    if (inline_value)
        print_error("option %s takes no value, but was given %q", name, *inline_value);
    return !inline_value;
}

Option const* find_option(std::string_view name)
{
    for (auto const& option : known_options) {
        if (option.name == name)
            return &option;
    }
    return nullptr;
}

void refuse_unknown_option(std::string_view name)
{
    std::string_view names[std::size(known_options)];
    for (size_t i = 0; i < std::size(names); ++i)
        names[i] = known_options[i].name;
    if (auto const meant = nearest(name, names))
        print_error("unknown option %q, did you mean %q?", name, *meant);
    else
        print_error("unknown option %q, see 'vfio-early --help'", name);
}

bool read_option(
    Arguments& arguments, std::string_view argument, Invocation& invocation, Option const*& special)
{
    std::optional<std::string_view> inline_value;
    auto rest = argument;
    auto const name = take_until(rest, '=');
    if (name.size() != argument.size())
        inline_value = rest;
    auto const* option = find_option(name);
    if (!option) {
        refuse_unknown_option(name);
        return false;
    }
    if (!option->command.empty())
        special = option;
    if (option->value)
        return read_value(arguments, name, inline_value, invocation.options.*option->value);
    if (option->flag)
        invocation.options.*option->flag = true;
    else
        invocation.kind = name == "--help" ? Invocation::Kind::Help : Invocation::Kind::Version;
    return refuse_value(name, inline_value);
}

} // namespace

std::optional<Invocation> parse_arguments(int count, char const* const* arguments)
{
    Invocation invocation;
    Arguments rest(count, arguments);
    Option const* special = nullptr;
    while (!rest.is_at_end()) {
        auto const argument = rest.next();
        if (argument.starts_with('-')) {
            if (!read_option(rest, argument, invocation, special))
                return {};
        } else if (invocation.command.empty()) {
            invocation.command = argument;
        } else if (!invocation.options.words.try_append(argument)) {
            print_error("more than %u words", max_entries);
            return {};
        }
    }
    if (special && special->command.find(invocation.command) == std::string_view::npos
        && invocation.kind == Invocation::Kind::Command) {
        print_error("option %s goes with '%s' only", special->name, special->command);
        return {};
    }
    return invocation;
}

} // namespace vfio_early
