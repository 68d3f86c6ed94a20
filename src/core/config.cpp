#include "core/config.h"

#include "base/text.h"

#include <algorithm>
#include <ini.h>

namespace vfio_early {

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::string_view section_names[] = {"bind", "stub", "options"};
constexpr std::string_view option_names[] = {"boot-display", "timeout"};
constexpr std::string_view boot_display_values[] = {"refuse", "bind"};

// inih calls back twice, for the next line and for a key with its value; this is what the two share.
struct Parser {
    std::string_view rest;
    unsigned line = 0;
    std::string_view line_text = {};
    Config& config;
    Problems& problems;
    unsigned boot_display_line = 0;
    unsigned timeout_line = 0;
};

template <typename... Parts> void report(Problems& problems, unsigned line, Parts const&... parts)
{
    Problem problem;
    problem.line = line;
    auto sink = problem.text.sink();
    print(sink, parts...);
    static_cast<void>(problems.append(problem));
}

void report_unknown(
    Parser& parser, std::string_view what, std::string_view word, std::span<std::string_view const> known)
{
    if (auto const meant = nearest(word, known))
        report(parser.problems, parser.line, "unknown ", what, " ", Quoted{word}, ", did you mean ",
            Quoted{*meant}, "?");
    else
        report(parser.problems, parser.line, "unknown ", what, " ", Quoted{word});
}

bool contains(std::span<std::string_view const> words, std::string_view word)
{
    return std::find(words.begin(), words.end(), word) != words.end();
}

// inih says nothing of a section without keys, and cuts a long name: its name is looked at here.
void check_section(Parser& parser)
{
    auto name = parser.line_text;
    name.remove_prefix(1);
    if (name.find(']') == std::string_view::npos)
        return;
    auto behind = name;
    name = take_until(behind, ']');
    behind = trimmed(behind);
    if (!contains(section_names, name))
        report_unknown(parser, "section", name, section_names);
    else if (!behind.empty() && behind.front() != ';' && behind.front() != '#')
        report(parser.problems, parser.line, Quoted{behind},
            " stands behind a section, put it on a line of its own");
}

// The next line for inih, in the way of fgets. What inih would take silently for something else is caught
// here: a line that it would cut in two, a NUL byte that would end the line early, and a line that is
// indented, which it would take for a continuation of the one before.
char* next_line(char* buffer, int capacity, void* context)
{
    auto& parser = *static_cast<Parser*>(context);
    if (parser.rest.empty())
        return nullptr;
    ++parser.line;
    auto const whole_line = take_until(parser.rest, '\n');
    parser.line_text = trimmed(whole_line);

    auto const longest_line = static_cast<size_t>(capacity) - sizeof("\n");
    bool is_usable = true;
    if (parser.line_text.size() > longest_line) {
        report(parser.problems, parser.line, "the line is ", parser.line_text.size(), " bytes long, and ",
            longest_line, " is the most, shorten it");
        is_usable = false;
    } else if (parser.line_text.find('\0') != std::string_view::npos) {
        report(
            parser.problems, parser.line, "the line has a NUL byte in it, save the file as plain UTF-8 text");
        is_usable = false;
    } else if (parser.line_text.starts_with('[')) {
        check_section(parser);
    }
    auto const line = is_usable ? parser.line_text : std::string_view{};
    auto* end = std::copy(line.begin(), line.end(), buffer);
    *end++ = '\n';
    *end = '\0';
    return buffer;
}

bool is_label(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9')
            || byte == '-' || byte == '_' || byte == '.';
    });
}

void take_entry(Parser& parser, Target target, std::string_view label, std::string_view value)
{
    Entry entry;
    entry.label = FixedString<31>(label);
    if (!is_label(label) || entry.label.was_cut()) {
        report(parser.problems, parser.line, "label ", Quoted{label},
            " is not 1 to 31 letters, digits, '-', '_' or '.'");
        return;
    }
    for (auto const& earlier : parser.config.entries) {
        if (earlier.label.view() == label) {
            report(parser.problems, parser.line, "label ", Quoted{label}, " stands in line ", earlier.line,
                " already, give each line its own");
            return;
        }
    }
    entry.line = parser.line;
    entry.target = target;
    entry.selector_text = FixedString<200>(value);
    if (value.empty()) {
        report(parser.problems, parser.line, Quoted{label},
            " has no value, write an address like 0000:01:00.0 or an id like 10de:2191");
        return;
    }
    Problem problem;
    problem.line = parser.line;
    auto sink = problem.text.sink();
    auto const selector = parse_selector(value, sink);
    if (!selector) {
        static_cast<void>(parser.problems.append(problem));
        return;
    }
    entry.selector = *selector;
    if (!parser.config.entries.append(entry))
        report(parser.problems, parser.line, "more than ", most_entries,
            " lines name devices, join some with 'all' or '.*'");
}

