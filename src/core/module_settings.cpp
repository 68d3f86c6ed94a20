// SPDX-License-Identifier: MIT
#include "core/module_settings.h"

#include "base/text.h"

namespace vfio_early {

namespace {

struct Parameter {
    std::string_view name;
    std::string_view value;
};

// Takes NAME=VALUE off `rest`. White space in double quotes is part of the value, and a pair of quotes around
// the value or the whole is not (next_arg() in lib/cmdline.c).
Parameter take_parameter(std::string_view& rest)
{
    while (!rest.empty() && is_space(rest.front()))
        rest.remove_prefix(1);
    size_t length = 0;
    bool is_quoted = false;
    for (; length < rest.size() && (is_quoted || !is_space(rest[length])); ++length)
        is_quoted ^= rest[length] == '"';
    auto value = slice(rest, 0, length);
    rest.remove_prefix(length);
    auto name = take_until(value, '=');
    if (name.starts_with('"'))
        name.remove_prefix(1);
    if (value.starts_with('"'))
        value.remove_prefix(1);
    if (value.ends_with('"'))
        value.remove_suffix(1);
    return {name, value};
}

using Kind = ForeignSetting::Kind;

// A setting that is being read, as its beginning is written, and where that stands.
struct Source {
    char const* word;
    SettingPlace const& place;
    ModuleSettings& settings;
};

// Beyond the limit they are not told of: it is far more than there are, and nothing is decided by them.
void add_rival(Source const& source, Kind kind, Target target, std::string_view name)
{
    auto* rivals = source.settings.rivals;
    if (!rivals || !rivals->try_append({}))
        return;
    auto& rival = (*rivals)[rivals->size() - 1];
    rival.kind = kind;
    rival.target = target;
    rival.word = source.word;
    rival.name.append(name);
    rival.place = source.place;
}

void add_ids(Source const& source, std::string_view list, Target target, std::string_view name)
{
    add_rival(source, Kind::Ids, target, name);
    while (!list.empty()) {
        auto const id = parse_dynamic_id(take_until(list, ','));
        if (id && !source.settings.ids.try_append({*id, target, source.place}))
            source.settings.has_more_ids = true;
    }
}

// Which of our drivers is, or needs, this module.
std::optional<Target> target_of(std::string_view module)
{
    for (auto const& ours : driver_modules) {
        if (is_same_name(module, ours.name))
            return ours.target;
    }
    return {};
}

void add_against(Source const& source, std::string_view module)
{
    auto const target = target_of(module);
    add_rival(source, target ? Kind::AgainstOurs : Kind::Against, target.value_or(Target::VfioPci), module);
}

bool lists(std::string_view list, std::string_view name)
{
    while (!list.empty()) {
        if (take_until(list, ',') == name)
            return true;
    }
    return false;
}

// The last module_blacklist= counts, and '-' is not '_' in it (blacklisted() in kernel/module/main.c).
void set_blacklist(std::string_view list, ModuleSettings& settings)
{
    for (size_t i = 0; i < std::size(driver_modules); ++i)
        settings.is_blacklisted[i] = lists(list, driver_modules[i].name);
}

void add_options(Source const& source, std::string_view module, std::string_view options)
{
    for (auto const target : {Target::VfioPci, Target::PciStub}) {
        if (!is_same_name(module, driver_name(target)))
            continue;
        while (!options.empty()) {
            auto const [name, value] = take_parameter(options);
            if (name == "ids")
                add_ids(source, value, target, target == Target::VfioPci ? "vfio-pci ids=" : "pci-stub ids=");
        }
    }
}

void add_install_line(std::string_view module, ModuleSettings& settings)
{
    for (size_t i = 0; i < std::size(driver_modules); ++i)
        settings.has_install_line[i] |= is_same_name(module, driver_modules[i].name);
}

// 'softdep MODULE pre: MODULE... post: MODULE...': told of where it loads one of our drivers.
void add_softdep(Source const& source, std::string_view module, std::string_view others)
{
    while (!others.empty()) {
        if (auto const target = target_of(take_word(others)))
            return add_rival(source, Kind::Early, *target, module);
    }
}

// Takes a line off `rest`, and counts it. A '\' at its end continues it, and any other is dropped
// (freadline_wrapped() in shared/util.c of kmod): so it is joined in place.
std::string_view take_joined_line(std::span<char>& rest, unsigned& lines)
{
    size_t i = 0;
    while (i < rest.size() && rest[i] != '\n' && rest[i] != '\\')
        ++i;
    size_t size = i; // nothing is to be joined up to here
    for (; i < rest.size() && rest[i] != '\n'; ++i) {
        if (rest[i] == '\\') {
            if (++i == rest.size())
                break;
            if (rest[i] == '\n') {
                ++lines;
                continue;
            }
        }
        rest[size++] = rest[i];
    }
    ++lines;
    std::string_view const line(rest.data(), size);
    rest = rest.subspan(i < rest.size() ? i + 1 : i);
    return line;
}

// Parameters of our drivers, of Xen, of kmod (libkmod/libkmod-config.c) and of dracut (dracut.cmdline(7)).
constexpr struct {
    char const* name;
    Kind kind;
    Target target;
} parameters[] = {
    {"vfio-pci.ids", Kind::Ids, Target::VfioPci},
    {"pci-stub.ids", Kind::Ids, Target::PciStub},
    {"xen-pciback.hide", Kind::Hide, {}},
    {"modprobe.blacklist", Kind::Against, {}},
    {"rd.driver.blacklist", Kind::Against, {}},
    {"rd.driver.pre", Kind::Early, {}},
};

void add_parameter(Source const& source, Kind kind, Target target, std::string_view value)
{
    if (kind == Kind::Ids)
        return add_ids(source, value, target, {});
    if (kind == Kind::Hide) {
        source.settings.hidden = value;
        return add_rival(source, kind, target, {});
    }
    while (!value.empty()) {
        auto const module = take_until(value, ',');
        auto const ours = target_of(module);
        if (kind == Kind::Against)
            add_against(source, module);
        else if (ours)
            return add_rival(source, kind, *ours, module); // what it needs is named beside it
    }
}

// kmod appends what is on the command line, and reads files by their names: the last one counts.
bool counts_before(ForeignId const& left, ForeignId const& right)
{
    if (left.place.empty() || right.place.empty())
        return left.place.empty() && !right.place.empty();
    return left.place.view() > right.place.view();
}

} // namespace

void parse_kernel_settings(std::string_view text, ModuleSettings& settings)
{
    SettingPlace const place;
    while (!text.empty()) {
        auto const [name, value] = take_parameter(text);
        for (auto const& parameter : parameters) {
            if (is_same_name(name, parameter.name))
                add_parameter({parameter.name, place, settings}, parameter.kind, parameter.target, value);
        }
        if (is_same_name(name, "module_blacklist"))
            set_blacklist(value, settings);
    }
}

bool parse_modprobe_settings(std::span<char> text, std::string_view file, ModuleSettings& settings)
{
    bool is_of_ours = false;
    for (unsigned lines = 0; !text.empty();) {
        auto const number = lines + 1;
        auto line = take_joined_line(text, lines);
        auto const command = take_word(line);
        if (command.empty() || command.front() == '#')
            continue;
        auto const module = take_word(line);
        is_of_ours |= target_of(module).has_value();
        for (auto const* word : {"options", "softdep", "blacklist", "install"}) {
            if (command != word)
                continue;
            auto const place = printed<SettingPlace>("%s:%u", file, number);
            Source const source{word, place, settings};
            if (*word == 'o')
                add_options(source, module, line);
            else if (*word == 's')
                add_softdep(source, module, line);
            else
                add_against(source, module);
            if (*word == 'i')
                add_install_line(module, settings);
        }
    }
    return is_of_ours;
}

ForeignId const* find_foreign_id(
    ModuleSettings const& settings, Device const& device, FunctionRef<bool(Target)> is_asked_for)
{
    ForeignId const* found = nullptr;
    for (auto const& candidate : settings.ids) {
        if (!is_asked_for(candidate.target) || !matches(candidate.id, device))
            continue;
        if (!found || counts_before(candidate, *found))
            found = &candidate;
    }
    return found;
}

std::string_view find_blacklisted(
    ModuleSettings const& settings, Target target, FunctionRef<bool(std::string_view module)> is_loaded)
{
    for (size_t i = 0; i < std::size(driver_modules); ++i) {
        auto const& module = driver_modules[i];
        if (settings.is_blacklisted[i] && module.target == target
            && module.role != DriverModule::Role::Companion && !is_loaded(module.name))
            return module.name;
    }
    return {};
}

} // namespace vfio_early
