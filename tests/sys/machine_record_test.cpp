// SPDX-License-Identifier: MIT
#include "sys/machine_record.h"

#include "sys/scan.h"
#include "tree.h"

#include <memory>

using namespace vfio_early;

namespace {

struct Recorded {
    Tree tree;
    std::unique_ptr<Inventory> inventory = std::make_unique<Inventory>();
    std::unique_ptr<Facts> facts = std::make_unique<Facts>();
    std::unique_ptr<MachineRecord> record = std::make_unique<MachineRecord>();

    Recorded() { tree.add_machine("dmar0"); }

    void read()
    {
        scan_all(tree.root(), *facts, *inventory);
        read_machine_record(tree.root(), *inventory, *record);
    }

    std::string attached(char const* address) const
    {
        std::string all;
        record->for_each_attached(*inventory->find(*parse_address(address)), [&](Attached const& thing) {
            all += std::string(vfio_early::name_of(thing.kind)) + " " + std::string(thing.name.view()) + "\n";
        });
        return all;
    }

    FunctionRecord const& function(char const* address) const
    {
        return record->functions[*inventory->find(*parse_address(address))];
    }
};

std::string model(ModelName const& name)
{
    return written_by([&](Sink& sink) { put_model(sink, name); });
}

constexpr char const* keyboard_keys = "402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe\n";

} // namespace

TEST(finds_disks_and_interfaces_by_kind_and_name)
{
    Recorded machine;
    machine.tree.add_device("0000:01:00.0", "10601", "8086:a102", 1, "ahci");
    machine.tree.add_device("0000:02:00.0", "20000", "8086:1533", 2, "igb");
    for (auto const* disk : {"sdb", "sdc", "sda"})
        machine.tree.add_block_device(
            std::string("pci0000:00/0000:01:00.0/ata1/block/") + disk, std::string("8:") + disk[2]);
    machine.tree.add_partition("pci0000:00/0000:01:00.0/ata1/block/sda/sda1", "8:1");
    machine.tree.add_layer("dm-0", "253:0", {"sda1"});
    machine.tree.add_interface("pci0000:00/0000:02:00.0/net/eno1", "0x1002");
    machine.tree.add_interface("virtual/net/lo", "0x9");
    machine.read();
    TEST_ASSERT_EQUAL_STRING("disk sda\ndisk sdb\ndisk sdc\n", machine.attached("0000:01:00.0"));
    TEST_ASSERT_EQUAL_STRING("interface eno1\n", machine.attached("0000:02:00.0"));
    TEST_ASSERT_TRUE(machine.record->is_complete);
}

TEST(tells_keyboards_from_other_input_and_from_jacks)
{
    Recorded machine;
    machine.tree.add_device("0000:01:00.0", "C0330", "1022:43d5", 1, "xhci_hcd");
    machine.tree.add_device("0000:02:00.1", "40300", "10de:10f8", 1, "snd_hda_intel");
    auto const add = [&](std::string const& where) {
        machine.tree.make_directory("sys/devices/" + where);
        machine.tree.link("sys/class/input/" + where.substr(where.rfind('/') + 1), "../../devices/" + where);
    };
    add("pci0000:00/0000:01:00.0/usb1/1-4/1-4:1.0/input/input5");
    machine.tree.write(
        "sys/devices/pci0000:00/0000:01:00.0/usb1/1-4/1-4:1.0/input/input5/capabilities/key", keyboard_keys);
    add("pci0000:00/0000:01:00.0/usb1/1-4/1-4:1.0/input/input5/event5");
    add("pci0000:00/0000:01:00.0/usb1/1-5/1-5:1.0/input/input6");
    add("pci0000:00/0000:02:00.1/sound/card0/input12");
    machine.read();
    TEST_ASSERT_EQUAL_STRING("keyboard input5\ninput input6\n", machine.attached("0000:01:00.0"));
    TEST_ASSERT_EQUAL_STRING("", machine.attached("0000:02:00.1"));
}

TEST(attaches_a_disk_to_the_volume_manager_above_it_too)
{
    Recorded machine;
    machine.tree.add_device("0000:00:0e.0", "10400", "8086:467f", 1, "vmd");
    machine.tree.add_device("10000:e1:00.0", "10802", "144d:a808", -1, "nvme");
    machine.tree.add_block_device(
        "pci0000:00/0000:00:0e.0/pci10000:e0/10000:e1:00.0/nvme/nvme0/nvme0n1", "259:0");
    machine.read();
    TEST_ASSERT_EQUAL_STRING("disk nvme0n1\n", machine.attached("0000:00:0e.0"));
    TEST_ASSERT_EQUAL_STRING("disk nvme0n1\n", machine.attached("10000:e1:00.0"));
}

