// SPDX-License-Identifier: MIT
#include "sys/directory.h"

#include "tree.h"

#include <set>

using namespace vfio_early;

static std::set<std::string> names_in(Directory& directory)
{
    std::set<std::string> names;
    while (auto const name = directory.next())
        names.insert(std::string(*name));
    return names;
}

TEST(lists_every_name_but_those_of_itself_and_its_parent)
{
    Tree tree;
    tree.write("d/one", "");
    tree.make_directory("d/two");
    tree.link("d/three", "nowhere");
    Directory directory(tree.root(), Path("d"));
    TEST_ASSERT_TRUE(names_in(directory) == (std::set<std::string>{"one", "two", "three"}));
    TEST_ASSERT_FALSE(directory.has_failed());
    TEST_ASSERT_FALSE(directory.next());
}

TEST(lists_more_than_its_buffer_holds)
{
    Tree tree;
    for (int i = 0; i < 3000; ++i)
        tree.write("d/0000:00:00." + std::to_string(i), "");
    Directory directory(tree.root(), Path("d"));
    TEST_ASSERT_EQUAL_UINT(3000, names_in(directory).size());
    TEST_ASSERT_FALSE(directory.has_failed());
}

TEST(says_when_a_directory_could_not_be_read)
{
    Tree tree;
    tree.write("file", "");
    for (auto const* path : {"nowhere", "file"}) {
        Directory directory(tree.root(), Path(path));
        TEST_ASSERT_FALSE(directory.next());
        TEST_ASSERT_TRUE(directory.has_failed());
    }
    TEST_ASSERT_TRUE(Directory(tree.root(), Path("nowhere")).is_absent());
    TEST_ASSERT_TRUE(Directory(tree.root(), Path("file")).is_absent());
    tree.link("loop", "loop");
    TEST_ASSERT_FALSE(Directory(tree.root(), Path("loop")).is_absent());
}

TEST(an_empty_directory_has_not_failed)
{
    Tree tree;
    tree.make_directory("d");
    Directory directory(tree.root(), Path("d"));
    TEST_ASSERT_FALSE(directory.next());
    TEST_ASSERT_FALSE(directory.has_failed());
}

UNITY_MAIN()
