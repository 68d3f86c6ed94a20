// SPDX-License-Identifier: MIT
#include "core/storage_text.h"

#include "text_of.h"
#include "unity.h"

using namespace vfio_early;

static std::string mount_text(std::string_view line)
{
    auto const mount = parse_mount(line);
    if (!mount)
        return "none";
    return text_of(
        "%u:%u|%s|%s|%s", mount->number.major, mount->number.minor, mount->point, mount->type, mount->source);
}

TEST(reads_a_mount_with_any_number_of_optional_fields)
{
    TEST_ASSERT_EQUAL_STRING("98:0|/mnt2|ext3|/dev/root",
        mount_text("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw"));
    TEST_ASSERT_EQUAL_STRING("0:31|/|btrfs|/dev/sda2",
        mount_text("29 1 0:31 /@ / rw shared:1 master:2 propagate_from:3 - btrfs /dev/sda2 rw,subvol=/@"));
    TEST_ASSERT_EQUAL_STRING("8:1|/|ext4|/dev/sda1", mount_text("29 1 8:1 / / rw - ext4 /dev/sda1 rw"));
}

TEST(reads_escapes_of_a_mount_point)
{
    TEST_ASSERT_EQUAL_STRING("8:1|/my data\\|ext4|/dev/disk/a\tb",
        mount_text("29 1 8:1 / /my\\040data\\134 rw - ext4 /dev/disk/a\\011b rw"));
    TEST_ASSERT_EQUAL_STRING("8:1|/a\\04|ext4|x\\09", mount_text("29 1 8:1 / /a\\04 rw - ext4 x\\09 rw"));
}

TEST(takes_no_other_line_for_a_mount)
{
    TEST_ASSERT_EQUAL_STRING("none", mount_text(""));
    TEST_ASSERT_EQUAL_STRING("none", mount_text("29 1 8:1 / / rw"));
    TEST_ASSERT_EQUAL_STRING("none", mount_text("29 1 8:1 / / rw shared:1 ext4 /dev/sda1 rw"));
    TEST_ASSERT_EQUAL_STRING("none", mount_text("29 1 8 / / rw - ext4 /dev/sda1 rw"));
    TEST_ASSERT_EQUAL_STRING("none", mount_text("29 1 8:1 / mnt rw - ext4 /dev/sda1 rw"));
}

TEST(finds_the_mount_that_shows_a_file)
{
    constexpr std::string_view mountinfo = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
                                           "2 1 8:2 / /var rw - ext4 /dev/sda2 rw\n"
                                           "3 1 8:3 / /var/lib rw - ext4 /dev/sda3 rw\n"
                                           "4 1 8:4 / /var/lib rw - ext4 /dev/sda4 rw\n";
    TEST_ASSERT_EQUAL_UINT(4, mount_of(mountinfo, "/var/lib/swap")->number.minor);
    TEST_ASSERT_EQUAL_UINT(2, mount_of(mountinfo, "/var/library")->number.minor);
    TEST_ASSERT_EQUAL_UINT(1, mount_of(mountinfo, "/variable")->number.minor);
    TEST_ASSERT_FALSE(mount_of("", "/swap").has_value());
}

TEST(reads_swaps)
{
    TEST_ASSERT_EQUAL_STRING("/dev/dm-1", parse_swap("/dev/dm-1  partition 8388604 0 -2")->view());
    TEST_ASSERT_EQUAL_STRING("/swap file", parse_swap("/swap\\040file file 8388604 0 -2")->view());
    TEST_ASSERT_FALSE(parse_swap("Filename Type Size Used Priority").has_value());
    TEST_ASSERT_FALSE(parse_swap("").has_value());
}

static std::string line_text(std::optional<NeededLine> const& line)
{
    return line ? text_of("%s|%s|%s", line->source, line->target, line->type) : "none";
}

