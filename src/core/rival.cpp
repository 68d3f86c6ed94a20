// SPDX-License-Identifier: MIT
#include "core/rival.h"

#include "base/text.h"

namespace vfio_early {

namespace {

using Kind = ForeignSetting::Kind;

// A number of a pattern of modules.alias, behind its name and with as many digits; '*' is any.
struct AliasField {
    std::string_view name;
    size_t digits;
    uint32_t value;
};

// Whether 'pci:v00008086d000010D3sv*sd*bc*sc*i*' fits the device (do_pci_entry() in
// scripts/mod/file2alias.c).
bool fits(std::string_view pattern, Device const& device)
{
    constexpr uint32_t byte = 0xff;
    AliasField const fields[] = {
        {"pci:v", 8, device.id.vendor},
        {"d", 8, device.id.device},
        {"sv", 8, device.subsystem.vendor},
        {"sd", 8, device.subsystem.device},
        {"bc", 2, device.class_code >> 16},
        {"sc", 2, device.class_code >> 8 & byte},
        {"i", 2, device.class_code & byte},
    };
    for (auto const& field : fields) {
        if (!pattern.starts_with(field.name))
            return false;
        pattern = slice(pattern, field.name.size());
        bool const is_any = pattern.starts_with('*');
        auto const digits = is_any ? 1 : field.digits;
        if (!is_any && parse_hex(slice(pattern, 0, digits), digits) != field.value)
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
    for (auto const& known : session.rivals) {
        if (known.setting == rival.setting && known.decision == rival.decision)
            return;
    }
    static_cast<void>(session.rivals.try_append(rival));
}

// Whether the setting is about loading a driver that the configuration asks for.
bool is_about_loading(ForeignSetting const& setting, Plan const& plan)
{
    if (!setting.target || setting.kind == Kind::Ids || setting.kind == Kind::SameOverride)
        return false;
    for (auto const& decision : plan.decisions) {
        if (decision.target == *setting.target)
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
        find_foreign_id(settings, device, [&](Target target) { return target == *setting.target; });
    return id && id->place.view() == setting.place.view();
}

bool keeps_from_a_driver(ForeignSetting const& setting)
{
    return setting.kind == Kind::Against && !setting.target;
}

// What is to be said between where a setting stands and its devices.
std::string_view sentence_for(ForeignSetting const& setting)
{
    switch (setting.kind) {
    case Kind::Ids:
        return " is not needed, and may take these even when vfio-early refuses them or is switched off, "
               "take it "
               "out: ";
    case Kind::SameOverride:
        return " is not needed, and takes these even when vfio-early refuses them or is switched off, "
               "'driverctl "
               "unset-override ADDRESS' takes it out: ";
    case Kind::Hide:
        return " gives these to xen-pciback where Xen runs, take them out there or here: ";
    case Kind::Against:
        if (setting.target)
            return " does not count when vfio-early loads its drivers, take it out";
        return " is not needed, and leaves these without a driver when vfio-early refuses them or is "
               "switched "
               "off, take it out: ";
    case Kind::Early:
        return " is not needed, as vfio-early loads its drivers before all others, take it out";
    case Kind::Override:
        break;
    }
    return "";
}

// 'LABEL ADDRESS'.
void put_device(Sink& sink, Session const& session, size_t index)
{
    auto const& decision = session.plan.decisions[index];
    print(sink, "%s %o", session.config.entries[decision.entry].label,
        device_of(decision, session.inventory)->address);
}

void tell_of(Session const& session, size_t index, Tell tell)
{
    auto const& setting = session.module_settings.rivals[index];
    FixedString<max_warning_bytes> warning;
    Sink sink(warning);
    for (auto const& rival : session.rivals) {
        if (rival.setting != index)
            continue;
        if (!warning.empty())
            print(sink, ", ");
        else if (setting.kind != Kind::Override)
            print(sink, "'%s%e'%s%e%s", setting.word, setting.name,
                std::string_view(setting.place.empty() ? " on the kernel command line" : " in "),
                setting.place, sentence_for(setting));
        if (rival.decision)
            put_device(sink, session, *rival.decision);
        if (setting.kind == Kind::Override)
            print(sink,
                " is taken to %n after the boot has bound it, as %e says, 'driverctl unset-override %o' ends "
                "that",
                setting.name, setting.place,
                device_of(session.plan.decisions[*rival.decision], session.inventory)->address);
    }
    if (!warning.empty())
        tell(warning.view());
}

} // namespace

void sort_settings(ModuleSettings& settings)
{
    auto const file_of = [&](size_t index) {
        auto place = settings.rivals[index].place.view();
        return take_until(place, ':');
    };
    for (size_t i = 1; i < settings.rivals.size(); ++i) {
        for (auto j = i; j > 0 && file_of(j) < file_of(j - 1); --j)
            std::swap(settings.rivals[j], settings.rivals[j - 1]);
    }
}

bool are_aliases_wanted(ModuleSettings const& settings)
{
    for (auto const& setting : settings.rivals) {
        if (keeps_from_a_driver(setting))
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
    auto& settings = session.module_settings.rivals;
    if (driver != driver_name(listed.target)) {
        // A device that is refused is where that has it.
        if (is_open(listed)
            && settings.try_append(
                {Kind::Override, {}, "driverctl set-override ", FixedString<max_member_name_bytes>(driver),
                    printed<SettingPlace>("/etc/driverctl.d/%s", name)}))
            add(session, settings.size() - 1, decision);
        return;
    }
    size_t same = 0;
    while (same < settings.size() && settings[same].kind != Kind::SameOverride)
        ++same;
    if (same < settings.size()
        || settings.try_append(
            {Kind::SameOverride, {}, "driverctl set-override", {}, SettingPlace("/etc/driverctl.d")}))
        add(session, same, decision);
}

void note_alias(Session& session, std::string_view line, std::span<bool> has_driver)
{
    if (take_word(line) != "alias")
        return;
    auto const pattern = take_word(line);
    auto const module = trimmed(line);
    auto const& settings = session.module_settings.rivals;
    for (size_t i = 0; i < session.plan.decisions.size(); ++i) {
        auto const* device = device_of(session.plan.decisions[i], session.inventory);
        if (!device || has_driver[i] || !fits(pattern, *device))
            continue;
        has_driver[i] = true;
        for (size_t setting = 0; setting < settings.size(); ++setting) {
            if (!keeps_from_a_driver(settings[setting])
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
    for (auto const& rival : session.rivals) {
        bool const is_kept = !keeps_from_a_driver(session.module_settings.rivals[rival.setting])
            || !(rival.decision && has_driver[*rival.decision]);
        if (is_kept)
            session.rivals[kept++] = rival;
    }
    session.rivals.shrink(kept);
    auto const& settings = session.module_settings;
    for (size_t i = 0; i < settings.rivals.size(); ++i) {
        if (is_about_loading(settings.rivals[i], session.plan))
            add(session, i, {});
        for (size_t j = 0; j < session.plan.decisions.size(); ++j) {
            auto const* device = device_of(session.plan.decisions[j], session.inventory);
            if (device && has_say(settings.rivals[i], *device, settings))
                add(session, i, j);
        }
    }
}

void tell_of_rivals(Session const& session, Tell tell)
{
    for (size_t i = 0; i < session.module_settings.rivals.size(); ++i)
        tell_of(session, i, tell);
}

} // namespace vfio_early
