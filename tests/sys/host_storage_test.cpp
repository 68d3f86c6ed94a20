// SPDX-License-Identifier: MIT
#include "sys/host_storage.h"

#include "tree.h"
#include "uses_text.h"

#include <memory>

using namespace vfio_early;

static constexpr char const* nvme = "pci0000:00/0000:00:1c.0/0000:01:00.0/nvme/nvme0/nvme0n1";
static constexpr char const* sata_a = "pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda";
static constexpr char const* sata_b = "pci0000:00/0000:02:00.0/ata2/host1/target1:0:0/1:0:0:0/block/sdb";
static constexpr char const* usb =
    "pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0/block/sdc";

static std::string partition(char const* disk, char const* end)
{
    std::string const directory = disk;
    return directory + "/" + directory.substr(directory.rfind('/') + 1) + end;
}

// The root disk of most of these machines is an NVMe with a partition.
static void add_root_disk(Tree& tree)
{
    tree.add_block_device(nvme, "259:0");
    tree.add_partition(partition(nvme, "p2"), "259:2");
    tree.add_mount("259:2", "/", "/dev/nvme0n1p2");
}

static std::unique_ptr<HostUses> found(Tree const& tree, std::string_view held = {}, Held answer = Held::Yes)
{
    auto uses = std::make_unique<HostUses>();
    find_host_storage(
        tree.root(), [&](std::string_view name) { return name == held ? answer : Held::No; }, *uses);
    return uses;
}

static std::string storage(Tree const& tree, std::string_view held = {}, Held answer = Held::Yes)
{
    return uses_text(*found(tree, held, answer));
}

static constexpr char const* root_on_nvme = "0000:01:00.0 vital now: / on nvme0n1p2\n";

TEST(finds_the_root_on_a_partition)
{
    Tree tree;
    add_root_disk(tree);
    TEST_ASSERT_EQUAL_STRING(root_on_nvme, storage(tree));
    TEST_ASSERT_FALSE(found(tree)->is_root_elsewhere);
}

TEST(finds_the_root_on_lvm_on_encryption_with_the_only_keyboard)
{
    Tree tree;
    tree.add_block_device(nvme, "259:0");
    tree.add_partition(partition(nvme, "p3"), "259:3");
    tree.add_layer("dm-0", "253:0", {"nvme0n1p3"});
    tree.write("sys/class/block/dm-0/dm/uuid", "CRYPT-LUKS2-ab-nvme0n1p3_crypt\n");
    tree.add_layer("dm-1", "253:1", {"dm-0"});
    tree.write("sys/class/block/dm-1/dm/uuid", "LVM-abc\n");
    tree.add_mount("253:1", "/", "/dev/mapper/vg-root");
    auto const keyboard = [&](char const* name, std::string const& where, char const* keys) {
        tree.write("sys/devices/" + where + "/" + name + "/capabilities/key", keys);
        tree.link(std::string("sys/class/input/") + name, "../../devices/" + where + "/" + name);
    };
    constexpr char const* all_keys = "10000 7 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe\n";
    constexpr char const* root = "0000:01:00.0 vital now: / on nvme0n1p3\n";
    TEST_ASSERT_EQUAL_STRING(root, storage(tree));
    keyboard("input3", "pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/0003:046D:C31C.0001/input", all_keys);
    keyboard("input4", "pci0000:00/0000:00:14.0/usb1/1-3/1-3:1.0/0003:046D:C31C.0002/input", all_keys);
    keyboard(
        "input5", "pci0000:00/0000:03:00.0/usb3/3-1/3-1:1.0/0003:046D:C077.0003/input", "ff0000 0 0 0 0\n");
    keyboard("input6", "virtual/input", all_keys);
    auto const with_keyboard =
        std::string(root) + "0000:00:14.0 vital: the only keyboard, for the passphrase of /\n";
    TEST_ASSERT_EQUAL_STRING(with_keyboard, storage(tree));
    // PS/2, and another controller: in either case there is another way to type.
    keyboard("input7", "platform/i8042/serio0/input", all_keys);
    TEST_ASSERT_EQUAL_STRING(root, storage(tree));
    tree.unlink("sys/class/input/input7");
    TEST_ASSERT_EQUAL_STRING(with_keyboard, storage(tree));
    keyboard("input8", "pci0000:00/0000:03:00.0/usb3/3-2/3-2:1.0/0003:046D:C31C.0004/input", all_keys);
    TEST_ASSERT_EQUAL_STRING(root, storage(tree));
}

