// SPDX-License-Identifier: MIT
#include "core/report.h"

#include "machine.h"
#include "text_of.h"

using namespace vfio_early;

static std::string summary_of(Session const& session)
{
    return written_by([&](Sink& sink) { write_summary(sink, session); });
}

static std::string json_of(Session const& session)
{
    return written_by([&](Sink& sink) { write_json(sink, session); });
}

TEST(sums_up_what_was_done)
{
    Machine machine;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 1);
    auto& session = machine.plan("[bind]\na = 01:00.0\nb = 02:00.0\n");
    TEST_ASSERT_EQUAL_STRING("would bind 1 of 2 listed devices", summary_of(session));
    session.mode = Mode::Bind;
    session.plan.decisions[0].outcome = Outcome::Bound;
    TEST_ASSERT_EQUAL_STRING(
        "bound 1 of 2 listed devices, rd.vfio_early=0 boots without it", summary_of(session));
    TEST_ASSERT_FALSE(is_all_bound(session));
    Machine nothing;
    nothing.session.config_name = ConfigName("/etc/other.ini");
    TEST_ASSERT_EQUAL_STRING("no device is listed, nothing to bind: list devices in /etc/other.ini, "
                             "and 'vfio-early check' shows what the next boot does with them",
        summary_of(nothing.plan("[bind]\n")));
}

TEST(does_not_count_what_is_handed_over)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 1, "nouveau");
    auto& session = machine.plan("[bind]\ngpu = 01:00.0\nb = 02:00.0\n[handover]\ngpu = nouveau\n");
    session.plan.decisions[0].outcome = Outcome::Handover;
    TEST_ASSERT_EQUAL_STRING("would bind 0 of 1 listed devices", summary_of(session));
    TEST_ASSERT_FALSE(is_all_bound(session));
    session.plan.decisions.shrink(1);
    TEST_ASSERT_EQUAL_STRING(
        "every listed device stays with the host until 'bind LABEL', nothing to bind", summary_of(session));
    TEST_ASSERT_TRUE(is_all_bound(session));
    TEST_ASSERT_TRUE(
        json_of(session).find(R"("outcome": "handover", "code": null, "detail": null)") != std::string::npos);
}

TEST(does_not_count_what_was_never_settled_as_bound)
{
    Machine machine;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 1);
    auto& session = machine.plan("[bind]\na = 01:00.0\n");
    session.mode = Mode::Bind;
    TEST_ASSERT_EQUAL_STRING("bound 0 of 1 listed devices", summary_of(session));
    TEST_ASSERT_FALSE(is_all_bound(session));
}

TEST(is_not_ok_without_a_plan_or_with_a_wrong_line)
{
    Machine machine;
    TEST_ASSERT_FALSE(is_all_bound(machine.session));
    machine.plan("[bind]\n");
    TEST_ASSERT_TRUE(is_all_bound(machine.session));
    machine.session.problems.add(problem_of(3, "wrong"));
    TEST_ASSERT_FALSE(is_all_bound(machine.session));
    TEST_ASSERT_TRUE(
        json_of(machine.session).find(R"("warnings": ["configuration line 3: wrong"])") != std::string::npos);
}

TEST(writes_one_shape_of_json)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8, "nouveau");
    machine.add("0000:01:00.1", "10de:1aeb", 0x040300, 8);
    TEST_ASSERT_EQUAL_STRING(R"({"vfio_early": ")" VFIO_EARLY_VERSION
                             R"(", "command": "check", "ok": false, "iommu": "on", "warnings": [],
 "devices": [{"label": "gpu", "selector": "01:00.0", "address": "0000:01:00.0", "id": "10de:2191", "class": "030000", "group": 8, "driver": "nouveau", "target": "vfio-pci", "outcome": "refused", "code": "shared-group", "detail": "group 8 also holds 0000:01:00.1, which must be listed under [bind] or [stub] too", "peers": ["0000:01:00.1"], "viable": null, "moved": null},
   {"label": "usb", "selector": "1b21:1242", "address": null, "id": null, "class": null, "group": null, "driver": null, "target": "vfio-pci", "outcome": "refused", "code": "not-found", "detail": "no device matches '1b21:1242', 'lspci -Dnn' lists all devices", "peers": [], "viable": null, "moved": null}],
 "unlisted": []}
)",
        json_of(machine.plan("[bind]\ngpu = 01:00.0\nusb = 1b21:1242\n")));
}

TEST(writes_null_for_what_cannot_be_read)
{
    Machine machine;
    auto& gpu = machine.add("0000:01:00.0", "10de:2191", 0x030000, {});
    gpu.is_identified = gpu.is_readable = false;
    auto const json = json_of(machine.plan("[bind]\ngpu = 01:00.0\n"));
    TEST_ASSERT_TRUE(
        json.find(R"("id": null, "class": null, "group": null, "driver": null)") != std::string::npos);
}

TEST(has_the_kernels_word_on_a_group_only_where_it_is_bound)
{
    Machine machine;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 1);
    auto& session = machine.plan("[bind]\na = 01:00.0\n");
    auto& viable = session.inventory.groups[0].is_viable;
    auto& outcome = session.plan.decisions[0].outcome;
    auto const says = [&](char const* value) {
        return json_of(session).find(std::string(R"("peers": [], "viable": )") + value + R"(, "moved")")
            != std::string::npos;
    };
    session.mode = Mode::Bind;
    outcome = Outcome::Bound;
    TEST_ASSERT_TRUE(says("null"));
    viable = true;
    TEST_ASSERT_TRUE(says("true"));
    viable = false;
    TEST_ASSERT_TRUE(says("false"));
    outcome = Outcome::Failed;
    TEST_ASSERT_TRUE(says("null"));
}

TEST(lists_what_is_on_vfio_pci_without_a_line)
{
    Machine machine;
    auto& strangers = machine.session.strangers;
    strangers.append({.address = *parse_address("0000:02:00.0"), .is_on_vfio_pci = true});
    strangers.append({.address = *parse_address("0000:03:00.0"), .named_for = Target::VfioPci});
    strangers.append({.address = *parse_address("10000:04:00.0"), .is_on_vfio_pci = true});
    TEST_ASSERT_TRUE(
        json_of(machine.plan("[bind]\n")).find(R"("unlisted": ["0000:02:00.0", "10000:04:00.0"]})")
        != std::string::npos);
}

UNITY_MAIN()
