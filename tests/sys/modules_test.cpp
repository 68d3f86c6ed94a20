// SPDX-License-Identifier: MIT
#include "sys/modules.h"

#include "machine.h"
#include "tree.h"

using namespace vfio_early;

// What the stand-in for modprobe was called with, as it wrote it down.
static void add_modprobe(Tree& tree, std::string const& then)
{
    tree.make_program("sbin/modprobe",
        "#!/bin/sh\nroot=${0%/sbin/modprobe}\necho \"$*\" >>\"$root/called\"\n"
        "echo \"options=[$MODPROBE_OPTIONS]\" >>\"$root/called\"\n"
            + then + "\n");
}

TEST(loads_what_the_plan_needs_with_one_call)
{
    Tree tree;
    add_modprobe(tree, "mkdir -p \"$root/sys/bus/pci/drivers/vfio-pci\"");
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    setenv("MODPROBE_OPTIONS", "-qb", 1);
    load_drivers(tree.root(), machine.plan("[bind]\ngpu = 01:00.0\n"));
    TEST_ASSERT_EQUAL_STRING(
        "-d " + tree.directory() + " -a vfio-pci vfio_iommu_type1\noptions=[]\n", tree.read("called"));
    TEST_ASSERT_TRUE(has_driver(tree.root(), Target::VfioPci));
}

TEST(loads_pci_stub_if_a_device_is_parked)
{
    Tree tree;
    add_modprobe(tree, "");
    tree.add_driver("vfio-pci");
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    load_drivers(tree.root(), machine.plan("[stub]\ngpu = 01:00.0\n"));
    TEST_ASSERT_TRUE(tree.read("called").find("-a pci-stub\n") != std::string::npos);
}

TEST(loads_nothing_that_is_there_or_not_needed)
{
    Tree tree;
    add_modprobe(tree, "");
    tree.add_driver("vfio-pci");
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    load_drivers(tree.root(), machine.plan("[bind]\ngpu = 01:00.0\n"));
    TEST_ASSERT_FALSE(tree.has("called"));
}

TEST(keeps_the_last_line_that_modprobe_wrote)
{
    Tree tree;
    add_modprobe(tree, "echo first; echo 'modprobe: FATAL: Module vfio-pci not found' >&2; exit 1");
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    auto& session = machine.plan("[bind]\ngpu = 01:00.0\n");
    load_drivers(tree.root(), session);
    TEST_ASSERT_EQUAL_STRING("modprobe: FATAL: Module vfio-pci not found", session.loader_message.view());
}

TEST(says_that_there_is_no_modprobe)
{
    Tree tree;
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    auto& session = machine.plan("[bind]\ngpu = 01:00.0\n");
    load_drivers(tree.root(), session);
    TEST_ASSERT_EQUAL_STRING(
        "there is no /sbin/modprobe and no /usr/sbin/modprobe", session.loader_message.view());
}

TEST(loads_the_driver_of_a_virtio_iommu_that_is_not_in_use)
{
    Tree tree;
    add_modprobe(tree, "");
    load_iommu_driver(tree.root());
    TEST_ASSERT_FALSE(tree.has("called"));
    tree.write("sys/firmware/acpi/tables/VIOT", "");
    load_iommu_driver(tree.root());
    TEST_ASSERT_TRUE(tree.read("called").find("-a virtio_pci virtio_iommu\n") != std::string::npos);
    tree.unlink("called");
    tree.make_directory("sys/class/iommu/virtio0");
    load_iommu_driver(tree.root());
    TEST_ASSERT_FALSE(tree.has("called"));
}

TEST(asks_whether_a_driver_could_be_loaded_without_loading_it)
{
    Tree tree;
    add_modprobe(tree, "exit 0");
    TEST_ASSERT_TRUE(could_load_driver(tree.root(), Target::VfioPci));
    TEST_ASSERT_TRUE(tree.read("called").find("--dry-run --quiet vfio-pci\n") != std::string::npos);
    add_modprobe(tree, "exit 1");
    TEST_ASSERT_FALSE(could_load_driver(tree.root(), Target::VfioPci));
}

UNITY_MAIN()
