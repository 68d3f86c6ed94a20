// SPDX-License-Identifier: MIT
#include "sys/modprobe_d.h"

#include "tree.h"

#include <memory>

using namespace vfio_early;

static std::unique_ptr<ModuleSettings> settings_of(Tree const& tree)
{
    auto settings = std::make_unique<ModuleSettings>();
    read_modprobe_d(tree.root(), *settings);
    return settings;
}

// The files that an id was found in.
static std::string files_of(Tree const& tree)
{
    std::string all;
    auto const settings = settings_of(tree);
    for (auto const& foreign : settings->ids)
        all += std::string(foreign.place.view()) + "\n";
    return all;
}

static char const* const line = "options vfio-pci ids=1:2\n";

TEST(reads_every_directory_of_kmod)
{
    for (std::string const directory : {"etc", "run", "usr/local/lib", "usr/lib", "lib"}) {
        Tree tree;
        tree.write(directory + "/modprobe.d/vfio.conf", line);
        TEST_ASSERT_EQUAL_STRING("/" + directory + "/modprobe.d/vfio.conf:1\n", files_of(tree));
    }
}

TEST(lets_the_first_directory_with_a_name_count)
{
    Tree tree;
    tree.write("usr/lib/modprobe.d/vfio.conf", line);
    tree.write("run/modprobe.d/vfio.conf", line);
    TEST_ASSERT_EQUAL_STRING("/run/modprobe.d/vfio.conf:1\n", files_of(tree));
    tree.make_directory("etc/modprobe.d");
    tree.link("etc/modprobe.d/vfio.conf", "../empty");
    tree.write("etc/empty", "");
    TEST_ASSERT_EQUAL_STRING("", files_of(tree));
}

TEST(reads_once_what_is_in_two_places_by_a_link)
{
    Tree tree;
    tree.write("usr/lib/modprobe.d/vfio.conf", line);
    tree.link("lib", "usr/lib");
    TEST_ASSERT_EQUAL_STRING("/usr/lib/modprobe.d/vfio.conf:1\n", files_of(tree));
}

TEST(passes_over_files_of_other_names)
{
    Tree tree;
    tree.write("etc/modprobe.d/vfio.conf.bak", line);
    tree.write("etc/modprobe.d/vfio", line);
    tree.write("etc/modprobe.d/.vfio.conf", line);
    TEST_ASSERT_EQUAL_STRING("", files_of(tree));
}

TEST(says_what_could_not_be_read)
{
    Tree tree;
    TEST_ASSERT_EQUAL_UINT(0, settings_of(tree)->unread_files);
    tree.write("etc/modprobe.d/long.conf", std::string(max_modprobe_file_bytes + 1, '#'));
    tree.write("usr/lib/modprobe.d", "not a directory");
    auto const settings = settings_of(tree);
    TEST_ASSERT_EQUAL_UINT(2, settings->unread_files);
    TEST_ASSERT_EQUAL_STRING("/etc/modprobe.d/long.conf", settings->unread_file.view());
}

TEST(knows_the_newest_file_that_is_about_our_drivers)
{
    Tree tree;
    tree.write("etc/modprobe.d/other.conf", "blacklist nouveau\n");
    tree.write("etc/modprobe.d/new.conf", "options vfio-pci disable_vga=1\n");
    tree.write("etc/modprobe.d/old.conf", line);
    tree.age("etc/modprobe.d/new.conf", 100);
    tree.age("etc/modprobe.d/old.conf", 200);
    ModuleSettings settings;
    read_modprobe_d(tree.root(), settings);
    TEST_ASSERT_TRUE(settings.newest_file.empty());
    ForeignSettings rivals;
    settings.rivals = &rivals;
    read_modprobe_d(tree.root(), settings);
    TEST_ASSERT_EQUAL_STRING("/etc/modprobe.d/new.conf", settings.newest_file.view());
}

UNITY_MAIN()
