// SPDX-License-Identifier: MIT
#include "core/list.h"

#include "machine.h"
#include "text_of.h"

using namespace vfio_early;

namespace {

// A machine that is listed: golden files have the rest (tests/list_test.py).
struct Listed : Machine {
    std::unique_ptr<Trial> trial = std::make_unique_for_overwrite<Trial>();
    std::unique_ptr<MachineRecord> record = std::make_unique<MachineRecord>();
    List list{.session = session, .record = *record, .trial = *trial};

    std::string whole_text()
    {
        while (record->functions.size() < session.inventory.devices.size())
            record->functions.append({});
        return written_by([&](Sink& sink) { write_list(sink, list); });
    }

    std::string text()
    {
        auto const all = whole_text();
        return all.substr(all.find("\n\n") + 2); // without the first line
    }

    void name_graphics_card()
    {
        record->names.want({0x10de, 0x1e84});
        record->names.read_line("10de  NVIDIA Corporation");
        record->names.read_line("\t1e84  TU104 [GeForce RTX 2070 SUPER]");
    }
};

constexpr char const* gpu = "10de:1e84";

} // namespace

TEST(cuts_a_name_where_the_terminal_ends)
{
    Listed machine;
    machine.add("0000:2b:00.0", gpu, 0x030000, 14, "vfio-pci");
    machine.name_graphics_card();
    std::string const facts = "14  2b:00.0 Display  10de:1e84 vfio-pci      -             ";
    std::string const group = "GROUP 14   YES  alone\n";
    machine.list.width = 80;
    TEST_ASSERT_EQUAL_STRING(group + facts + "NVIDIA TU104 [GeForc~\n", machine.text());
    machine.list.width = 96;
    TEST_ASSERT_EQUAL_STRING(group + facts + "NVIDIA TU104 [GeForce RTX 2070 SUPER]\n", machine.text());
    machine.list.width = 95;
    TEST_ASSERT_EQUAL_STRING(group + facts + "NVIDIA TU104 [GeForce RTX 2070 SUPE~\n", machine.text());
}

TEST(cuts_no_fact_however_narrow_the_terminal_is)
{
    Listed machine;
    machine.add("0000:2b:00.0", gpu, 0x030000, 14, "vfio-pci");
    machine.name_graphics_card();
    for (size_t const width : {0U, 1U, 40U, 59U, 60U}) {
        machine.list.width = width;
        TEST_ASSERT_EQUAL_STRING(
            "GROUP 14   YES  alone\n14  2b:00.0 Display  10de:1e84 vfio-pci      -\n", machine.text());
    }
}

TEST(shifts_a_line_by_what_is_longer_than_its_column)
{
    Listed machine;
    machine.add("10000:e1:00.0", "144d:a808", 0x010802, 1234, "a_driver_of_that_length");
    machine.record->functions.append({});
    for (auto const* name : {"nvme1n1", "nvme0n1"})
        machine.record->attach(0, UseKind::Disk, name);
    TEST_ASSERT_EQUAL_STRING("GROUP 1234 YES  alone\n"
                             "1234 10000:e1:00.0 NVMe 144d:a808 a_driver_of_that_length nvme0n1,nvme1n1\n",
        machine.text());
}

TEST(has_colour_around_the_answer_alone)
{
    Listed machine;
    machine.add("0000:2b:00.0", gpu, 0x030000, 14);
    machine.list.has_colour = true;
    TEST_ASSERT_TRUE(machine.text().starts_with("GROUP 14   \033[32mYES\033[0m  alone\n14  2b:00.0 "));
}

TEST(joins_what_a_device_is_in_use_for)
{
    Listed machine;
    machine.add("0000:02:00.0", "8086:1533", 0x020000, 3, "igb");
    machine.add("0000:2b:00.0", gpu, 0x030000, 14, "nouveau").is_boot_display = true;
    machine.plan("[bind]\ngpu = 0000:2b:00.0\n");
    machine.record->functions.append({});
    machine.record->attach(0, UseKind::Interface, "eno1");
    constexpr Address nic = {0, 2, 0, 0};
    machine.session.uses.add({nic, vital, UseText("the default route through eno1"), UseKind::DefaultRoute});
    machine.session.uses.add(
        {nic, vital, UseText("the IPv6 default route through eno1"), UseKind::DefaultRoute});
    machine.session.uses.add({nic, open_now, UseText("eno1 is up")});
    auto const text = machine.text();
    TEST_ASSERT_TRUE(text.find(" igb           eno1,default-route\n") != std::string::npos);
    TEST_ASSERT_TRUE(text.find(" nouveau       boot-display,[gpu]\n") != std::string::npos);
}

TEST(says_in_use_where_there_is_no_other_word)
{
    Listed machine;
    machine.add("0000:2b:00.0", gpu, 0x030000, 14, "nouveau");
    machine.session.uses.add(
        {{0, 0x2b, 0, 0}, open_now, UseText("process 700 (Xorg) has /dev/dri/card0 open")});
    TEST_ASSERT_TRUE(machine.text().find(" nouveau       in-use\n") != std::string::npos);
}

TEST(marks_what_cannot_be_reset_in_any_way)
{
    Listed machine;
    machine.add("0000:00:02.0", "8086:1912", 0x030000, 2);
    auto& port = machine.add("0000:00:1c.0", "8086:a110", 0x060400, 6);
    port.secondary_bus = 3;
    port.last_bus = 3;
    machine.add("0000:03:00.0", "8086:1533", 0x020000, 7);
    machine.record->functions.append({});
    TEST_ASSERT_TRUE(machine.text().find("reset") == std::string::npos); // this kernel says nothing
    machine.record->shows_resets = true;
    TEST_ASSERT_TRUE(
        machine.text().find("GROUP 2    YES  alone; no reset of 00:02.0, so a guest can start once\n")
        != std::string::npos);
    TEST_ASSERT_TRUE(machine.text().find("GROUP 7    YES  alone\n") != std::string::npos); // with its bus
    machine.record->functions[0].reset.append("flr");
    TEST_ASSERT_TRUE(machine.text().find("reset") == std::string::npos);
}

TEST(counts_one_as_one)
{
    auto const first_line = [](Listed& machine) {
        auto const all = machine.whole_text();
        return all.substr(0, all.find("\n\n"));
    };
    Listed machine;
    machine.add("0000:2b:00.0", gpu, 0x030000, 14);
    machine.add("0000:00:01.0", "8086:1901", 0x060400, 2).header = HeaderType::Bridge;
    TEST_ASSERT_EQUAL_STRING(
        "IOMMU on. 2 groups; 1 holds only bridges and board parts (--all shows them).", first_line(machine));
    machine.session.inventory.iommu = Iommu::Absent;
    for (auto& device : machine.session.inventory.devices)
        device.group.reset();
    TEST_ASSERT_TRUE(
        first_line(machine).ends_with("\n2 functions; 1 is a bridge or board part (--all shows them)."));
}

TEST(offers_nothing_where_there_are_more_devices_than_fit)
{
    Listed machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    machine.session.inventory.is_overfull = true;
    TEST_ASSERT_TRUE(machine.text().starts_with("GROUP 8    NO   there are too many functions to tell\n"));
}

UNITY_MAIN()