TEST(needs_no_keyboard_for_encryption_that_the_root_is_not_on)
{
    Tree tree;
    tree.add_block_device(nvme, "259:0");
    tree.add_partition(partition(nvme, "p2"), "259:2");
    tree.add_layer("dm-1", "253:1", {"nvme0n1p2"});
    tree.write("sys/class/block/dm-1/dm/uuid", "LVM-abc\n");
    tree.add_mount("253:1", "/", "/dev/mapper/vg-root");
    tree.add_block_device(sata_a, "8:0");
    tree.add_layer("dm-0", "253:0", {"sda"});
    tree.write("sys/class/block/dm-0/dm/uuid", "CRYPT-LUKS2-ab\n");
    tree.add_mount("253:0", "/data", "/dev/mapper/data");
    auto const where =
        std::string("pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/0003:046D:C31C.0001/input/input3");
    tree.write("sys/devices/" + where + "/capabilities/key", "fffffffffffffffe\n");
    tree.link("sys/class/input/input3", "../../devices/" + where);
    TEST_ASSERT_EQUAL_STRING(std::string(root_on_nvme) + "0000:00:17.0 now: /data on sda\n", storage(tree));
}

TEST(finds_both_disks_of_an_array)
{
    Tree tree;
    tree.add_block_device(sata_a, "8:0");
    tree.add_block_device(sata_b, "8:16");
    tree.add_partition(partition(sata_a, "1"), "8:1");
    tree.add_partition(partition(sata_b, "1"), "8:17");
    tree.add_layer("md0", "9:0", {"sda1", "sdb1"});
    // A partition of the array, which has no slaves itself.
    tree.add_partition("virtual/block/md0/md0p1", "259:9");
    tree.add_mount("259:9", "/", "/dev/md0p1");
    auto const text = storage(tree);
    TEST_ASSERT_TRUE(text.find("0000:00:17.0 vital now: / on sda1\n") != std::string::npos);
    TEST_ASSERT_TRUE(text.find("0000:02:00.0 vital now: / on sdb1\n") != std::string::npos);
    TEST_ASSERT_EQUAL_UINT(2, found(tree)->uses.size());
    TEST_ASSERT_FALSE(found(tree)->is_root_elsewhere);
}

TEST(finds_every_path_to_a_disk)
{
    Tree tree;
    tree.add_block_device(sata_a, "8:0");
    tree.add_partition(partition(sata_a, "1"), "8:1");
    tree.add_block_device(sata_b, "8:16");
    tree.add_layer("dm-0", "253:0", {"sda", "sdb"});
    tree.write("sys/class/block/dm-0/dm/uuid", "mpath-36001\n");
    tree.add_layer("dm-1", "253:1", {"dm-0"});
    tree.add_mount("253:1", "/", "/dev/mapper/mpatha-part1");
    // The partition of one path is held as the whole disk is, by the mapping.
    auto const text = storage(tree, "sda1");
    TEST_ASSERT_TRUE(text.find("0000:00:17.0 vital now: / on sda\n") != std::string::npos);
    TEST_ASSERT_TRUE(text.find("0000:02:00.0 vital now: / on sdb\n") != std::string::npos);
    TEST_ASSERT_EQUAL_UINT(2, found(tree, "sda1")->uses.size());
}

