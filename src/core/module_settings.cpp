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

// Beyond the limit they are not told of: it is far more than there are, and nothing is decided by them.
void add_rival(Kind kind, std::optional<Target> target, std::string_view word, std::string_view name,
    SettingPlace const& place, ModuleSettings& settings)
{
    if (settings.are_rivals_wanted)
        static_cast<void>(settings.rivals.try_append(
            {kind, target, word, FixedString<max_member_name_bytes>(name), place}));
}

void add_ids(std::string_view list, Target target, std::string_view word, std::string_view name,
    SettingPlace const& place, ModuleSettings& settings)
{
    add_rival(Kind::Ids, target, word, name, place, settings);
    while (!list.empty()) {
        auto const id = parse_dynamic_id(take_until(list, ','));
        if (id && !settings.ids.try_append({*id, target, place}))
            settings.has_more_ids = true;
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

// A list of modules that are kept from being loaded, or that are loaded early, which is told of ours alone.
void add_modules(Kind kind, std::string_view word, std::string_view list, ModuleSettings& settings)
{
    while (!list.empty()) {
        auto const module = take_until(list, ',');
        auto const target = target_of(module);
        if (kind != Kind::Against && !target)
            continue;
        add_rival(kind, target, word, module, {}, settings);
        if (kind == Kind::Early)
            return; // what it needs is named beside it
    }
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

void add_options(
    std::string_view module, std::string_view options, SettingPlace const& place, ModuleSettings& settings)
{
    for (auto const target : {Target::VfioPci, Target::PciStub}) {
        if (!is_same_name(module, driver_name(target)))
            continue;
        while (!options.empty()) {
            auto const [name, value] = take_parameter(options);
            if (name == "ids")
                add_ids(value, target, "options ",
                    target == Target::VfioPci ? "vfio-pci ids=" : "pci-stub ids=", place, settings);
        }
    }
}

void add_install_line(std::string_view module, ModuleSettings& settings)
{
    for (size_t i = 0; i < std::size(driver_modules); ++i)
        settings.has_install_line[i] |= is_same_name(module, driver_modules[i].name);
}

// 'softdep MODULE pre: MODULE... post: MODULE...': told of where it loads one of our drivers.
void add_softdep(
    std::string_view module, std::string_view others, SettingPlace const& place, ModuleSettings& settings)
{
    while (!others.empty()) {
        if (auto const target = target_of(take_word(others)))
            return add_rival(Kind::Early, target, "softdep ", module, place, settings);
    }
}

// Takes a line off `rest`, and counts it. A '\' at its end continues it, and any other is dropped
// (freadline_wrapped() in shared/util.c of kmod): so it is joined in place.
std::string_view take_joined_line(std::span<char>& rest, unsigned& lines)
{
    size_t size = 0;
    size_t i = 0;
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

// Parameters that have a list of modules: of kmod (libkmod/libkmod-config.c), and of dracut
// (dracut.cmdline(7)).
constexpr struct {
    std::string_view name;
    Kind kind;
} module_parameters[] = {
    {"modprobe.blacklist=", Kind::Against},
    {"rd.driver.blacklist=", Kind::Against},
    {"rd.driver.pre=", Kind::Early},
};

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
    while (!text.empty()) {
        auto const [name, value] = take_parameter(text);
        for (auto const& [parameter, kind] : module_parameters) {
            // As it is shown, with the '=' behind it.
            if (is_same_name(name, slice(parameter, 0, parameter.size() - 1)))
                add_modules(kind, parameter, value, settings);
        }
        if (is_same_name(name, "vfio_pci.ids")) {
            add_ids(value, Target::VfioPci, "", "vfio-pci.ids=", {}, settings);
        } else if (is_same_name(name, "pci_stub.ids")) {
            add_ids(value, Target::PciStub, "", "pci-stub.ids=", {}, settings);
        } else if (is_same_name(name, "module_blacklist")) {
            set_blacklist(value, settings);
        } else if (is_same_name(name, "xen_pciback.hide")) {
            settings.hidden = value;
            add_rival(Kind::Hide, {}, "", "xen-pciback.hide=", {}, settings);
        }
    }
}

bool parse_modprobe_settings(std::span<char> text, std::string_view file, ModuleSettings& settings)
{
    bool is_of_ours = false;
    for (unsigned lines = 0; !text.empty();) {
        auto const place = printed<SettingPlace>("%s:%u", file, lines + 1);
        auto line = take_joined_line(text, lines);
        auto const command = take_word(line);
        auto const module = take_word(line);
        is_of_ours |= target_of(module).has_value();
        if (command == "options")
            add_options(module, line, place, settings);
        else if (command == "softdep")
            add_softdep(module, line, place, settings);
        else if (command == "blacklist")
            add_rival(Kind::Against, target_of(module), "blacklist ", module, place, settings);
        else if (command == "install") {
            add_install_line(module, settings);
            add_rival(Kind::Against, target_of(module), "install ", module, place, settings);
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
