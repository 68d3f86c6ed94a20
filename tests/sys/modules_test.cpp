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

TEST(loads_vfio_pci_with_no_ids_and_no_install_line)
{
    Tree tree;
    add_modprobe(tree, "mkdir -p \"$root/sys/bus/pci/drivers/vfio-pci\"");
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    setenv("MODPROBE_OPTIONS", "-qb", 1);
    load_drivers(tree.root(), machine.plan("[bind]\ngpu = 01:00.0\n"));
    // The module of the IOMMU is loaded with the options that its user set.
    auto const start = "-d " + tree.directory() + " --ignore-install ";
    TEST_ASSERT_EQUAL_STRING(start + "vfio-pci ids=\noptions=[]\n" + start + "vfio_iommu_type1\noptions=[]\n",
        tree.read("called"));
    TEST_ASSERT_TRUE(has_driver(tree.root(), Target::VfioPci));
    TEST_ASSERT_TRUE(machine.session.loading_of(Target::VfioPci).is_ours);
    TEST_ASSERT_FALSE(machine.session.loading_of(Target::PciStub).is_ours);
}

TEST(loads_what_has_an_install_line_by_itself)
{
    Tree tree;
    add_modprobe(tree, "");
    tree.make_directory("sys/module/irqbypass");
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    auto& session = machine.plan("[bind]\ngpu = 01:00.0\n");
    std::string lines = "install vfio-pci-core x\ninstall vfio x\ninstall vfio-pci x\ninstall irqbypass x\n";
    parse_modprobe_settings(lines, "", session.module_settings);
    load_drivers(tree.root(), session);
    auto const start = "-d " + tree.directory() + " --ignore-install ";
    TEST_ASSERT_EQUAL_UINT(0,
        tree.read("called").find(start + "vfio\noptions=[]\n" + start + "vfio_pci_core\noptions=[]\n" + start
            + "vfio-pci ids=\n"));
}

TEST(does_not_load_the_module_of_the_iommu_twice)
{
    Tree tree;
    add_modprobe(
        tree, "mkdir -p \"$root/sys/bus/pci/drivers/vfio-pci\" \"$root/sys/module/vfio_iommu_type1\"");
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    load_drivers(tree.root(), machine.plan("[bind]\ngpu = 01:00.0\n"));
    TEST_ASSERT_TRUE(tree.read("called").find("vfio_iommu_type1") == std::string::npos);
}

TEST(loads_pci_stub_if_a_device_is_parked)
{
    Tree tree;
    add_modprobe(tree, "");
    tree.add_driver("vfio-pci");
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    load_drivers(tree.root(), machine.plan("[stub]\ngpu = 01:00.0\n"));
    TEST_ASSERT_TRUE(tree.read("called").find("--ignore-install pci-stub ids=\n") != std::string::npos);
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
    TEST_ASSERT_FALSE(machine.session.loading_of(Target::VfioPci).is_ours);
}

TEST(keeps_the_last_line_that_modprobe_wrote)
{
    Tree tree;
    add_modprobe(tree, "echo first; echo 'modprobe: FATAL: Module vfio-pci not found' >&2; exit 1");
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    auto& session = machine.plan("[bind]\ngpu = 01:00.0\n");
    load_drivers(tree.root(), session);
    TEST_ASSERT_EQUAL_STRING(
        "modprobe: FATAL: Module vfio-pci not found", session.loading_of(Target::VfioPci).message.view());
}

TEST(says_that_there_is_no_modprobe)
{
    Tree tree;
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    auto& session = machine.plan("[bind]\ngpu = 01:00.0\n");
    load_drivers(tree.root(), session);
    TEST_ASSERT_EQUAL_STRING("there is no /sbin/modprobe and no /usr/sbin/modprobe",
        session.loading_of(Target::VfioPci).message.view());
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
    Machine machine;
    auto& session = machine.session;
    add_modprobe(tree, "exit 0");
    TEST_ASSERT_TRUE(could_load_driver(tree.root(), session, Target::VfioPci));
    TEST_ASSERT_TRUE(tree.read("called").find("--dry-run --quiet vfio-pci\n") != std::string::npos);
    add_modprobe(tree, "exit 1");
    TEST_ASSERT_FALSE(could_load_driver(tree.root(), session, Target::VfioPci));
    add_modprobe(tree, "exit 0");
    parse_kernel_settings("module_blacklist=vfio_pci", session.module_settings);
    TEST_ASSERT_FALSE(could_load_driver(tree.root(), session, Target::VfioPci));
    TEST_ASSERT_EQUAL_STRING("vfio_pci", session.loading_of(Target::VfioPci).blacklisted);
    TEST_ASSERT_TRUE(could_load_driver(tree.root(), session, Target::PciStub));
}

// Loads with this modprobe where the kernel must not load vfio; what is said to be in the way.
static std::string_view hindered_by(std::string const& modprobe, std::string const& loaded = "vfio_virqfd")
{
    Tree tree;
    add_modprobe(tree, modprobe);
    tree.make_directory("sys/module/" + loaded);
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    auto& session = machine.plan("[bind]\ngpu = 01:00.0\n");
    parse_kernel_settings("module_blacklist=vfio", session.module_settings);
    load_drivers(tree.root(), session);
    return session.loading_of(Target::VfioPci).blacklisted;
}

TEST(names_what_kept_a_driver_from_being_loaded)
{
    TEST_ASSERT_EQUAL_STRING("vfio", hindered_by("[ \"$3\" = --dry-run ]"));
    // A module that is there all the same was not kept from it, and one that is not there cannot be.
    TEST_ASSERT_EQUAL_STRING("", hindered_by("[ \"$3\" = --dry-run ]", "vfio"));
    TEST_ASSERT_EQUAL_STRING("", hindered_by("exit 1"));
    TEST_ASSERT_EQUAL_STRING("", hindered_by("mkdir -p \"$root/sys/bus/pci/drivers/vfio-pci\""));
}

TEST(tells_a_module_from_what_is_built_in)
{
    Tree tree;
    tree.make_directory("sys/module/vfio_pci");
    TEST_ASSERT_FALSE(is_loaded_module(tree.root(), Target::VfioPci));
    tree.write("sys/module/vfio_pci/initstate", "live\n");
    TEST_ASSERT_TRUE(is_loaded_module(tree.root(), Target::VfioPci));
    TEST_ASSERT_FALSE(is_loaded_module(tree.root(), Target::PciStub));
}

UNITY_MAIN()
