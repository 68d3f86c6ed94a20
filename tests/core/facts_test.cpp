// SPDX-License-Identifier: MIT
#include "core/facts.h"

#include "text_of.h"
#include "unity.h"

#include <memory>

using namespace vfio_early;

static Selector selector(char const* text)
{
    FixedString<max_problem_bytes> problem;
    Sink sink(problem);
    return parse_selector(text, sink).value();
}

static std::string key(char const* text)
{
    return std::string(key_of(selector(text)).view());
}

TEST(a_line_is_known_by_what_it_selects_and_not_by_how_it_is_written)
{
    TEST_ASSERT_EQUAL_STRING(key("0000:01:00.0 10de:2191"), key("10DE:2191   01:0.0"));
    TEST_ASSERT_EQUAL_STRING(key("0000:00:1c.4/00.0"), key("0:1C.4/0.0"));
    TEST_ASSERT_EQUAL_STRING(key("all 8086:1572"), key("8086:1572 all"));
    for (auto const* other : {"01:00.1", "01:00.*", "01:00.0/00.0", "01:00.0 10de:2191", "10de:2191",
             "10de:2191 all", "10de:2191:1043:8520"})
        TEST_ASSERT_FALSE(key(other) == key("01:00.0"));
}

static std::unique_ptr<Facts> sample()
{
    auto facts = std::make_unique<Facts>();
    Identity device;
    device.address = parse_address("0000:03:00.0").value();
    device.id = parse_device_id("10de:2191").value();
    device.subsystem = parse_device_id("1043:8520").value();
    device.serial = 0x0123456789abcdef;
    device.slot = parse_slot_link("../../../devices/pci0000:00/0000:00:1c.4/0000:03:00.0").value();
    device.slot->root.firmware_path.append("\\_SB_.PCI0");
    device.slot->steps[0].port = 5;
    facts->lines.append({key_of(selector("03:00.0")), device});
    facts->lines.append({key_of(selector("8086:10d3")), {}});
    device.slot =
        parse_slot_link("../../../devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0").value();
    device.serial.reset();
    facts->host.append({FactText("/ on nvme0n1p2"), device});
    return facts;
}

static std::string written(Facts const& facts)
{
    return written_by([&](Sink& sink) { write_facts(sink, facts); });
}

TEST(reads_what_it_wrote)
{
    auto const text = written(*sample());
    auto const facts = std::make_unique<Facts>();
    TEST_ASSERT_TRUE(parse_facts(text, *facts));
    TEST_ASSERT_EQUAL_STRING(text, written(*facts));
    TEST_ASSERT_EQUAL_UINT(2, facts->lines.size());
    auto const& device = facts->lines[0].device.value();
    TEST_ASSERT_TRUE(device.serial == 0x0123456789abcdef);
    TEST_ASSERT_EQUAL_UINT(5, device.slot->steps[0].port.value());
    TEST_ASSERT_EQUAL_STRING(
        "0000:00:1c.4/00.0", written_by([&](Sink& sink) { put_slot(sink, *device.slot); }));
    TEST_ASSERT_FALSE(facts->lines[1].device.has_value());
    TEST_ASSERT_EQUAL_STRING("pci0000:00/0000:00:0e.0/", facts->host[0].device.slot->root.parent.view());
}

TEST(begins_with_its_version_and_ends_with_its_count)
{
    auto const text = written(*sample());
    TEST_ASSERT_TRUE(text.starts_with("version = 1\n"));
    TEST_ASSERT_TRUE(text.ends_with("\n[end]\nentries = 3\n"));
}

static bool is_usable(std::string const& text)
{
    auto const facts = std::make_unique<Facts>();
    bool const is_whole = parse_facts(text, *facts);
    return is_whole || !facts->lines.empty() || !facts->host.empty();
}

TEST(takes_a_file_that_was_cut_for_none)
{
    auto const text = written(*sample());
    for (size_t size = 0; size + 1 < text.size(); ++size)
        TEST_ASSERT_FALSE(is_usable(text.substr(0, size)));
}

static std::string replaced(std::string text, std::string const& from, std::string const& to)
{
    text.replace(text.find(from), from.size(), to);
    return text;
}

TEST(takes_a_file_with_anything_that_does_not_belong_there_for_none)
{
    auto const text = written(*sample());
    TEST_ASSERT_TRUE(is_usable(text));
    TEST_ASSERT_FALSE(is_usable(replaced(text, "version = 1", "version = 2")));
    TEST_ASSERT_FALSE(is_usable("\n" + text));
    TEST_ASSERT_FALSE(is_usable(replaced(text, "entries = 3", "entries = 4")));
    TEST_ASSERT_FALSE(is_usable(replaced(text, "id = 10de:2191:1043:8520", "id = 10de:2191")));
    TEST_ASSERT_FALSE(is_usable(replaced(text, "id = 10de:2191:1043:8520\n", "")));
    TEST_ASSERT_FALSE(is_usable(replaced(text, "address = 0000:03:00.0", "address = 03:00.0")));
    TEST_ASSERT_FALSE(is_usable(replaced(text, "slot = 0000:00:1c.4/00.0", "slot = 0000:00:1c.4/00.*")));
    TEST_ASSERT_FALSE(is_usable(replaced(text, "serial = 01-23", "serial = 0123")));
    TEST_ASSERT_FALSE(is_usable(replaced(text, "port = 5", "port = 256")));
    TEST_ASSERT_FALSE(is_usable(replaced(text, "port = 5", "color = red")));
    TEST_ASSERT_FALSE(is_usable(replaced(text, "[host]", "[guest]")));
    TEST_ASSERT_FALSE(is_usable(replaced(text, "port = 5", "x" + std::string(300, 'x'))));
    TEST_ASSERT_FALSE(is_usable(replaced(text, "[host]\n", "[host]\naddress = 0000:04:00.0\n")));
    TEST_ASSERT_FALSE(is_usable(replaced(text, "[line]\n", "[line]\naddress = 0000:04:00.0\n")));
}

TEST(writes_no_text_that_it_would_read_as_something_else)
{
    auto facts = std::make_unique<Facts>();
    facts->host.append({FactText("/ on a\nb ;c\x1b"), sample()->lines[0].device.value()});
    auto const text = written(*facts);
    TEST_ASSERT_TRUE(text.find("why = / on a?b ?c?\n") != std::string::npos);
    TEST_ASSERT_TRUE(is_usable(text));
}

TEST(reads_a_reason_that_was_cut_behind_a_blank_as_it_wrote_it)
{
    auto facts = std::make_unique<Facts>();
    facts->host.append({FactText("/ on a "), sample()->lines[0].device.value()});
    auto const text = written(*facts);
    TEST_ASSERT_TRUE(parse_facts(text, *std::make_unique<Facts>()));
    TEST_ASSERT_TRUE(text.find("why = / on a\n") != std::string::npos);
}

TEST(forgets_the_lines_with_these_labels_and_no_others)
{
    auto config = std::make_unique<Config>();
    Problems problems;
    parse_config("[bind]\ngpu = 03:00.0\nnic = 8086:10d3\n", *config, problems);
    auto facts = sample();
    std::string_view const labels[] = {"nic"};
    forget(*facts, *config, labels);
    TEST_ASSERT_EQUAL_UINT(1, facts->lines.size());
    TEST_ASSERT_EQUAL_STRING(key("03:00.0"), facts->lines[0].key.view());
    forget(*facts, *config, {});
    TEST_ASSERT_TRUE(facts->lines.empty());
}

UNITY_MAIN()
