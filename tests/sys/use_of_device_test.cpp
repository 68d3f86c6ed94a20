// SPDX-License-Identifier: MIT
#include "sys/use_of_device.h"

#include "tree.h"
#include "uses_text.h"

using namespace vfio_early;

TEST(adds_a_use_of_every_function_above_and_of_the_physical_one)
{
    Tree tree;
    tree.link("sys/bus/pci/devices/0000:02:00.1/physfn", "../0000:02:00.0");
    HostUses uses;
    TEST_ASSERT_TRUE(add_use_of_device(
        tree.root(), uses, "../pci0000:00/0000:00:01.0/0000:02:00.1/net/eno1", open_now, UseText("x")));
    TEST_ASSERT_FALSE(add_use_of_device(tree.root(), uses, "../virtual/net/lo", open_now, UseText("y")));
    TEST_ASSERT_EQUAL_STRING("0000:02:00.1 now: x\n0000:02:00.0 now: x\n", uses_text(uses));
}

TEST(reads_a_table_that_may_be_missing)
{
    Tree tree;
    HostUses uses;
    char buffer[4];
    TEST_ASSERT_EQUAL_STRING("", read_table(tree.root(), uses, "etc/fstab", buffer));
    tree.write("etc/fstab", "abc");
    TEST_ASSERT_EQUAL_STRING("abc", read_table(tree.root(), uses, "etc/fstab", buffer));
    TEST_ASSERT_FALSE(uses.is_incomplete);
    tree.write("etc/fstab", "abcde");
    TEST_ASSERT_EQUAL_STRING("abcd", read_table(tree.root(), uses, "etc/fstab", buffer));
    TEST_ASSERT_EQUAL_STRING("doubt: /etc/fstab is longer than 4 bytes\n", uses_text(uses));
}

TEST(finds_the_last_part_of_a_path)
{
    TEST_ASSERT_EQUAL_STRING("sda", last_part("../block/sda"));
    TEST_ASSERT_EQUAL_STRING("sda", last_part("sda"));
    TEST_ASSERT_EQUAL_STRING("", last_part("block/"));
}

UNITY_MAIN()