TEST(reads_how_a_function_can_be_reset_and_where_it_sits)
{
    Recorded machine;
    machine.tree.add_device("0000:01:00.0", "30000", "10de:1e84", 1);
    machine.tree.write("sys/bus/pci/devices/0000:01:00.0/reset_method", "flr bus\n");
    machine.tree.write("sys/devices/pci0000:00/0000:00:1c.0/0000:02:00.0/power", "");
    machine.tree.link(
        "sys/bus/pci/devices/0000:02:00.0", "../../../devices/pci0000:00/0000:00:1c.0/0000:02:00.0");
    machine.tree.add_device("0000:02:00.0", "20000", "8086:1533", 2);
    machine.tree.write("proc/sys/kernel/osrelease", "6.12.1\n");
    machine.read();
    TEST_ASSERT_EQUAL_STRING("flr bus", machine.function("0000:01:00.0").reset.view());
    TEST_ASSERT_EQUAL_STRING("", machine.function("0000:01:00.0").path.view());
    TEST_ASSERT_EQUAL_STRING("", machine.function("0000:02:00.0").reset.view());
    TEST_ASSERT_EQUAL_STRING(
        "pci0000:00/0000:00:1c.0/0000:02:00.0", machine.function("0000:02:00.0").path.view());
    TEST_ASSERT_TRUE(machine.record->shows_resets);
    TEST_ASSERT_EQUAL_STRING("6.12.1", machine.record->kernel.view());
    TEST_ASSERT_EQUAL_STRING("dmar0", machine.record->iommu_unit.view());
}

TEST(reads_names_from_either_place)
{
    for (auto const* path : {"usr/share/misc/pci.ids", "usr/share/hwdata/pci.ids"}) {
        Recorded machine;
        machine.tree.add_device("0000:01:00.0", "30000", "10de:1e84", 1);
        machine.tree.write(path, "10de  NVIDIA Corporation\n\t1e84  TU104\n");
        machine.read();
        TEST_ASSERT_EQUAL_STRING("NVIDIA TU104", model(*machine.record->names.find({0x10de, 0x1e84})));
    }
}

TEST(reads_names_across_the_ends_of_blocks)
{
    std::string list;
    for (unsigned number = 0x1000; list.size() < 20 * output_buffer_bytes; ++number) {
        char line[64];
        snprintf(line, sizeof(line), "%04x  Vendor %x\n\t0001  Device of %x\n", number, number, number);
        list += line;
    }
    auto const end = list.size();
    list += "fff0  Last\n\t0001  Of the last\n";
    auto const names = std::make_unique<ModelNames>();
    for (uint16_t vendor = 0x1000; vendor < 0x1380; ++vendor)
        names->want({vendor, 1});
    names->want({0xfff0, 1});
    Tree tree;
    tree.write("usr/share/misc/pci.ids", list);
    read_model_names(tree.root(), *names);
    for (uint16_t vendor = 0x1000; vendor < 0x1380; ++vendor) {
        char name[64];
        snprintf(name, sizeof(name), "Vendor %x Device of %x", vendor, vendor);
        TEST_ASSERT_EQUAL_STRING(name, model(*names->find({vendor, 1})));
    }
    TEST_ASSERT_EQUAL_STRING("Last Of the last", model(*names->find({0xfff0, 1})));
    TEST_ASSERT_TRUE(end > output_buffer_bytes);
}

TEST(does_not_wait_for_names_that_come_through_a_pipe)
{
    auto const names = std::make_unique<ModelNames>();
    names->want({0x10de, 1});
    Tree tree;
    tree.make_hang("usr/share/misc/pci.ids");
    read_model_names(tree.root(), *names);
    TEST_ASSERT_EQUAL_STRING("", model(*names->find({0x10de, 1})));
}

TEST(passes_over_a_line_that_is_too_long)
{
    auto const names = std::make_unique<ModelNames>();
    names->want({0x10de, 1});
    Tree tree;
    tree.write(
        "usr/share/misc/pci.ids", std::string(3 * max_path_bytes, 'x') + "\n10de  NVIDIA\n\t0001  One\n");
    read_model_names(tree.root(), *names);
    TEST_ASSERT_EQUAL_STRING("NVIDIA One", model(*names->find({0x10de, 1})));
}

UNITY_MAIN()
