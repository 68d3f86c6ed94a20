// SPDX-License-Identifier: MIT
#include "core/boot_report.h"

#include "core/report.h"
#include "machine.h"

#include <memory>
#include <string>
#include <vector>

using namespace vfio_early;

constexpr char device[] =
    R"({"label": "gpu", "target": "vfio-pci", "outcome": "bound", "address": "0000:01:00.0"})";

// A report with these devices, and where its text is.
struct Read {
    std::string text;
    std::unique_ptr<BootReport> report = std::make_unique<BootReport>();
    bool is_one;

    explicit Read(std::string whole) : text(std::move(whole)), is_one(parse_report(text, *report)) { }
};

static Read with_devices(std::string const& devices)
{
    return Read(R"({"vfio_early": "1.2.3", "command": "bind", "devices": [)" + devices + "]}");
}

TEST(reads_what_write_json_wrote)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8, "nouveau");
    machine.add("0000:01:00.1", "10de:1aeb", 0x040300, 8, "snd_hda_intel");
    auto& session = machine.plan("[bind]\ngpu = 0000:01:00.0 10de:2191\nnic = 8086:1572\n");
    session.mode = Mode::Bind;
    Read const read(written_by([&](Sink& sink) { write_json(sink, session); }));
    TEST_ASSERT_TRUE(read.is_one);
    TEST_ASSERT_EQUAL_UINT(2, read.report->devices.size());
    auto const& gpu = read.report->devices[0];
    TEST_ASSERT_EQUAL_STRING("gpu", std::string(gpu.label));
    TEST_ASSERT_EQUAL_STRING("0000:01:00.0 10de:2191", std::string(gpu.selector));
    TEST_ASSERT_EQUAL_STRING("0000:01:00.0", std::string(gpu.address));
    TEST_ASSERT_TRUE(gpu.place == parse_address("0000:01:00.0"));
    TEST_ASSERT_EQUAL_STRING("10de:2191", std::string(gpu.id));
    TEST_ASSERT_EQUAL_STRING("030000", std::string(gpu.class_code));
    TEST_ASSERT_EQUAL_STRING("8", std::string(gpu.group));
    TEST_ASSERT_EQUAL_STRING("vfio-pci", std::string(gpu.target));
    TEST_ASSERT_EQUAL_STRING("refused", std::string(gpu.outcome));
    TEST_ASSERT_EQUAL_STRING("shared-group", std::string(gpu.code));
    TEST_ASSERT_EQUAL_STRING("[\"0000:01:00.1\"]", std::string(gpu.peers));
    auto const& nic = read.report->devices[1];
    TEST_ASSERT_FALSE(nic.place.has_value());
    TEST_ASSERT_EQUAL_STRING("null", std::string(nic.group));
    TEST_ASSERT_EQUAL_STRING("", std::string(nic.id));
}

TEST(keys_of_other_versions_are_passed_over)
{
    Read const read(R"({"new": [{"a": {}}], "vfio_early": "9.0.0", "command": "bind", "ok": true, "devices": [
        {"label": "a", "target": "pci-stub", "outcome": "lent", "slot": {"bus": 1}, "warnings": 3}], "ok2": null})");
    TEST_ASSERT_TRUE(read.is_one);
    TEST_ASSERT_TRUE(read.report->is_ok);
    TEST_ASSERT_EQUAL_STRING("lent", std::string(read.report->devices[0].outcome));
}

TEST(what_is_no_report_is_refused)
{
    TEST_ASSERT_TRUE(with_devices("").is_one);
    TEST_ASSERT_TRUE(with_devices(device).is_one);
    for (auto const* text : {"", "{}", "[]", "null", R"({"vfio_early": "1.2.3", "command": "bind"})",
             R"({"vfio_early": "1.2.3", "devices": []})", R"({"command": "bind", "devices": []})",
             R"({"vfio_early": null, "command": "bind", "devices": []})",
             R"({"vfio_early": "1.2.3", "command": "bind", "devices": {}})",
             R"({"vfio_early": "1.2.3", "command": "bind", "devices": []} {})"})
        TEST_ASSERT_FALSE(Read(text).is_one);
    for (auto const* text : {"1", "[]", "{}", R"({"label": "a", "target": "vfio-pci"})",
             R"({"label": "", "target": "vfio-pci", "outcome": "bound"})",
             R"({"label": "a", "target": "nouveau", "outcome": "bound"})",
             R"({"label": "a", "target": "vfio-pci", "outcome": "bound", "address": "../../x"})",
             R"({"label": "a", "target": "vfio-pci", "outcome": "bound", "group": "8"})",
             R"({"label": "a", "target": "vfio-pci", "outcome": "bound", "group": [1]})",
             R"({"label": "a", "target": "vfio-pci", "outcome": "bound", "peers": [1]})",
             R"({"label": ["a"], "target": "vfio-pci", "outcome": "bound"})"})
        TEST_ASSERT_FALSE(with_devices(text).is_one);
}

TEST(more_devices_than_a_boot_can_have_are_no_report)
{
    std::string devices = device;
    for (size_t i = 1; i < max_decisions; ++i)
        devices += std::string(",") + device;
    TEST_ASSERT_TRUE(with_devices(devices).is_one);
    TEST_ASSERT_FALSE(with_devices(devices + "," + device).is_one);
}

TEST(warnings_are_decoded_when_they_are_told)
{
    Read const read(
        R"({"vfio_early": "1.2.3", "command": "bind", "devices": [], "warnings": ["a \"b\"", "c"]})");
    std::vector<std::string> told;
    for_each_warning(*read.report, [&](std::string_view warning) { told.emplace_back(warning); });
    TEST_ASSERT_EQUAL_UINT(2, told.size());
    TEST_ASSERT_EQUAL_STRING("a \"b\"", told[0]);
}

UNITY_MAIN()