TEST(finds_every_device_of_a_btrfs)
{
    Tree tree;
    add_root_disk(tree);
    tree.unlink("proc/self/mountinfo");
    tree.add_block_device(usb, "8:32");
    tree.add_layer("dm-0", "253:0", {"sdc"});
    tree.link("dev/mapper/luks", "../dm-0");
    for (auto const* name : {"nvme0n1p2", "dm-0"})
        tree.link(std::string("sys/fs/btrfs/ab-cd/devices/") + name, std::string("/sys/class/block/") + name);
    tree.add_block_device(sata_a, "8:0");
    tree.link("sys/fs/btrfs/ef-01/devices/sda", "/sys/class/block/sda");
    tree.make_directory("sys/fs/btrfs/features");
    tree.add_mount("0:30", "/", "/dev/mapper/luks", "btrfs");
    auto const text = storage(tree);
    TEST_ASSERT_TRUE(text.find(root_on_nvme) != std::string::npos);
    TEST_ASSERT_TRUE(text.find("0000:00:14.0 vital now: / on sdc\n") != std::string::npos);
    TEST_ASSERT_EQUAL_UINT(2, found(tree)->uses.size());
}

TEST(is_in_doubt_of_a_btrfs_whose_device_is_not_found)
{
    Tree tree;
    add_root_disk(tree);
    tree.add_mount("0:30", "/data", "/dev/gone", "btrfs");
    TEST_ASSERT_EQUAL_STRING(
        std::string(root_on_nvme) + "doubt: the devices of /data cannot be found\n", storage(tree));
}

TEST(finds_all_devices_of_a_bcachefs_that_shows_them)
{
    Tree tree;
    tree.add_block_device(sata_a, "8:0");
    tree.add_block_device(sata_b, "8:16");
    tree.add_mount("0:30", "/", "/dev/sda:/dev/sdb", "bcachefs");
    TEST_ASSERT_EQUAL_STRING(
        "0000:00:17.0 vital now: / on sda\n0000:02:00.0 vital now: / on sdb\n", storage(tree));
}

TEST(finds_the_controllers_of_an_nvme_subsystem)
{
    Tree tree;
    std::string const subsystem = "virtual/nvme-subsystem/nvme-subsys0";
    tree.add_block_device(subsystem + "/nvme0n1", "259:0");
    tree.add_partition(subsystem + "/nvme0n1/nvme0n1p2", "259:2");
    tree.link(
        "sys/devices/" + subsystem + "/nvme0", "../../../pci0000:00/0000:00:1c.0/0000:01:00.0/nvme/nvme0");
    tree.link(
        "sys/devices/" + subsystem + "/nvme1", "../../../pci0000:00/0000:00:1d.0/0000:02:00.0/nvme/nvme1");
    tree.link("sys/devices/" + subsystem + "/subsystem", "../../../../class/nvme-subsystem");
    tree.add_mount("259:2", "/", "/dev/nvme0n1p2");
    // A path of its own is hidden and has no node.
    tree.add_block_device("pci0000:00/0000:00:1c.0/0000:01:00.0/nvme/nvme0/nvme0c0n1", "259:1");
    tree.write("sys/class/block/nvme0c0n1/hidden", "1\n");
    auto const text = storage(tree, "nvme0c0n1");
    TEST_ASSERT_TRUE(text.find(root_on_nvme) != std::string::npos);
    TEST_ASSERT_TRUE(text.find("0000:02:00.0 vital now: / on nvme0n1p2\n") != std::string::npos);
    TEST_ASSERT_EQUAL_UINT(2, found(tree, "nvme0c0n1")->uses.size());
}

TEST(finds_the_disk_behind_vmd_and_vmd_itself)
{
    Tree tree;
    tree.add_block_device(
        "pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0/nvme/nvme0/nvme0n1", "259:0");
    tree.add_mount("259:0", "/", "/dev/nvme0n1");
    TEST_ASSERT_EQUAL_STRING(
        "0000:00:0e.0 vital now: / on nvme0n1\n10000:e1:00.0 vital now: / on nvme0n1\n", storage(tree));
}

TEST(finds_virtio_and_usb_disks)
{
    Tree tree;
    tree.add_block_device("pci0000:00/0000:00:02.0/virtio1/block/vda", "254:0");
    tree.add_mount("254:0", "/", "/dev/root");
    tree.add_block_device(usb, "8:32");
    tree.add_partition(partition(usb, "1"), "8:33");
    tree.add_mount("8:33", "/media/my\\040stick", "/dev/sdc1", "vfat");
    TEST_ASSERT_EQUAL_STRING(
        "0000:00:02.0 vital now: / on vda\n0000:00:14.0 now: '/media/my stick' on sdc1\n", storage(tree));
}