// True when the option had not been there before; remembers where it stands now.
bool is_first(Parser& parser, std::string_view name, unsigned& option_line)
{
    if (option_line != 0) {
        report(parser.problems, parser.line, "option ", Quoted{name}, " stands in line ", option_line,
            " already");
        return false;
    }
    option_line = parser.line;
    return true;
}

void take_boot_display(Parser& parser, std::string_view value)
{
    if (value == "refuse")
        parser.config.options.boot_display = BootDisplay::Refuse;
    else if (value == "bind")
        parser.config.options.boot_display = BootDisplay::Bind;
    else if (auto const meant = nearest(value, boot_display_values))
        report(parser.problems, parser.line, "boot-display is ", Quoted{value}, ", did you mean ",
            Quoted{*meant}, "?");
    else
        report(parser.problems, parser.line, "boot-display is ", Quoted{value},
            ", and it can be 'refuse' or 'bind'");
}

void take_timeout(Parser& parser, std::string_view value)
{
    auto const seconds = parse_decimal(value);
    if (seconds && *seconds >= 1 && *seconds <= longest_timeout_seconds)
        parser.config.options.timeout_seconds = *seconds;
    else
        report(parser.problems, parser.line, "timeout is ", Quoted{value}, ", and it can be 1 to ",
            longest_timeout_seconds, " seconds");
}

void take_option(Parser& parser, std::string_view name, std::string_view value)
{
    if (name == "boot-display") {
        if (is_first(parser, name, parser.boot_display_line))
            take_boot_display(parser, value);
    } else if (name == "timeout") {
        if (is_first(parser, name, parser.timeout_line))
            take_timeout(parser, value);
    } else {
        report_unknown(parser, "option", name, option_names);
    }
}

// inih splits at ':' as it does at '='. Here only '=' is a separator: a ':' is part of an address or an id
// that stands without its label.
void explain_colon(Parser& parser, std::string_view name, std::string_view value)
{
    FixedString<200> joined(name);
    joined.append(":");
    joined.append(value);
    FixedString<300> ignored;
    auto sink = ignored.sink();
    if (parse_selector(joined.view(), sink))
        report(parser.problems, parser.line, Quoted{joined.view()},
            " has no label, write it as 'LABEL = ", joined, "'");
    else
        report(parser.problems, parser.line, Quoted{joined.view()},
            " is no 'KEY = VALUE': a ':' comes before the '='");
}

int take_key(void* context, char const* section_text, char const* name_text, char const* value_text)
{
    auto& parser = *static_cast<Parser*>(context);
    std::string_view const section = section_text;
    std::string_view const name = name_text;
    std::string_view const value = value_text;
    auto const separator = parser.line_text.find_first_of("=:");
    if (separator != std::string_view::npos && parser.line_text[separator] == ':')
        explain_colon(parser, name, value);
    else if (section == "bind")
        take_entry(parser, Target::VfioPci, name, value);
    else if (section == "stub")
        take_entry(parser, Target::PciStub, name, value);
    else if (section == "options")
        take_option(parser, name, value);
    else if (section.empty())
        report(parser.problems, parser.line, Quoted{name},
            " stands before the first section, put it under [bind], [stub] or [options]");
    return 1;
}

std::string_view line_of(std::string_view text, unsigned number)
{
    for (unsigned line = 1; line < number; ++line)
        take_until(text, '\n');
    return trimmed(take_until(text, '\n'));
}

} // namespace

std::string_view driver_name(Target target)
{
    return target == Target::VfioPci ? "vfio-pci" : "pci-stub";
}

void parse_config(std::string_view text, Config& config, Problems& problems)
{
    if (text.starts_with(byte_order_mark))
        text.remove_prefix(byte_order_mark.size());
    if (trimmed(text).empty()) {
        report(problems, 1, "the file is empty, write what to bind under [bind] or install the sample again");
        return;
    }
    Parser parser{.rest = text, .config = config, .problems = problems};
    int const first_wrong_line = ini_parse_stream(next_line, &parser, take_key, &parser);
    if (first_wrong_line < 0)
        report(problems, 1, "there is not enough memory to read it");
    if (first_wrong_line > 0) {
        auto const line = static_cast<unsigned>(first_wrong_line);
        report(problems, line, Quoted{line_of(text, line)}, " is neither '[SECTION]' nor 'KEY = VALUE'");
    }
    std::sort(problems.begin(), problems.end(),
        [](Problem const& left, Problem const& right) { return left.line < right.line; });
}

} // namespace vfio_early
