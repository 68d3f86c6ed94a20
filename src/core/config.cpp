// SPDX-License-Identifier: MIT
#include "core/config.h"

#include "base/text.h"
#include "core/ini.h"

#include <algorithm>

namespace vfio_early {

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::string_view section_names[] = {"bind", "stub", "handover", "options"};
constexpr std::string_view option_names[] = {"boot-display", "timeout", "protect"};
// Of systemd.unit(5), those that can be stopped and started again.
constexpr std::string_view unit_kinds[] = {
    "service", "socket", "target", "timer", "path", "mount", "automount", "swap"};
constexpr std::string_view boot_display_values[] = {"refuse", "bind"};

struct Parser {
    unsigned line = 0;
    Config& config;
    Problems& problems;
    unsigned boot_display_line = 0;
    unsigned timeout_line = 0;
    unsigned protect_line = 0;
    ValueText protect_value = {};
};

Problem make_problem(unsigned line, char const* format, va_list arguments)
{
    Problem problem{.line = line, .text = {}};
    Sink sink(problem.text);
    print_arguments(sink, format, arguments);
    return problem;
}

void report_passed(Parser& parser, char const* format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    parser.problems.add(make_problem(parser.line, format, arguments));
    va_end(arguments);
}

template <typename... Parts>
[[gnu::always_inline]] inline void report(Parser& parser, FormatFor<Parts...> format, Parts const&... parts)
{
    report_passed(parser, format.text(), pass(parts)...);
}

bool contains(std::span<std::string_view const> words, std::string_view word)
{
    return std::ranges::find(words, word) != words.end();
}

// inih says nothing of a section without keys, and cuts a long name: its name is looked at here.
void check_section(Parser& parser, std::string_view name)
{
    name.remove_prefix(1);
    auto rest = name;
    name = take_until(rest, ']');
    rest = trimmed(rest);
    if (!contains(section_names, name))
        report(parser,
            "unknown section %q, there are [bind] for vfio-pci, [stub] for pci-stub, [handover] and "
            "[options]",
            name);
    else if (!rest.empty() && rest.front() != ';' && rest.front() != '#')
        report(parser, "%q follows a section header, put it on a line of its own", rest);
}

// What inih would take silently for something else is caught here: a line that it would cut in two, and a NUL
// byte that would end the line early. And lines of no kind, of which it tells the first.
bool check_line(Parser& parser, std::string_view line, size_t room)
{
    if (line.size() > room) {
        report(parser, "the line is %u bytes long, shorten it to %u or less", line.size(), room);
        return false;
    }
    if (line.find('\0') != std::string_view::npos) {
        report(parser, "the line contains a NUL byte, save the file as plain UTF-8 text");
        return false;
    }
    if (line.empty() || line.front() == ';' || line.front() == '#')
        return true;
    bool const is_section = line.front() == '[';
    if (line.find_first_of(is_section ? "]" : "=:") == std::string_view::npos) {
        report(parser, "%q is neither '[SECTION]' nor 'KEY = VALUE'", line);
        return false;
    }
    if (is_section)
        check_section(parser, line);
    return true;
}

bool is_label(std::string_view text)
{
    // What begins with '-' is an option where a command is told of it.
    return !text.empty() && text[0] != '-' && std::ranges::all_of(text, [](char byte) {
        return is_letter_or_digit(byte) || byte == '-' || byte == '_' || byte == '.';
    });
}

bool is_selector(std::string_view text)
{
    FixedString<max_problem_bytes> ignored;
    Sink sink(ignored);
    return parse_selector(text, sink).has_value();
}

void add_entry(Parser& parser, Target target, std::string_view label, std::string_view value)
{
    if (contains(option_names, label) && !is_selector(value))
        return report(parser, "%q is an option and no device, put it under [options]", label);
    Entry entry;
    entry.label = FixedString<max_label_bytes>(label);
    if (!is_label(label) || entry.label.was_cut()) {
        report(parser, "label %q must be 1 to %u letters, digits, '-', '_' or '.', and not begin with '-'",
            label, max_label_bytes);
        return;
    }
    for (auto const& earlier : parser.config.entries) {
        if (earlier.label.view() == label) {
            report(parser, "label %q is already used on line %u, give each line a label of its own", label,
                earlier.line);
            return;
        }
    }
    entry.line = parser.line;
    entry.target = target;
    entry.selector_text = ValueText(value);
    if (value.empty()) {
        report(parser, "%q has no value, write an address like 0000:01:00.0 or an id like 10de:2191", label);
        return;
    }
    Problem problem{.line = parser.line, .text = {}};
    Sink sink(problem.text);
    auto const selector = parse_selector(value, sink);
    if (!selector)
        return parser.problems.add(problem);
    entry.selector = *selector;
    if (!parser.config.entries.try_append(entry))
        report(parser, "more than %u lines name devices, join some with 'all' or '.*'", max_entries);
}

bool has_word(std::string_view words, std::string_view word)
{
    for (auto next = take_word(words); !next.empty(); next = take_word(words)) {
        if (next == word)
            return true;
    }
    return false;
}

// A word goes to systemctl or to modprobe, which would take it for an option if it began like one.
void check_handover_word(Parser& parser, std::string_view word)
{
    bool const has_good_bytes = word.front() != '-' && std::ranges::all_of(word, [](char byte) {
        return is_letter_or_digit(byte) || std::string_view("-_.@:\\").find(byte) != std::string_view::npos;
    });
    auto kind = word;
    kind.remove_prefix(word.rfind('.') + 1); // npos + 1 is 0
    if (!has_good_bytes || (!is_unit(word) && word.find_first_of("@:\\") != std::string_view::npos))
        report(parser, "%q is neither a unit like 'display-manager.service' nor a kernel module", word);
    else if (is_unit(word) && !contains(unit_kinds, kind)) {
        if (auto const meant = nearest(kind, unit_kinds))
            report(parser, "%q is no kind of unit, did you mean %q?", word, *meant);
        else
            report(
                parser, "%q has a dot and is no unit that can be stopped, write modules without '.ko'", word);
    }
}

// The labels are looked up when all lines have been read.
void add_handover(Parser& parser, std::string_view label, std::string_view value)
{
    for (auto const& earlier : parser.config.handovers) {
        if (earlier.label.view() == label)
            return report(parser, "%q is already handed over on line %u, put all words on one line", label,
                earlier.line);
    }
    if (value.empty())
        report(parser, "%q has no value, write what to stop, like display-manager.service", label);
    for (auto rest = value; !trimmed(rest).empty();) {
        auto const word = take_word(rest);
        check_handover_word(parser, word);
        if (has_word(rest, word))
            report(parser, "%q is there twice", word);
    }
    Handover const handover = {
        .label = FixedString<max_label_bytes>(label), .words = ValueText(value), .line = parser.line};
    if (!parser.config.handovers.try_append(handover))
        report(parser, "more than %u lines", max_entries);
}

void apply_handovers(Parser& parser)
{
    std::string_view labels[max_entries];
    auto const known = all_labels(parser.config, labels);
    for (auto& handover : parser.config.handovers) {
        auto const label = handover.label.view();
        handover.entry = static_cast<uint16_t>(std::ranges::find(known, label) - known.begin());
        if (handover.entry < known.size())
            continue;
        parser.line = handover.line;
        if (auto const meant = nearest(label, known))
            report(parser, "%q is no label of [bind] or [stub], did you mean %q?", label, *meant);
        else
            report(parser, "%q is no label of [bind] or [stub]", label);
    }
}

// True when the option is set for the first time; remembers on which line.
bool is_first(Parser& parser, std::string_view name, unsigned& option_line)
{
    if (option_line != 0) {
        report(parser, "option %q is already set on line %u, keep one of the two", name, option_line);
        return false;
    }
    option_line = parser.line;
    return true;
}

void set_boot_display(Parser& parser, std::string_view value)
{
    if (value == "refuse")
        parser.config.options.boot_display = BootDisplay::Refuse;
    else if (value == "bind")
        parser.config.options.boot_display = BootDisplay::Bind;
    else if (auto const meant = nearest(value, boot_display_values))
        report(parser, "boot-display is %q, did you mean %q?", value, *meant);
    else
        report(parser, "boot-display must be 'refuse' or 'bind', not %q", value);
}

void set_timeout(Parser& parser, std::string_view value)
{
    auto const seconds = parse_decimal(value);
    if (seconds && *seconds >= 1 && *seconds <= max_timeout_seconds)
        parser.config.options.timeout_seconds = *seconds;
    else
        report(parser, "timeout must be 1 to %u seconds, not %q", max_timeout_seconds, value);
}

// The labels are looked up when all lines have been read.
void set_protect(Parser& parser, std::string_view value)
{
    parser.protect_value = ValueText(value);
    auto rest = parser.protect_value.view();
    auto const first = take_word(rest);
    auto const second = take_word(rest);
    auto& protect = parser.config.options.protect;
    if (first == "all" && second.empty())
        protect = Protect::All;
    else if (first == "none" && second.empty())
        protect = Protect::None;
    else if (first == "all" && second == "except" && !trimmed(rest).empty())
        protect = Protect::AllExcept;
    else
        report(parser, "protect must be 'all', 'none' or 'all except LABEL...', not %q", value);
}

void apply_protect(Parser& parser)
{
    if (parser.config.options.protect != Protect::AllExcept)
        return;
    auto rest = parser.protect_value.view();
    take_word(rest); // all
    take_word(rest); // except
    for (auto label = take_word(rest); !label.empty(); label = take_word(rest)) {
        bool is_known = false;
        for (auto& entry : parser.config.entries) {
            if (entry.label.view() == label)
                is_known = entry.is_unprotected = true;
        }
        if (!is_known)
            parser.problems.add(
                problem_of(parser.protect_line, "protect excepts %q, which is no label of this file", label));
    }
}

void set_option(Parser& parser, std::string_view name, std::string_view value)
{
    if (name == "boot-display") {
        if (is_first(parser, name, parser.boot_display_line))
            set_boot_display(parser, value);
    } else if (name == "timeout") {
        if (is_first(parser, name, parser.timeout_line))
            set_timeout(parser, value);
    } else if (name == "protect") {
        if (is_first(parser, name, parser.protect_line))
            set_protect(parser, value);
    } else if (auto const meant = nearest(name, option_names)) {
        report(parser, "unknown option %q, did you mean %q?", name, *meant);
    } else {
        report(parser, "unknown option %q", name);
    }
}

// inih splits at ':' as it does at '='. Here only '=' is a separator: a ':' is part of an address or an id
// whose label is missing.
void explain_colon(Parser& parser, std::string_view name, std::string_view value)
{
    auto const whole = printed<ValueText>("%s:%s", name, value);
    auto rest = whole.view();
    auto const before_equals = trimmed(take_until(rest, '='));
    rest = whole.view();
    auto const label = take_word(rest);
    auto const bare_label = label.ends_with(':') ? slice(label, 0, label.size() - 1) : label;
    Problem problem{.line = parser.line, .text = {}};
    Sink sink(problem.text);
    auto const write_it_as = [&](std::string_view what_is_wrong, std::string_view key,
                                 std::string_view selector) {
        print(sink, "%s, write it as '%s = %e'", what_is_wrong, key, selector);
    };
    print(sink, "%q", whole.view());
    if (is_selector(whole.view()))
        write_it_as(" has no label", "LABEL", whole.view());
    else if (before_equals.size() < whole.view().size() && is_selector(before_equals))
        write_it_as(" has its label missing", "LABEL", before_equals);
    else if (is_label(name) && is_selector(value))
        write_it_as(" has ':' for '='", name, value);
    else if (is_label(bare_label) && is_selector(trimmed(rest)))
        write_it_as(" has no '='", bare_label, trimmed(rest));
    else
        print(sink, " is not 'KEY = VALUE', in which no ':' comes before the '='");
    parser.problems.add(problem);
}

void handle_key(Parser& parser, IniKey const& key)
{
    auto const separator = key.line_text.find_first_of("=:");
    if (separator != std::string_view::npos && key.line_text[separator] == ':')
        explain_colon(parser, key.name, key.value);
    else if (key.section == "bind")
        add_entry(parser, Target::VfioPci, key.name, key.value);
    else if (key.section == "stub")
        add_entry(parser, Target::PciStub, key.name, key.value);
    else if (key.section == "handover")
        add_handover(parser, key.name, key.value);
    else if (key.section == "options")
        set_option(parser, key.name, key.value);
    else if (key.section.empty())
        report(parser, "%q comes before any section, put it under [bind], [stub] or [options]", key.name);
}

bool is_before(Problem const& left, Problem const& right)
{
    return left.line < right.line;
}

std::string_view line_of(std::string_view text, unsigned number)
{
    for (unsigned line = 1; line < number; ++line)
        take_until(text, '\n');
    return trimmed(take_until(text, '\n'));
}

} // namespace