TEST(finds_the_physical_function_of_a_virtual_one)
{
    Tree tree;
    tree.add_block_device("pci0000:00/0000:00:1c.0/0000:01:00.1/nvme/nvme1/nvme1n1", "259:0");
    tree.link("sys/bus/pci/devices/0000:01:00.1/physfn", "../0000:01:00.0");
    tree.add_mount("259:0", "/", "/dev/nvme1n1");
    TEST_ASSERT_EQUAL_STRING(
        "0000:01:00.1 vital now: / on nvme1n1\n0000:01:00.0 vital now: / on nvme1n1\n", storage(tree));
}

TEST(finds_what_a_loop_device_lies_on)
{
    Tree tree;
    add_root_disk(tree);
    tree.add_block_device(sata_a, "8:0");
    tree.add_mount("8:0", "/srv", "/dev/sda");
    tree.add_block_device("virtual/block/loop3", "7:3");
    tree.write("sys/class/block/loop3/loop/backing_file", "/srv/images/a.img\n");
    tree.add_mount("7:3", "/snap/a", "/dev/loop3", "squashfs");
    TEST_ASSERT_EQUAL_STRING(
        std::string(root_on_nvme) + "0000:00:17.0 now: /srv on sda\n0000:00:17.0 now: /snap/a on sda\n",
        storage(tree));
}

TEST(finds_swap_on_a_partition_on_a_mapping_and_in_a_file)
{
    Tree tree;
    add_root_disk(tree);
    tree.add_block_device(sata_a, "8:0");
    tree.add_partition(partition(sata_a, "5"), "8:5");
    tree.add_block_device(sata_b, "8:16");
    tree.add_layer("dm-0", "253:0", {"sdb"});
    tree.add_block_device("virtual/block/zram0", "252:0");
    tree.write("proc/swaps",
        "Filename\tType\tSize\tUsed\tPriority\n/dev/sda5 partition 1 0 -2\n/dev/dm-0 partition 1 "
        "0 -3\n/var/swap\\040file file 1 0 -4\n/dev/zram0 partition 1 0 100\n");
    TEST_ASSERT_EQUAL_STRING(std::string(root_on_nvme)
            + "0000:00:17.0 vital now: swap on sda5\n0000:02:00.0 vital now: swap on sdb\n"
              "0000:01:00.0 vital now: swap on nvme0n1p2\n",
        storage(tree));
}

TEST(finds_the_resume_device_of_the_command_line_and_of_the_kernel)
{
    Tree tree;
    add_root_disk(tree);
    tree.add_block_device(sata_a, "8:0");
    tree.add_block_device(sata_b, "8:16");
    tree.link("dev/disk/by-uuid/ab", "../../sda");
    tree.write("proc/cmdline", "quiet resume=UUID=ab\n");
    tree.write("sys/power/resume", "8:16\n");
    TEST_ASSERT_EQUAL_STRING(std::string(root_on_nvme)
            + "0000:00:17.0 vital: the resume device on sda\n0000:02:00.0 vital: the resume device on sdb\n",
        storage(tree));
    tree.write("sys/power/resume", "0:0\n");
    tree.write("proc/cmdline", "quiet resume=8:16\n");
    TEST_ASSERT_EQUAL_STRING(
        std::string(root_on_nvme) + "0000:02:00.0 vital: the resume device on sdb\n", storage(tree));
}

TEST(finds_the_root_that_the_command_line_names)
{
    Tree tree;
    add_root_disk(tree);
    tree.add_block_device(sata_a, "8:0");
    tree.link("dev/disk/by-label/next", "../../sda");
    tree.write("proc/cmdline", "root=LABEL=next\n");
    TEST_ASSERT_EQUAL_STRING(std::string(root_on_nvme) + "0000:00:17.0 vital: / on sda\n", storage(tree));
}

