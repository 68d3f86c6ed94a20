// SPDX-License-Identifier: MIT
#include "cli/options.h"

#include "base/text.h"
#include "cli/console.h"

namespace vfio_early {

namespace {

constexpr std::string_view option_names[] = {
    "--root", "--config", "--json", "--write-facts", "--kernel", "--help", "--version"};

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

bool read_option(Arguments& arguments, std::string_view argument, Invocation& invocation)
{
    std::optional<std::string_view> inline_value;
    auto rest = argument;
    auto const name = take_until(rest, '=');
    if (name.size() != argument.size())
        inline_value = rest;
    if (name == "--root")
        return read_value(arguments, name, inline_value, invocation.options.root);
    if (name == "--write-facts")
        return read_value(arguments, name, inline_value, invocation.options.facts);
    if (name == "--kernel")
        return read_value(arguments, name, inline_value, invocation.options.kernel);
    if (name == "--config")
        return read_value(arguments, name, inline_value, invocation.options.config);
    if (name == "--json") {
        invocation.options.format = OutputFormat::Json;
        return refuse_value(name, inline_value);
    }
    if (name == "--help" || name == "--version") {
        invocation.kind = name == "--help" ? Invocation::Kind::Help : Invocation::Kind::Version;
        return refuse_value(name, inline_value);
    }
    if (auto const meant = nearest(name, option_names))
        print_error("unknown option %q, did you mean %q?", name, *meant);
    else
        print_error("unknown option %q, see 'vfio-early --help'", name);
    return false;
}

} // namespace

std::optional<Invocation> parse_arguments(int count, char const* const* arguments)
{
    Invocation invocation;
    Arguments rest(count, arguments);
    while (!rest.is_at_end()) {
        auto const argument = rest.next();
        if (argument.starts_with('-')) {
            if (!read_option(rest, argument, invocation))
                return {};
        } else if (invocation.command.empty()) {
            invocation.command = argument;
        } else if (!invocation.options.labels.try_append(argument)) {
            print_error("more than %u labels", max_entries);
            return {};
        }
    }
    return invocation;
}

} // namespace vfio_early