TEST(reads_of_fstab_what_the_boot_needs)
{
    TEST_ASSERT_EQUAL_STRING(
        "UUID=ab-12|/home|ext4", line_text(parse_fstab("UUID=ab-12 /home ext4 defaults,nofailing 0 2")));
    TEST_ASSERT_EQUAL_STRING(
        "/dev/sda3|/srv/my data|xfs", line_text(parse_fstab("/dev/sda3\t/srv/my\\040data xfs")));
    TEST_ASSERT_EQUAL_STRING("none", line_text(parse_fstab("UUID=ab /home ext4 rw,nofail 0 2")));
    TEST_ASSERT_EQUAL_STRING("none", line_text(parse_fstab("UUID=ab /home ext4 noauto,rw 0 2")));
    TEST_ASSERT_EQUAL_STRING("none", line_text(parse_fstab("# UUID=ab /home ext4 rw 0 2")));
    TEST_ASSERT_EQUAL_STRING("none", line_text(parse_fstab("  ")));
}

TEST(reads_of_crypttab_what_the_boot_needs)
{
    TEST_ASSERT_EQUAL_STRING("UUID=ab|data|", line_text(parse_crypttab("data UUID=ab none luks,discard")));
    TEST_ASSERT_EQUAL_STRING("/dev/sda3|data|", line_text(parse_crypttab("data /dev/sda3")));
    TEST_ASSERT_EQUAL_STRING("none", line_text(parse_crypttab("data UUID=ab none luks,nofail")));
    TEST_ASSERT_EQUAL_STRING("none", line_text(parse_crypttab("data UUID=ab none noauto")));
    TEST_ASSERT_EQUAL_STRING("none", line_text(parse_crypttab("#data UUID=ab none luks")));
    TEST_ASSERT_EQUAL_STRING("none", line_text(parse_crypttab("data")));
}

static std::string path_text(std::string_view source)
{
    auto const path = path_of_tag(source);
    return path ? std::string(path->view()) : "none";
}

TEST(finds_the_link_of_a_tag)
{
    TEST_ASSERT_EQUAL_STRING("/dev/disk/by-uuid/ab-12", path_text("UUID=ab-12"));
    TEST_ASSERT_EQUAL_STRING("/dev/disk/by-uuid/ab-12", path_text("UUID=\"ab-12\""));
    TEST_ASSERT_EQUAL_STRING(
        "/dev/disk/by-label/my\\x20disk\\x2f\xc3\xa4", path_text("LABEL=my disk/\xc3\xa4"));
    TEST_ASSERT_EQUAL_STRING("/dev/disk/by-partuuid/ab", path_text("PARTUUID=ab"));
    TEST_ASSERT_EQUAL_STRING("/dev/disk/by-partlabel/EFI", path_text("PARTLABEL=EFI"));
    TEST_ASSERT_EQUAL_STRING("/dev/disk/by-id/wwn-0x5", path_text("ID=wwn-0x5"));
    TEST_ASSERT_EQUAL_STRING("none", path_text("/dev/sda1"));
    TEST_ASSERT_EQUAL_STRING("none", path_text("UUID="));
    TEST_ASSERT_EQUAL_STRING("none", path_text("server:/export"));
}

TEST(reads_a_parameter_of_the_kernel)
{
    constexpr std::string_view line = "ro root=/dev/sda1 noresume root=UUID=ab=c quiet\n";
    TEST_ASSERT_EQUAL_STRING("UUID=ab=c", kernel_parameter(line, "root"));
    TEST_ASSERT_EQUAL_STRING("", kernel_parameter(line, "resume"));
    TEST_ASSERT_EQUAL_STRING("", kernel_parameter("root", "root"));
}

TEST(reads_device_numbers)
{
    auto const number = parse_device_number("259:3\n");
    TEST_ASSERT_EQUAL_STRING("259:3", text_of("%u:%u", number->major, number->minor));
    TEST_ASSERT_FALSE(parse_device_number("259").has_value());
    TEST_ASSERT_FALSE(parse_device_number("259:3:1").has_value());
    TEST_ASSERT_FALSE(parse_device_number(":").has_value());
}

TEST(knows_the_mount_points_of_a_system)
{
    for (auto const* point : {"/", "/boot", "/boot/efi", "/efi", "/usr", "/var"})
        TEST_ASSERT_TRUE(is_vital_mount_point(point));
    TEST_ASSERT_FALSE(is_vital_mount_point("/home"));
    TEST_ASSERT_FALSE(is_vital_mount_point("/var/lib"));
}

UNITY_MAIN()