TEST(takes_the_mount_points_of_a_system_for_vital_and_others_not)
{
    Tree tree;
    add_root_disk(tree);
    tree.add_block_device(sata_a, "8:0");
    for (int i = 1; i <= 6; ++i)
        tree.add_partition(partition(sata_a, std::to_string(i).c_str()), "8:" + std::to_string(i));
    tree.add_mount("8:1", "/boot", "/dev/sda1");
    tree.add_mount("8:2", "/boot/efi", "/dev/sda2", "vfat");
    tree.add_mount("8:3", "/usr", "/dev/sda3");
    tree.add_mount("8:4", "/var", "/dev/sda4");
    tree.add_mount("8:5", "/srv", "/dev/sda5");
    tree.add_mount("8:5", "/srv/again", "/dev/sda5");
    tree.add_mount("0:22", "/proc", "proc", "proc");
    tree.add_mount("0:23", "/net", "server:/export", "nfs4");
    TEST_ASSERT_EQUAL_STRING(std::string(root_on_nvme)
            + "0000:00:17.0 vital now: /boot on sda1\n0000:00:17.0 vital now: /boot/efi on sda2\n"
              "0000:00:17.0 vital now: /usr on sda3\n0000:00:17.0 vital now: /var on sda4\n"
              "0000:00:17.0 now: /srv on sda5\n",
        storage(tree));
}

TEST(finds_what_fstab_and_crypttab_need)
{
    Tree tree;
    add_root_disk(tree);
    tree.add_block_device(sata_a, "8:0");
    tree.add_block_device(sata_b, "8:16");
    tree.add_block_device(usb, "8:32");
    tree.link("dev/disk/by-uuid/home", "../../sda");
    tree.link("dev/disk/by-partlabel/optional", "../../sdc");
    tree.add_mount("8:0", "/home", "/dev/sda");
    tree.write("etc/fstab",
        "# a comment\nUUID=home /home ext4 defaults 0 2\n/dev/nvme0n1p2 none swap sw 0 0\n"
        "PARTLABEL=optional /media ext4 nofail 0 2\nUUID=gone /old ext4 defaults 0 2\n"
        "//server/share /mnt cifs defaults 0 0\ntmpfs /tmp tmpfs defaults 0 0\n");
    tree.write("etc/crypttab", "data /dev/sdb none luks\nother /dev/sdc none luks,noauto\n");
    TEST_ASSERT_EQUAL_STRING(std::string(root_on_nvme)
            + "0000:00:17.0 vital now: /home on sda\n0000:01:00.0 vital: swap on nvme0n1p2\n"
              "0000:02:00.0 vital: crypttab's data on sdb\n",
        storage(tree));
}

TEST(takes_a_mounted_file_system_that_fstab_needs_for_vital_though_its_tag_is_not_found)
{
    Tree tree;
    add_root_disk(tree);
    tree.add_block_device(sata_a, "8:0");
    tree.make_directory("dev/disk");
    tree.add_mount("8:0", "/home", "/dev/sda");
    tree.write("etc/fstab", "UUID=home /home ext4 defaults 0 2\n");
    TEST_ASSERT_EQUAL_STRING(
        std::string(root_on_nvme) + "0000:00:17.0 vital now: /home on sda\n", storage(tree));
}

TEST(is_in_doubt_of_a_tag_without_the_links_of_udev)
{
    Tree tree;
    add_root_disk(tree);
    tree.write("etc/fstab", "UUID=home /home ext4 defaults 0 2\n");
    TEST_ASSERT_EQUAL_STRING(
        std::string(root_on_nvme) + "doubt: /dev/disk is not there, so 'UUID=home' cannot be found\n",
        storage(tree));
}

TEST(takes_every_mounted_disk_for_vital_where_the_root_is_elsewhere)
{
    for (auto const* source :
        {"server:/root nfs4", "overlay overlay", "composefs:ab overlay", "tmpfs tmpfs"}) {
        std::string const words = source;
        auto const space = words.find(' ');
        Tree tree;
        tree.add_mount("0:30", "/", words.substr(0, space), words.substr(space + 1));
        tree.add_block_device(sata_a, "8:0");
        tree.add_mount("8:0", "/sysroot", "/dev/sda");
        TEST_ASSERT_EQUAL_STRING("0000:00:17.0 vital now: /sysroot on sda\n", storage(tree));
        TEST_ASSERT_TRUE(found(tree)->is_root_elsewhere);
    }
}

