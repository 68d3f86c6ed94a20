// SPDX-License-Identifier: MIT
#include "core/rival.h"

#include "base/text.h"

namespace vfio_early {

namespace {

using Kind = ForeignSetting::Kind;

// Whether 'pci:v00008086d000010D3sv*sd*bc*sc*i*' fits the device (do_pci_entry() in
// scripts/mod/file2alias.c).
bool fits(std::string_view pattern, Device const& device)
{
    static constexpr struct {
        char name[7];
        uint8_t digits;
    } fields[] = {{"pci:v", 8}, {"d", 8}, {"sv", 8}, {"sd", 8}, {"bc", 2}, {"sc", 2}, {"i", 2}};
    constexpr uint32_t byte = 0xff;
    uint32_t const values[] = {device.id.vendor, device.id.device, device.subsystem.vendor,
        device.subsystem.device, device.class_code >> 16, device.class_code >> 8 & byte,
        device.class_code & byte};
    for (size_t i = 0; i < std::size(fields); ++i) {
        std::string_view const name = fields[i].name;
        if (!pattern.starts_with(name))
            return false;
        pattern = slice(pattern, name.size());
        size_t digits = fields[i].digits;
        if (pattern.starts_with('*'))
            digits = 1;
        else if (parse_hex(slice(pattern, 0, digits), digits) != values[i])
            return false;
        pattern = slice(pattern, digits);
    }
    return true;
}

// Whether xen-pciback.hide= has the device: '(DOMAIN:BUS:DEV.FN)(BUS:DEV.*)' (pcistub_init() in
// drivers/xen/xen-pciback/pci_stub.c).
bool is_hidden(std::string_view list, Address address)
{
    while (!list.empty()) {
        auto term = take_until(list, ')');
        take_until(term, '(');
        FixedString<max_problem_bytes> problem;
        Sink sink(problem);
        auto const selector = parse_selector(trimmed(term), sink);
        if (!selector || !selector->location || !selector->location->steps.empty())
            continue;
        auto place = selector->location->start;
        if (selector->location->every_function)
            place.function = address.function;
        if (place == address)
            return true;
    }
    return false;
}

void add(Session& session, size_t setting, std::optional<size_t> decision)
{
    Rival rival{static_cast<uint16_t>(setting), {}};
    if (decision)
        rival.decision = static_cast<uint16_t>(*decision);
    for (auto const& known : session.outlook->rivals) {
        if (known.setting == rival.setting && known.decision == rival.decision)
            return;
    }
    static_cast<void>(session.outlook->rivals.try_append(rival));
}

// Whether the setting is about loading a driver that the configuration asks for.
bool is_about_loading(ForeignSetting const& setting, Plan const& plan)
{
    if (setting.kind != Kind::AgainstOurs && setting.kind != Kind::Early)
        return false;
    for (auto const& decision : plan.decisions) {
        if (decision.target == setting.target)
            return true;
    }
    return false;
}

bool has_say(ForeignSetting const& setting, Device const& device, ModuleSettings const& settings)
{
    if (setting.kind == Kind::Hide)
        return is_hidden(settings.hidden, device.address);
    if (setting.kind != Kind::Ids)
        return false;
    auto const* id =
        find_foreign_id(settings, device, [&](Target target) { return target == setting.target; });
    return id && id->place.view() == setting.place.view();
}

// What is to be said between where a setting stands and its devices, by kind.
constexpr char const* sentences[] = {
    " is not needed, and may take these even when vfio-early refuses them or is switched off, take it out: ",
    " gives these to xen-pciback where Xen runs, take them out there or here: ",
    " does not count when vfio-early loads its drivers, take it out",
    " is not needed, and leaves these without a driver when vfio-early refuses them or is switched off, take "
    "it out: ",
    " is not needed, as vfio-early loads its drivers before all others, take it out",
    " takes this from vfio-early after the boot has bound it, remove the file ('driverctl unset-override "
    "ADDRESS' also unbinds the device at once): ",
    " is not needed, and takes these even when vfio-early refuses them or is switched off, remove the files "
    "('driverctl unset-override ADDRESS' also unbinds the device at once): ",
};
static_assert(std::size(sentences) == static_cast<size_t>(Kind::SameOverride) + 1);

void tell_of(Session const& session, size_t index, Tell tell)
{
    auto const& setting = session.outlook->settings[index];
    FixedString<max_warning_bytes> warning;
    Sink sink(warning);
    for (auto const& rival : session.outlook->rivals) {
        if (rival.setting != index)
            continue;
        bool const is_parameter = setting.place.empty();
        if (warning.empty())
            print(sink, "'%c%c%e'%c%e%c", setting.word, is_parameter ? "=" : " ", setting.name,
                is_parameter ? " on the kernel command line" : " in ", setting.place,
                sentences[static_cast<size_t>(setting.kind)]);
        else
            print(sink, ", ");
        if (!rival.decision)
            continue;
        auto const& decision = session.plan.decisions[*rival.decision];
        print(sink, "%s %a", session.config.entries[decision.entry].label,
            device_of(decision, session.inventory)->address);
    }
    if (!warning.empty())
        tell(warning.view());
}

} // namespace

void sort_settings(ForeignSettings& settings)
{
    auto const file_of = [&](size_t index) {
        auto place = settings[index].place.view();
        return take_until(place, ':');
    };
    for (size_t i = 1; i < settings.size(); ++i) {
        for (auto j = i; j > 0 && file_of(j) < file_of(j - 1); --j)
            std::swap(settings[j], settings[j - 1]);
    }
}

bool are_aliases_wanted(ForeignSettings const& settings)
{
    for (auto const& setting : settings) {
        if (setting.kind == Kind::Against)
            return true;
    }
    return false;
}

void note_override(Session& session, std::string_view name, std::string_view text)
{
    auto const address = parse_address(name.starts_with("pci-") ? slice(name, 4) : name);
    auto const driver = trimmed(text);
    auto const device = address ? session.inventory.find(*address) : std::nullopt;
    auto const decision = device ? find_decision(session.plan, *device) : std::nullopt;
    if (!decision || driver.empty())
        return;
    auto const& listed = session.plan.decisions[*decision];
    bool const is_same = driver == driver_name(listed.target);
    // A device that is refused is where another override has it.
    if (!is_same && !is_open(listed))
        return;
    auto& settings = session.outlook->settings;
    // Those that say the same are told of once.
    size_t index = 0;
    while (index < settings.size() && !(is_same && settings[index].kind == Kind::SameOverride))
        ++index;
    if (index == settings.size()) {
        if (!settings.try_append({}))
            return;
        auto& setting = settings[index];
        setting.kind = is_same ? Kind::SameOverride : Kind::Override;
        setting.word = "driverctl set-override";
        setting.name.append(is_same ? std::string_view("...") : driver);
        setting.place = printed<SettingPlace>(
            "/etc/driverctl.d%c%s", is_same ? "" : "/", is_same ? std::string_view() : name);
    }
    add(session, index, decision);
}

void note_alias(Session& session, std::string_view line, std::span<bool> has_driver)
{
    if (take_word(line) != "alias")
        return;
    auto const pattern = take_word(line);
    auto const module = trimmed(line);
    auto const& settings = session.outlook->settings;
    for (size_t i = 0; i < session.plan.decisions.size(); ++i) {
        auto const* device = device_of(session.plan.decisions[i], session.inventory);
        if (!device || has_driver[i] || !fits(pattern, *device))
            continue;
        has_driver[i] = true;
        for (size_t setting = 0; setting < settings.size(); ++setting) {
            if (settings[setting].kind != Kind::Against
                || !is_same_name(settings[setting].name.view(), module))
                continue;
            has_driver[i] = false;
            add(session, setting, i);
        }
    }
}

void note_rivals(Session& session, std::span<bool const> has_driver)
{
    size_t kept = 0;
    for (auto const& rival : session.outlook->rivals) {
        bool const is_kept = session.outlook->settings[rival.setting].kind != Kind::Against
            || !(rival.decision && has_driver[*rival.decision]);
        if (is_kept)
            session.outlook->rivals[kept++] = rival;
    }
    session.outlook->rivals.shrink(kept);
    auto const& settings = session.outlook->settings;
    for (size_t i = 0; i < settings.size(); ++i) {
        if (is_about_loading(settings[i], session.plan))
            add(session, i, {});
        for (size_t j = 0; j < session.plan.decisions.size(); ++j) {
            auto const* device = device_of(session.plan.decisions[j], session.inventory);
            if (device && has_say(settings[i], *device, session.module_settings))
                add(session, i, j);
        }
    }
}

void tell_of_rivals(Session const& session, Tell tell)
{
    for (size_t i = 0; session.outlook && i < session.outlook->settings.size(); ++i)
        tell_of(session, i, tell);
}

} // namespace vfio_early
