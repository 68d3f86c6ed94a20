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

void add_ids(std::string_view list, Target target, std::string_view file, ModuleSettings& settings)
{
    while (!list.empty()) {
        auto const id = parse_dynamic_id(take_until(list, ','));
        if (id && !settings.ids.try_append({*id, target, SettingFile(file)}))
            settings.has_more_ids = true;
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
    std::string_view module, std::string_view options, std::string_view file, ModuleSettings& settings)
{
    for (auto const target : {Target::VfioPci, Target::PciStub}) {
        if (!is_same_name(module, driver_name(target)))
            continue;
        while (!options.empty()) {
            auto const [name, value] = take_parameter(options);
            if (name == "ids")
                add_ids(value, target, file, settings);
        }
    }
}

void add_install_line(std::string_view module, ModuleSettings& settings)
{
    for (size_t i = 0; i < std::size(driver_modules); ++i)
        settings.has_install_line[i] |= is_same_name(module, driver_modules[i].name);
}

// A '\' at the end of a line continues it, and any other is dropped (freadline_wrapped() in shared/util.c of
// kmod).
std::string_view joined_lines(std::span<char> text)
{
    size_t size = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
            if (i == text.size() || text[i] == '\n')
                continue;
        }
        text[size++] = text[i];
    }
    return {text.data(), size};
}

// kmod appends what is on the command line, and reads files by their names: the last one counts.
bool counts_before(ForeignId const& left, ForeignId const& right)
{
    if (left.file.empty() || right.file.empty())
        return left.file.empty() && !right.file.empty();
    return left.file.view() > right.file.view();
}

} // namespace

void parse_kernel_settings(std::string_view text, ModuleSettings& settings)
{
    while (!text.empty()) {
        auto const [name, value] = take_parameter(text);
        if (is_same_name(name, "vfio_pci.ids"))
            add_ids(value, Target::VfioPci, {}, settings);
        else if (is_same_name(name, "pci_stub.ids"))
            add_ids(value, Target::PciStub, {}, settings);
        else if (is_same_name(name, "module_blacklist"))
            set_blacklist(value, settings);
    }
}

void parse_modprobe_settings(std::span<char> text, std::string_view file, ModuleSettings& settings)
{
    auto rest = joined_lines(text);
    while (!rest.empty()) {
        auto line = take_until(rest, '\n');
        auto const command = take_word(line);
        auto const module = take_word(line);
        if (command == "options")
            add_options(module, line, file, settings);
        else if (command == "install")
            add_install_line(module, settings);
    }
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
