// SPDX-License-Identifier: MIT
#include "core/status.h"

#include "core/report.h"
#include "machine.h"

#include <memory>
#include <string>

using namespace vfio_early;

// A boot that bound a card of two functions and left a NIC to the host, and what happened since.
struct Since {
    Machine machine;
    std::string text;
    std::unique_ptr<BootReport> report = std::make_unique<BootReport>();
    std::unique_ptr<StatusRows> rows = std::make_unique<StatusRows>();
    std::vector<std::string_view> labels;

    Since()
    {
        machine.add("0000:01:00.0", "10de:2191", 0x030000, 8, "vfio-pci");
        machine.add("0000:01:00.1", "10de:1aeb", 0x040300, 8, "pci-stub");
        machine.add("0000:02:00.0", "8086:1572", 0x020000, 9, "i40e");
        text = R"({"vfio_early": "1.2.3", "command": "bind", "ok": false, "devices": [
            {"label": "gpu", "selector": "0000:01:00.0", "address": "0000:01:00.0", "id": "10de:2191",
             "target": "vfio-pci", "outcome": "bound"},
            {"label": "sound", "selector": "0000:01:00.1", "address": "0000:01:00.1", "id": "10de:1aeb",
             "target": "pci-stub", "outcome": "bound"},
            {"label": "nic", "selector": "0000:02:00.0", "address": "0000:02:00.0", "id": "8086:1572",
             "target": "vfio-pci", "outcome": "refused", "code": "in-use", "detail": "used"}]})";
    }

    Device& device(size_t index) { return machine.session.inventory.devices[index]; }

    // 'LABEL NOW' for each row, and whether all is well.
    std::string compared(
        char const* config = "[bind]\ngpu = 0000:01:00.0\nnic = 0000:02:00.0\n[stub]\nsound = 0000:01:00.1\n")
    {
        constexpr char const* names[] = {"bound", "lost", "shifted", "gone", "not-bound"};
        if (!parse_report(text, *report))
            return "no report";
        machine.plan(config);
        Status status{.session = machine.session,
            .report = *report,
            .labels = labels,
            .is_config_known = true,
            .rows = *rows};
        compare(status);
        std::string all;
        for (auto const& row : status.rows)
            all +=
                std::string(label_of(row, machine.session)) + " " + names[static_cast<int>(row.now)] + "\n";
        return all + (is_ok(status) ? "ok" : "not ok");
    }
};

TEST(what_holds_and_what_the_boot_refused)
{
    Since since;
    TEST_ASSERT_EQUAL_STRING("gpu bound\nsound bound\nnic not-bound\nnot ok", since.compared());
}

TEST(bound_since_is_as_good_as_bound)
{
    Since since;
    since.device(2).driver = DriverName("vfio-pci");
    TEST_ASSERT_EQUAL_STRING("gpu bound\nsound bound\nnic bound\nok", since.compared());
}

TEST(another_driver_is_not_the_one_that_it_is_listed_for)
{
    Since since;
    since.device(0).driver = DriverName("pci-stub");
    since.device(1).driver = DriverName("vfio-pci");
    TEST_ASSERT_EQUAL_STRING("gpu lost\nsound lost\nnic not-bound\nnot ok", since.compared());
}

TEST(only_the_labels_that_were_asked_about_count)
{
    Since since;
    since.labels = {"gpu", "sound"};
    TEST_ASSERT_EQUAL_STRING("gpu bound\nsound bound\nnic not-bound\nok", since.compared());
    Since other;
    other.labels = {"nic"};
    TEST_ASSERT_EQUAL_STRING("gpu bound\nsound bound\nnic not-bound\nnot ok", other.compared());
}

TEST(another_model_at_the_address_is_not_the_device_whatever_drives_it)
{
    Since since;
    since.device(0).id = {0x1234, 0x1111};
    since.device(2).id = {0x1234, 0x1111};
    since.device(2).driver = DriverName("vfio-pci");
    TEST_ASSERT_EQUAL_STRING("gpu shifted\nsound bound\nnic not-bound\nnot ok", since.compared());
}

TEST(a_device_that_is_not_there_is_gone_and_told_once)
{
    Since since;
    since.device(0).address.bus = 5;
    TEST_ASSERT_EQUAL_STRING("gpu gone\nsound bound\nnic not-bound\nnot ok", since.compared());
}

TEST(what_no_line_lists_any_more_does_not_count)
{
    Since since;
    TEST_ASSERT_EQUAL_STRING("gpu bound\nsound bound\nnic not-bound\nok",
        since.compared("[bind]\ngpu = 0000:01:00.0\n[stub]\nsound = 0000:01:00.1\n"));
}

TEST(what_is_listed_since_counts_and_a_line_in_other_words_is_the_same_line)
{
    Since since;
    since.machine.add("0000:03:00.0", "8086:10d3", 0x020000, 10, "e1000e");
    TEST_ASSERT_EQUAL_STRING("gpu bound\nsound bound\nnic not-bound\nnew not-bound\nnot ok",
        since.compared("[bind]\ngpu = 10de:2191\nnew = 0000:03:00.0\n[stub]\nsound = 0000:01:00.1\n"));
}

TEST(a_host_driver_in_the_group_keeps_guests_out_unless_it_is_a_bridges)
{
    Since since;
    since.labels = {"gpu"};
    auto& bridge = since.machine.add("0000:00:01.0", "8086:1901", 0x060400, 8, "shpchp");
    bridge.header = HeaderType::Bridge;
    TEST_ASSERT_EQUAL_STRING("gpu bound\nsound bound\nnic not-bound\nok", since.compared());
    Since other;
    other.labels = {"gpu"};
    other.machine.add("0000:01:00.2", "10de:1aec", 0x0c0300, 8, "xhci_hcd");
    TEST_ASSERT_EQUAL_STRING("gpu bound\nsound bound\nnic not-bound\nnot ok", other.compared());
}

UNITY_MAIN()
