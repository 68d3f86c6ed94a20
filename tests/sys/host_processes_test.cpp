// SPDX-License-Identifier: MIT
#include "sys/host_processes.h"

#include "tree.h"
#include "uses_text.h"

#include <memory>

using namespace vfio_early;

static std::string processes(Tree const& tree)
{
    auto const uses = std::make_unique<HostUses>();
    find_host_processes(tree.root(), *uses);
    return uses_text(*uses);
}

static void add_class_device(Tree& tree, char const* name, char const* where)
{
    tree.link(std::string("sys/class/") + name, std::string("../../devices/") + where);
}

TEST(finds_displays_sound_video_and_input)
{
    struct Case {
        char const* node;
        char const* device;
    };
    for (auto const& [node, device] : {Case{"/dev/dri/card0", "drm/card0"},
             Case{"/dev/dri/renderD128", "drm/renderD128"}, Case{"/dev/snd/controlC0", "sound/controlC0"},
             Case{"/dev/input/event3", "input/event3"}, Case{"/dev/video0", "video4linux/video0"},
             Case{"/dev/accel/accel0", "accel/accel0"}, Case{"/dev/vfio/devices/vfio0", "vfio-dev/vfio0"},
             Case{"/dev/sda", "block/sda"}, Case{"/dev/nvme0n1p1", "block/nvme0n1p1"},
             Case{"/dev/nvme0", "nvme/nvme0"}, Case{"/dev/fb0", "graphics/fb0"}}) {
        Tree tree;
        add_class_device(tree, device, "pci0000:00/0000:00:01.0/0000:01:00.0/x");
        tree.add_process("812", "Xorg", {"/dev/null", "socket:[812]", node});
        TEST_ASSERT_EQUAL_STRING(
            std::string("0000:01:00.0 now: process 812 (Xorg) has ") + node + " open\n", processes(tree));
    }
}

TEST(leaves_out_devices_that_are_on_no_function)
{
    Tree tree;
    add_class_device(tree, "sound/seq", "virtual/sound/seq");
    tree.add_process(
        "812", "pipewire", {"/dev/snd/seq", "/dev/snd/gone", "/dev/vfio/vfio", "/dev/nvidiactl"});
    TEST_ASSERT_EQUAL_STRING("", processes(tree));
}

TEST(finds_all_functions_of_a_vfio_group)
{
    Tree tree;
    tree.add_device("0000:01:00.0", "30000", "10DE:2191", 8);
    tree.add_process("900", "qemu-system-x86", {"/dev/vfio/vfio", "/dev/vfio/8"});
    TEST_ASSERT_EQUAL_STRING(
        "0000:01:00.0 now: process 900 (qemu-system-x86) has /dev/vfio/8 open\n", processes(tree));
    Tree without_iommu;
    without_iommu.add_device("0000:02:00.0", "30000", "10DE:2191", 9);
    without_iommu.add_device("0000:02:00.1", "40300", "10DE:1AEB", 9);
    without_iommu.add_process("900", "dpdk", {"/dev/vfio/noiommu-9"});
    auto const text = processes(without_iommu);
    for (auto const* line : {"0000:02:00.0 now: process 900 (dpdk) has /dev/vfio/noiommu-9 open\n",
             "0000:02:00.1 now: process 900 (dpdk) has /dev/vfio/noiommu-9 open\n"})
        TEST_ASSERT_TRUE(text.find(line) != std::string::npos);
}

TEST(is_in_doubt_of_a_group_that_cannot_be_listed)
{
    Tree tree;
    tree.add_process("900", "qemu", {"/dev/vfio/8"});
    TEST_ASSERT_EQUAL_STRING(
        "doubt: IOMMU group 8, which a process has open, cannot be listed\n", processes(tree));
}

TEST(finds_the_card_of_nvidias_own_driver)
{
    Tree tree;
    tree.write("proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t a\nDevice Minor: \t 0\n");
    tree.write("proc/driver/nvidia/gpus/0000:02:00.0/information", "Model: \t b\nDevice Minor: \t 1\n");
    tree.add_process("70", "nvidia-persistenced", {"/dev/nvidiactl", "/dev/nvidia1"});
    TEST_ASSERT_EQUAL_STRING(
        "0000:02:00.0 now: process 70 (nvidia-persistenced) has /dev/nvidia1 open\n", processes(tree));
}

TEST(quotes_the_name_of_a_process)
{
    Tree tree;
    add_class_device(tree, "drm/card0", "pci0000:00/0000:01:00.0/drm/card0");
    tree.add_process("1", "a) \x1b[2J", {"/dev/dri/card0"});
    tree.add_process("nothing", "no process", {"/dev/dri/card0"});
    TEST_ASSERT_EQUAL_STRING(
        "0000:01:00.0 now: process 1 ('a) \\x1b[2J') has /dev/dri/card0 open\n", processes(tree));
}

TEST(is_in_doubt_of_open_files_that_cannot_be_read)
{
    Tree tree;
    tree.write("proc/5/fd", "not a directory");
    TEST_ASSERT_EQUAL_STRING("doubt: what process 5 has open cannot be read\n", processes(tree));
    tree.unlink("proc/5/fd");
    TEST_ASSERT_EQUAL_STRING("", processes(tree));
    tree.unlink("proc");
    TEST_ASSERT_EQUAL_STRING("doubt: the processes cannot be listed\n", processes(tree));
}

UNITY_MAIN()