Problem problem_of_passed(unsigned line, char const* format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    auto const problem = make_problem(line, format, arguments);
    va_end(arguments);
    return problem;
}

void Problems::add(Problem const& problem)
{
    if (!m_first.try_append(problem)) {
        ++m_left_out;
        auto& last = m_first.last();
        if (!is_before(problem, last))
            return;
        last = problem;
    }
    // They do not come in the order of their lines.
    for (auto* added = m_first.end() - 1; added != m_first.begin() && is_before(*added, added[-1]); --added)
        std::swap(added[0], added[-1]);
}

std::string_view driver_name(Target target)
{
    return target == Target::VfioPci ? "vfio-pci" : "pci-stub";
}

bool is_protected(Config const& config, Entry const& entry)
{
    return config.options.protect != Protect::None && !entry.is_unprotected;
}

std::span<std::string_view const> all_labels(Config const& config, std::string_view (&labels)[max_entries])
{
    for (size_t i = 0; i < config.entries.size(); ++i)
        labels[i] = config.entries[i].label.view();
    return {labels, config.entries.size()};
}

bool is_unit(std::string_view word)
{
    return word.find('.') != std::string_view::npos;
}

Handover const* handover_of(Config const& config, uint16_t entry)
{
    for (auto const& handover : config.handovers) {
        if (handover.entry == entry)
            return &handover;
    }
    return nullptr;
}

std::string_view section_name(Target target)
{
    return target == Target::VfioPci ? "[bind]" : "[stub]";
}

void parse_config(std::string_view text, Config& config, Problems& problems)
{
    if (text.starts_with(byte_order_mark))
        text.remove_prefix(byte_order_mark.size());
    if (trimmed(text).empty()) {
        problems.add(
            problem_of(1, "the file is empty, write what to bind under [bind] or install the sample again"));
        return;
    }
    Parser parser{.config = config, .problems = problems};
    int const first_wrong_line = read_ini(
        text,
        [&](unsigned line, std::string_view line_text, size_t room) {
            parser.line = line;
            return check_line(parser, line_text, room);
        },
        [&](IniKey const& key) { handle_key(parser, key); });
    apply_protect(parser);
    apply_handovers(parser);
    if (first_wrong_line < 0)
        problems.add(problem_of(1, "not enough memory to read it"));
    if (first_wrong_line > 0) {
        auto const line = static_cast<unsigned>(first_wrong_line);
        problems.add(problem_of(line, "%q is neither '[SECTION]' nor 'KEY = VALUE'", line_of(text, line)));
    }
}

} // namespace vfio_early
