// SPDX-License-Identifier: MIT
#include "sys/modules.h"

#include "base/text.h"
#include "core/explain.h"
#include "core/report.h"
#include "machine.h"
#include "sys/worker.h"
#include "tree.h"

#include <cerrno>
#include <csignal>
#include <sys/resource.h>
#include <unistd.h>

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
    std::string const start = "--ignore-install ";
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
    std::string const start = "--ignore-install ";
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
    add_modprobe(
        tree, "echo first; echo 'modprobe: FATAL: Module vfio-pci not found' >&2; printf '\\n \\n'; exit 1");
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    auto& session = machine.plan("[bind]\ngpu = 01:00.0\n");
    load_drivers(tree.root(), session);
    TEST_ASSERT_EQUAL_STRING(
        "modprobe: FATAL: Module vfio-pci not found", session.loading_of(Target::VfioPci).message.view());
}

// Loads vfio-pci with a modprobe that does this; how long that takes, in milliseconds.
static int64_t milliseconds_to_load(std::string const& modprobe, Machine& machine)
{
    Tree tree;
    add_modprobe(tree, modprobe);
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    auto& session = machine.plan("[bind]\ngpu = 01:00.0\n");
    auto const start = now_milliseconds();
    load_drivers(tree.root(), session);
    return now_milliseconds() - start;
}

TEST(says_what_kept_modprobe_from_being_started)
{
    Tree tree;
    add_modprobe(tree, "");
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    auto& session = machine.plan("[bind]\ngpu = 01:00.0\n");
    auto const root = tree.root();
    rlimit was = {};
    getrlimit(RLIMIT_NOFILE, &was);
    // Room for one more file, and a pipe has two ends.
    auto const next = dup(0);
    close(next);
    rlimit const now = {.rlim_cur = static_cast<rlim_t>(next) + 1, .rlim_max = was.rlim_max};
    setrlimit(RLIMIT_NOFILE, &now);
    load_drivers(root, session);
    setrlimit(RLIMIT_NOFILE, &was);
    TEST_ASSERT_EQUAL_UINT(EMFILE, static_cast<unsigned>(session.loading_of(Target::VfioPci).error_number));
}

TEST(does_not_wait_for_what_modprobe_leaves_behind)
{
    Machine machine;
    TEST_ASSERT_TRUE(milliseconds_to_load("sleep 4 & echo last >&2", machine) < 2000);
    TEST_ASSERT_EQUAL_STRING("last", machine.session.loading_of(Target::VfioPci).message.view());
}

TEST(does_not_wait_for_what_writes_for_ever)
{
    Machine machine;
    TEST_ASSERT_TRUE(milliseconds_to_load("timeout 4 yes >&2 &", machine) < 2000);
}

TEST(waits_for_a_modprobe_that_closed_its_output)
{
    Machine machine;
    TEST_ASSERT_TRUE(milliseconds_to_load("echo last; exec >&- 2>&-; sleep 1", machine) >= 1000);
    TEST_ASSERT_EQUAL_STRING("last", machine.session.loading_of(Target::VfioPci).message.view());
}

TEST(reads_all_that_a_long_winded_modprobe_wrote)
{
    Machine machine;
    milliseconds_to_load("seq 1 30000; echo last", machine);
    TEST_ASSERT_EQUAL_STRING("last", machine.session.loading_of(Target::VfioPci).message.view());
}

TEST(shows_no_raw_byte_of_what_modprobe_wrote)
{
    Machine machine;
    milliseconds_to_load("printf '\\033[31m\\007\\r\\377x\\n'", machine);
    auto& session = machine.session;
    settle_without_driver(session, Target::VfioPci);
    auto const line = written_by([&](Sink& sink) { describe(sink, session.plan.decisions[0], session); });
    TEST_ASSERT_EQUAL_STRING("gpu 0000:01:00.0: refused (module-missing): vfio-pci cannot be loaded: "
                             "'\\x1b[31m\\x07\\x0d\\xffx', it must be in the kernel or in the initramfs",
        line);
    auto const report = written_by([&](Sink& sink) { write_json(sink, session); });
    for (char const byte : report)
        TEST_ASSERT_TRUE(byte == '\n' || (byte >= ' ' && byte < 0x7f));
}

