// SPDX-License-Identifier: MIT
#include "sys/report_file.h"

#include "core/report.h"
#include "machine.h"
#include "tree.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>

using namespace vfio_early;

TEST(saves_the_report_as_it_is_printed)
{
    Tree tree;
    tree.add_machine();
    Machine machine;
    auto const& session = machine.plan("[bind]\nnic = 01:00.0\n");
    TEST_ASSERT_FALSE(save_report(tree.root(), session).is_error());
    TEST_ASSERT_EQUAL_STRING(
        written_by([&](Sink& sink) { write_json(sink, session); }), tree.read("run/vfio-early/report.json"));
    TEST_ASSERT_FALSE(tree.has("run/vfio-early/report.json.new"));
}

TEST(replaces_an_older_report)
{
    Tree tree;
    tree.add_machine();
    tree.write("run/vfio-early/report.json", std::string(100000, 'x'));
    Machine machine;
    TEST_ASSERT_FALSE(save_report(tree.root(), machine.plan("[bind]\n")).is_error());
    TEST_ASSERT_TRUE(tree.read("run/vfio-early/report.json").starts_with("{"));
}

TEST(keeps_the_report_of_the_boot_apart_from_that_of_a_live_run)
{
    Tree tree;
    tree.add_machine();
    tree.write("run/vfio-early/report.json", "of the boot");
    Machine machine;
    auto& session = machine.plan("[bind]\n");
    session.is_running_system = true;
    TEST_ASSERT_FALSE(save_report(tree.root(), session).is_error());
    TEST_ASSERT_EQUAL_STRING("of the boot", tree.read("run/vfio-early/report.json"));
    TEST_ASSERT_TRUE(tree.read("run/vfio-early/live.json").starts_with("{"));
}

TEST(does_not_follow_a_link_out_of_its_directory)
{
    Tree tree;
    tree.add_machine();
    tree.write("victim/report.json", "old");
    tree.link("run/vfio-early", "../victim");
    Machine machine;
    TEST_ASSERT_TRUE(save_report(tree.root(), machine.plan("[bind]\n")).is_error());
    TEST_ASSERT_EQUAL_STRING("old", tree.read("victim/report.json"));
}

TEST(leaves_no_older_report_if_the_new_one_cannot_be_written)
{
    Tree tree;
    tree.add_machine();
    tree.write("run/vfio-early/report.json", "old");
    tree.make_directory("run/vfio-early/report.json.new");
    Machine machine;
    TEST_ASSERT_EQUAL_STRING("creating", save_report(tree.root(), machine.plan("[bind]\n")).error().action);
    TEST_ASSERT_FALSE(tree.has("run/vfio-early/report.json"));
}

TEST(says_that_an_older_report_could_not_be_removed)
{
    Tree tree;
    tree.add_machine();
    tree.make_directory("run/vfio-early/report.json");
    Machine machine;
    TEST_ASSERT_EQUAL_STRING("removing the old one in place of",
        save_report(tree.root(), machine.plan("[bind]\n")).error().action);
    TEST_ASSERT_FALSE(tree.has("run/vfio-early/report.json.new"));
}

TEST(says_why_there_is_no_report)
{
    Tree tree;
    Machine machine;
    TEST_ASSERT_TRUE(save_report(tree.root(), machine.plan("[bind]\n")).is_error());
}

// The descriptor that this process has of the lock of this machine; -1 for none.
static int descriptor_of_lock(Tree const& tree)
{
    auto const lock = std::filesystem::canonical(tree.directory()) / "run/vfio-early/lock";
    for (auto const& file : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code none;
        if (std::filesystem::read_symlink(file, none) == lock)
            return std::stoi(file.path().filename());
    }
    return -1;
}

TEST(locks_out_others_and_no_program_that_it_starts_keeps_the_lock)
{
    Tree tree;
    tree.add_machine();
    TEST_ASSERT_FALSE(lock_out_others(tree.root()).is_error());
    auto const lock = descriptor_of_lock(tree);
    TEST_ASSERT_TRUE(lock >= 0);
    TEST_ASSERT_TRUE((fcntl(lock, F_GETFD) & FD_CLOEXEC) != 0);
    TEST_ASSERT_EQUAL_UINT(EWOULDBLOCK, static_cast<unsigned>(lock_out_others(tree.root()).error().number));
}

TEST(does_not_follow_a_link_to_lock_another_file)
{
    Tree tree;
    tree.add_machine();
    tree.write("victim", "");
    tree.make_directory("run/vfio-early");
    tree.link("run/vfio-early/lock", "../../victim");
    TEST_ASSERT_EQUAL_UINT(ELOOP, static_cast<unsigned>(lock_out_others(tree.root()).error().number));
}

UNITY_MAIN()