TEST(knows_a_disk_of_the_network_for_elsewhere)
{
    Tree tree;
    tree.add_block_device("platform/host3/session1/target3:0:0/3:0:0:0/block/sdb", "8:16");
    tree.add_mount("8:16", "/", "/dev/sdb");
    TEST_ASSERT_EQUAL_STRING("", storage(tree));
    TEST_ASSERT_TRUE(found(tree)->is_root_elsewhere);
    // Half of an array on the network is enough.
    Tree half;
    half.add_block_device(sata_a, "8:0");
    half.add_block_device("virtual/block/nbd0", "43:0");
    half.add_layer("md0", "9:0", {"sda", "nbd0"});
    half.add_mount("9:0", "/", "/dev/md0");
    TEST_ASSERT_EQUAL_STRING("0000:00:17.0 vital now: / on sda\n", storage(half));
    TEST_ASSERT_TRUE(found(half)->is_root_elsewhere);
}

TEST(counts_the_last_of_several_roots)
{
    Tree tree;
    tree.add_mount("0:2", "/", "rootfs", "rootfs");
    add_root_disk(tree);
    TEST_ASSERT_EQUAL_STRING(root_on_nvme, storage(tree));
    TEST_ASSERT_FALSE(found(tree)->is_root_elsewhere);
}

TEST(takes_a_disk_for_the_hosts_whose_holder_is_not_known)
{
    Tree tree;
    add_root_disk(tree);
    tree.add_block_device(sata_a, "8:0");
    tree.add_partition(partition(sata_a, "1"), "8:1");
    tree.add_block_device(sata_b, "8:16");
    TEST_ASSERT_EQUAL_STRING(
        std::string(root_on_nvme) + "0000:00:17.0 vital now: something unknown on sda1\n",
        storage(tree, "sda1"));
    TEST_ASSERT_EQUAL_STRING(std::string(root_on_nvme) + "0000:02:00.0 vital now: something unknown on sdb\n",
        storage(tree, "sdb"));
    // Disks are held while a partition is, and the root's partition by its file system.
    TEST_ASSERT_EQUAL_STRING(root_on_nvme, storage(tree, "sda"));
    TEST_ASSERT_EQUAL_STRING(root_on_nvme, storage(tree, "nvme0n1"));
    TEST_ASSERT_EQUAL_STRING(root_on_nvme, storage(tree, "nvme0n1p2"));
    TEST_ASSERT_EQUAL_STRING(std::string(root_on_nvme) + "doubt: whether sdb is in use cannot be found out\n",
        storage(tree, "sdb", Held::Unknown));
}

TEST(does_not_take_a_partition_for_held_whose_disk_is_in_use_as_a_whole)
{
    Tree tree;
    tree.add_block_device(sata_a, "8:0");
    tree.add_partition(partition(sata_a, "1"), "8:1");
    tree.add_mount("8:0", "/", "/dev/sda");
    TEST_ASSERT_EQUAL_STRING("0000:00:17.0 vital now: / on sda\n", storage(tree, "sda1"));
}

TEST(finds_a_mapping_that_nothing_is_mounted_of)
{
    Tree tree;
    add_root_disk(tree);
    tree.add_block_device(sata_a, "8:0");
    tree.add_layer("dm-3", "253:3", {"sda"});
    tree.write("sys/class/block/dm-3/dm/name", "vg-guest\n");
    TEST_ASSERT_EQUAL_STRING(
        std::string(root_on_nvme) + "0000:00:17.0 now: vg-guest on sda\n", storage(tree));
    // A pool on it, which the kernel does not name.
    TEST_ASSERT_EQUAL_STRING(std::string(root_on_nvme) + "0000:00:17.0 vital now: something unknown on sda\n",
        storage(tree, "dm-3"));
    tree.unlink("sys/class/block/dm-3/dm/name");
    TEST_ASSERT_EQUAL_STRING(std::string(root_on_nvme) + "0000:00:17.0 now: dm-3 on sda\n", storage(tree));
}

TEST(takes_a_disk_for_explained_whose_holder_the_kernel_names)
{
    Tree tree;
    add_root_disk(tree);
    tree.add_block_device(sata_a, "8:0");
    tree.link("sys/class/block/sda/holders/dm-9", "/sys/class/block/dm-9");
    TEST_ASSERT_EQUAL_STRING(root_on_nvme, storage(tree, "sda"));
}

