// SPDX-License-Identifier: MIT
#include "core/boot_report.h"

#include "base/text.h"
#include "core/config.h"
#include "core/json_reader.h"

namespace vfio_early {

namespace {

struct TextKey {
    std::string_view key;
    std::string_view ReportedDevice::*text;
};

// The keys whose value is a text or null.
constexpr TextKey text_keys[] = {
    {"label", &ReportedDevice::label},
    {"selector", &ReportedDevice::selector},
    {"address", &ReportedDevice::address},
    {"id", &ReportedDevice::id},
    {"class", &ReportedDevice::class_code},
    {"target", &ReportedDevice::target},
    {"outcome", &ReportedDevice::outcome},
    {"code", &ReportedDevice::code},
    {"detail", &ReportedDevice::detail},
    {"moved", &ReportedDevice::moved},
};

std::string_view strings(JsonReader& reader)
{
    auto const text = reader.strings();
    return {text.data(), text.size()};
}

void read_member(JsonReader& reader, std::string_view key, ReportedDevice& device)
{
    for (auto const& known : text_keys) {
        if (known.key == key) {
            device.*known.text = reader.string_or_null();
            return;
        }
    }
    if (key == "peers")
        device.peers = strings(reader);
    else if (auto const value = reader.any(); key == "group")
        device.group = value;
}

// What everything else relies on.
bool is_whole(ReportedDevice const& device)
{
    bool const has_target =
        device.target == driver_name(Target::VfioPci) || device.target == driver_name(Target::PciStub);
    return has_target && !device.label.empty() && !device.outcome.empty()
        && device.place.has_value() == !device.address.empty()
        && (device.group == "null" || parse_decimal(device.group));
}

void read_device(JsonReader& reader, BootReport& report)
{
    ReportedDevice device = {.group = "null", .peers = "[]"};
    reader.object([&](std::string_view key) { read_member(reader, key, device); });
    device.place = parse_address(device.address);
    if (!is_whole(device) || !report.devices.try_append(device))
        reader.fail();
}

} // namespace

bool parse_report(std::span<char> text, BootReport& report)
{
    new (&report) BootReport;
    bool has_devices = false;
    JsonReader reader(text);
    std::string_view version;
    reader.object([&](std::string_view key) {
        if (key == "vfio_early")
            version = reader.string_or_null();
        else if (key == "ok")
            report.is_ok = reader.any() == "true";
        else if (key == "command")
            report.command = reader.string_or_null();
        else if (key == "warnings")
            report.warnings = reader.strings();
        else if (key == "unlisted")
            report.unlisted = strings(reader);
        else if (key == "devices" && !has_devices) {
            has_devices = true;
            reader.array([&] { read_device(reader, report); });
        } else
            reader.any();
    });
    return reader.is_at_end() && has_devices && !version.empty() && !report.command.empty();
}

void for_each_warning(BootReport const& report, FunctionRef<void(std::string_view)> tell)
{
    if (report.warnings.empty())
        return;
    JsonReader reader(report.warnings);
    reader.array([&] { tell(reader.string_or_null()); });
}

} // namespace vfio_early