TEST(lets_modprobe_end_by_a_closed_pipe_as_it_is_used_to)
{
    signal(SIGPIPE, SIG_IGN);
    Machine machine;
    milliseconds_to_load("grep SigIgn /proc/$$/status >&2", machine);
    auto const line = machine.session.loading_of(Target::VfioPci).message.view();
    auto const ignored = strtoull(std::string(slice(line, line.rfind('\t'))).c_str(), nullptr, 16);
    TEST_ASSERT_EQUAL_UINT(0, ignored >> (SIGPIPE - 1) & 1);
    signal(SIGPIPE, SIG_DFL);
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

// What the build of a kernel and depmod say that there is.
static void add_modules(Tree& tree, std::string const& dep, std::string const& builtin)
{
    tree.write("lib/modules/6.1.0/modules.dep", dep);
    tree.write("lib/modules/6.1.0/modules.builtin", builtin);
}

TEST(reads_whether_a_driver_could_be_loaded)
{
    Tree tree;
    Machine machine;
    auto& session = machine.session;
    add_modprobe(tree, "");
    add_modules(tree, "kernel/drivers/vfio/pci/vfio-pci.ko.xz: kernel/drivers/vfio/vfio.ko.xz\n", "");
    TEST_ASSERT_TRUE(could_load_driver(tree.root(), session, Target::VfioPci));
    TEST_ASSERT_FALSE(could_load_driver(tree.root(), session, Target::PciStub));
    TEST_ASSERT_TRUE(session.loading_of(Target::VfioPci).is_ours);
    TEST_ASSERT_FALSE(session.loading_of(Target::VfioPci).is_unknown);
    parse_kernel_settings("module_blacklist=vfio_pci", session.module_settings);
    TEST_ASSERT_FALSE(could_load_driver(tree.root(), session, Target::VfioPci));
    TEST_ASSERT_EQUAL_STRING("vfio_pci", session.loading_of(Target::VfioPci).blacklisted);
    TEST_ASSERT_FALSE(tree.has("called"));
}

TEST(does_not_load_what_the_kernel_has_built_in)
{
    Tree tree;
    Machine machine;
    add_modules(tree, "", "kernel/drivers/vfio/pci/vfio-pci.ko\n");
    TEST_ASSERT_TRUE(could_load_driver(tree.root(), machine.session, Target::VfioPci));
    TEST_ASSERT_FALSE(machine.session.loading_of(Target::VfioPci).is_ours);
}

TEST(does_not_take_what_it_cannot_read_for_a_missing_driver)
{
    Tree tree;
    Machine machine;
    add_modules(tree, "", "");
    tree.unlink("lib/modules/6.1.0/modules.builtin");
    TEST_ASSERT_TRUE(could_load_driver(tree.root(), machine.session, Target::VfioPci));
    TEST_ASSERT_TRUE(machine.session.loading_of(Target::VfioPci).is_unknown);
}

// Loads with this modprobe where the kernel must not load vfio; what is said to be in the way.
static std::string_view hindered_by(
    std::string const& modprobe, std::string const& loaded = "vfio_virqfd", bool has_module = true)
{
    Tree tree;
    add_modprobe(tree, modprobe);
    add_modules(tree, has_module ? "vfio-pci.ko:\n" : "", "");
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
    TEST_ASSERT_EQUAL_STRING("vfio", hindered_by(""));
    // A module that is there all the same was not kept from it, and one that is not there cannot be.
    TEST_ASSERT_EQUAL_STRING("", hindered_by("", "vfio"));
    TEST_ASSERT_EQUAL_STRING("", hindered_by("", "vfio_virqfd", false));
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