TEST(comes_to_an_end_on_layers_that_stand_on_each_other)
{
    Tree tree;
    tree.add_block_device("virtual/block/dm-0", "253:0");
    tree.add_layer("dm-1", "253:1", {"dm-0"});
    tree.link("sys/class/block/dm-0/slaves/dm-1", "/sys/class/block/dm-1");
    tree.add_block_device("virtual/block/loop0", "7:0");
    tree.write("sys/class/block/loop0/loop/backing_file", "/itself\n");
    tree.add_mount("253:0", "/", "/dev/dm-0");
    tree.add_mount("7:0", "/itself", "/dev/loop0");
    TEST_ASSERT_EQUAL_STRING("", storage(tree));
    TEST_ASSERT_TRUE(found(tree)->is_root_elsewhere);
}

TEST(is_in_doubt_of_more_devices_than_fit)
{
    Tree tree;
    tree.add_block_device("virtual/block/dm-0", "253:0");
    for (size_t i = 0; i <= max_devices_below; ++i) {
        auto const number = std::to_string(i);
        tree.write("sys/class/block/dm-0/slaves/nbd" + number + "/dev", "43:" + number + "\n");
    }
    tree.add_mount("253:0", "/", "/dev/dm-0");
    TEST_ASSERT_EQUAL_STRING("doubt: there are more block devices than can be looked at\n", storage(tree));
}

TEST(is_in_doubt_of_what_is_not_there_or_not_what_it_should_be)
{
    Tree tree;
    TEST_ASSERT_EQUAL_STRING("doubt: /proc/self/mountinfo does not show what / is\n", storage(tree));
    TEST_ASSERT_TRUE(found(tree)->is_root_elsewhere);
    tree.add_mount("8:1", "/", "/dev/sda1");
    TEST_ASSERT_EQUAL_STRING("doubt: the block device 8:1 cannot be found\n", storage(tree));
    Tree hostile;
    add_root_disk(hostile);
    hostile.add_block_device("virtual/block/dm-0", "253:0");
    hostile.make_directory("sys/class/block/dm-0/slaves/sda");
    hostile.add_mount("253:0", "/data", "/dev/dm-0");
    TEST_ASSERT_EQUAL_STRING(
        std::string(root_on_nvme) + "doubt: the number of a block device cannot be read\n", storage(hostile));
    hostile.unlink("etc/fstab");
    hostile.unlink("sys/class/block/dm-0/slaves");
    hostile.write("sys/class/block/dm-0/slaves", "");
    TEST_ASSERT_EQUAL_STRING(
        std::string(root_on_nvme) + "doubt: /sys/dev/block/253:0/slaves cannot be listed\n",
        storage(hostile));
    hostile.make_directory("etc/fstab");
    TEST_ASSERT_EQUAL_STRING(
        std::string(root_on_nvme) + "doubt: /etc/fstab cannot be read: Is a directory\n", storage(hostile));
}

TEST(is_in_doubt_of_a_table_that_is_too_long_and_reads_its_beginning)
{
    Tree tree;
    add_root_disk(tree);
    tree.append("proc/self/mountinfo", std::string(max_kernel_table_bytes, 'x'));
    TEST_ASSERT_EQUAL_STRING(
        std::string(root_on_nvme) + "doubt: /proc/self/mountinfo is longer than 1048576 bytes\n",
        storage(tree));
}

TEST(asks_no_kernel_about_a_tree)
{
    Tree tree;
    tree.write("dev/sda", "");
    TEST_ASSERT_TRUE(ask_kernel_if_held(tree.root(), "sda") == Held::No);
    TEST_ASSERT_TRUE(ask_kernel_if_held(tree.root(), "sdb") == Held::No);
}

TEST(asks_the_kernel_of_the_machine)
{
    auto const machine = Root::open("/").release_value();
    TEST_ASSERT_TRUE(ask_kernel_if_held(machine, "null") == Held::No);
    TEST_ASSERT_TRUE(ask_kernel_if_held(machine, "no-such-device") == Held::Unknown);
}

UNITY_MAIN()
