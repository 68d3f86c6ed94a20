#include "sys/root.h"

#include "tree.h"

#include <cerrno>

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
    TEST_ASSERT_EQUAL_UINT(EFBIG, tree.root().read(Path("x"), buffer).error().error_number);
    TEST_ASSERT_EQUAL_STRING("tex", tree.root().read_start(Path("x"), buffer).value());
}

TEST(says_why_a_file_cannot_be_read)
{
    Tree tree;
    tree.make_directory("directory");
    char buffer[8];
    TEST_ASSERT_EQUAL_UINT(ENOENT, tree.root().read(Path("x"), buffer).error().error_number);
    TEST_ASSERT_EQUAL_UINT(EISDIR, tree.root().read(Path("directory"), buffer).error().error_number);
}

TEST(does_not_wait_for_a_file_without_an_end)
{
    Tree tree;
    tree.make_hang("x");
    char buffer[8];
    TEST_ASSERT_EQUAL_STRING("", tree.root().read(Path("x"), buffer).value());
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

TEST(writes_into_files_that_exist_and_makes_none)
{
    Tree tree;
    tree.write("x", "old text");
    TEST_ASSERT_FALSE(tree.root().write(Path("x"), "new").is_error());
    TEST_ASSERT_EQUAL_STRING("new", tree.read("x"));
    TEST_ASSERT_EQUAL_UINT(ENOENT, tree.root().write(Path("y"), "new").error().error_number);
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

TEST(lists_names)
{
    Tree tree;
    tree.write("d/one", "");
    tree.write("d/two", "");
    size_t count = 0;
    TEST_ASSERT_FALSE(
        tree.root()
            .for_each_name(
                Path("d"), [](void* context, std::string_view) { ++*static_cast<size_t*>(context); }, &count)
            .is_error());
    TEST_ASSERT_EQUAL_UINT(2, count);
}

UNITY_MAIN()
