// SPDX-License-Identifier: MIT
#include "sys/root.h"

#include "tree.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace vfio_early;

TEST(reads_a_whole_file)
{
    Tree tree;
    tree.write("sys/x", "text");
    char buffer[4];
    TEST_ASSERT_EQUAL_STRING("text", tree.root().read(Path("sys/x"), buffer).value());
    TEST_ASSERT_EQUAL_STRING("text", tree.root().read(Path("/sys/x"), buffer).value());
}

TEST(refuses_a_file_that_does_not_fit)
{
    Tree tree;
    tree.write("x", "text");
    char buffer[3];
    TEST_ASSERT_EQUAL_UINT(EFBIG, tree.root().read(Path("x"), buffer).error().number);
    TEST_ASSERT_EQUAL_STRING("tex", tree.root().read_start(Path("x"), buffer).value());
}

TEST(says_why_a_file_cannot_be_read)
{
    Tree tree;
    tree.make_directory("directory");
    char buffer[8];
    TEST_ASSERT_EQUAL_UINT(ENOENT, tree.root().read(Path("x"), buffer).error().number);
    TEST_ASSERT_EQUAL_UINT(EISDIR, tree.root().read(Path("directory"), buffer).error().number);
}

TEST(does_not_wait_for_a_file_without_an_end)
{
    Tree tree;
    tree.make_hang("x");
    char buffer[8];
    TEST_ASSERT_EQUAL_STRING("", tree.root().read(Path("x"), buffer).value());
}

TEST(knows_the_machine_by_any_name)
{
    for (auto const* name : {"/", "//", "/.", "/tmp/..", "/proc/self/root"})
        TEST_ASSERT_TRUE(Root::open(name).value().is_machine());
    Tree tree;
    TEST_ASSERT_FALSE(tree.root().is_machine());
    TEST_ASSERT_FALSE(Root::open("/tmp").value().is_machine());
}

TEST(stays_below_its_directory)
{
    Tree tree;
    tree.write("etc/hostname", "inside");
    tree.link("absolute", "/etc/hostname");
    tree.link("upwards", "../../../../../../etc/hostname");
    char buffer[300];
    TEST_ASSERT_EQUAL_STRING("inside", tree.root().read(Path("absolute"), buffer).value());
    TEST_ASSERT_EQUAL_STRING("inside", tree.root().read(Path("upwards"), buffer).value());
    TEST_ASSERT_EQUAL_STRING("inside", tree.root().read(Path("../../../../etc/hostname"), buffer).value());
}

TEST(is_not_confused_by_renames_elsewhere)
{
    Tree tree;
    tree.write("devices/pci0000:00/0000:00:01.0/uevent", "text");
    tree.link("bus/pci/devices/0000:00:01.0", "../../../devices/pci0000:00/0000:00:01.0");
    tree.write("a", "");
    auto const directory = tree.directory();
    auto const renamer = fork();
    if (renamer == 0) {
        for (;;) {
            rename((directory + "/a").c_str(), (directory + "/b").c_str());
            rename((directory + "/b").c_str(), (directory + "/a").c_str());
        }
    }
    size_t failures = 0;
    auto const root = tree.root();
    for (int i = 0; i < 20000; ++i) {
        char buffer[8];
        failures += root.read(Path("bus/pci/devices/0000:00:01.0/uevent"), buffer).is_error();
    }
    kill(renamer, SIGKILL);
    waitpid(renamer, nullptr, 0);
    TEST_ASSERT_EQUAL_UINT(0, failures);
}

TEST(writes_into_files_that_exist_and_makes_none)
{
    Tree tree;
    tree.write("x", "old text");
    TEST_ASSERT_FALSE(tree.root().write(Path("x"), "new").is_error());
    TEST_ASSERT_EQUAL_STRING("new", tree.read("x"));
    TEST_ASSERT_EQUAL_UINT(ENOENT, tree.root().write(Path("y"), "new").error().number);
    TEST_ASSERT_FALSE(tree.has("y"));
}

TEST(reads_the_name_that_a_link_points_to)
{
    Tree tree;
    tree.link("driver", "../../../bus/pci/drivers/nvme");
    TEST_ASSERT_EQUAL_STRING("nvme", tree.root().link_name(Path("driver")).value().view());
    tree.write("file", "");
    TEST_ASSERT_TRUE(tree.root().link_name(Path("file")).is_error());
    TEST_ASSERT_TRUE(tree.root().link_name(Path("none")).is_error());
}

TEST(reads_an_attribute_with_one_call)
{
    Tree tree;
    tree.write("uevent", "text");
    char buffer[5];
    TEST_ASSERT_EQUAL_STRING("text", tree.root().read_attribute(Path("uevent"), buffer).value());
    char too_small[4];
    TEST_ASSERT_EQUAL_UINT(EFBIG, tree.root().read_attribute(Path("uevent"), too_small).error().number);
}

// A path below `tree` whose first max_path_bytes name a file that is there, and which is longer than that.
static Path path_that_was_cut(Tree& tree)
{
    std::string path = "d";
    while (path.size() < max_path_bytes)
        path += path.size() % 2 == 1 ? "/" : "d";
    tree.write(path, "the file of another path");
    return Path(path + "d");
}

TEST(does_not_use_a_path_that_was_cut)
{
    Tree tree;
    auto const path = path_that_was_cut(tree);
    auto const root = tree.root();
    char buffer[64];
    TEST_ASSERT_EQUAL_UINT(ENAMETOOLONG, root.open_file(path, O_RDONLY).error().number);
    TEST_ASSERT_EQUAL_UINT(ENAMETOOLONG, root.read(path, buffer).error().number);
    TEST_ASSERT_EQUAL_UINT(ENAMETOOLONG, root.read_attribute(path, buffer).error().number);
    TEST_ASSERT_EQUAL_UINT(ENAMETOOLONG, root.write(path, "x").error().number);
    TEST_ASSERT_TRUE(root.presence(path) == Presence::Unknown);
    TEST_ASSERT_FALSE(root.exists(path));
}

TEST(does_not_open_a_root_whose_path_was_cut)
{
    // The first max_path_bytes name a directory that is there.
    std::string path;
    while (path.size() < max_path_bytes + 1)
        path += "/";
    TEST_ASSERT_EQUAL_UINT(ENAMETOOLONG, Root::open(path).error().number);
    path.pop_back();
    TEST_ASSERT_FALSE(Root::open(path).is_error());
}

TEST(does_not_follow_a_link_that_does_not_fit)
{
    Tree tree;
    auto const slash = [](size_t size) { return std::string(size - 4, '/') + "nvme"; };
    tree.link("fits", slash(max_path_bytes));
    tree.link("does-not", slash(max_path_bytes + 1));
    TEST_ASSERT_EQUAL_STRING("nvme", tree.root().link_name(Path("fits")).value().view());
    TEST_ASSERT_EQUAL_UINT(ENAMETOOLONG, tree.root().link_name(Path("does-not")).error().number);
    tree.link("long-name", std::string(max_name_bytes + 1, 'x'));
    TEST_ASSERT_EQUAL_UINT(ENAMETOOLONG, tree.root().link_name(Path("long-name")).error().number);
}

TEST(knows_when_a_file_was_written)
{
    Tree tree;
    tree.write("file", "");
    auto const now = tree.root().modified(Path("file"));
    tree.age("file", 1000);
    auto const then = tree.root().modified(Path("file"));
    TEST_ASSERT_TRUE(now - then >= 999 && now - then <= 1001);
    TEST_ASSERT_EQUAL_UINT(0, tree.root().modified(Path("none")));
}

UNITY_MAIN()
