// SPDX-License-Identifier: MIT
// How long it waits, and for what, is in modules_test.cpp.
#include "sys/program.h"

#include "tree.h"

using namespace vfio_early;

// What a program says, and whether it went well.
static std::string said_by(Tree const& tree)
{
    auto const program = find_program(tree.root(), {"/none", "/program"});
    std::string all;
    auto const is_well = run_program(
        *program, {"name", "a b", "c"}, [&](std::string_view line) { all += std::string(line) + "\n"; });
    if (is_well.is_error())
        return all + is_well.error().action + " " + std::to_string(is_well.error().number);
    return all + (is_well.value() ? "well" : "not well");
}

TEST(hands_on_the_lines_of_both_outputs)
{
    Tree tree;
    tree.make_program("program", "#!/bin/sh\necho \"$1\"\nprintf 'x%s' \"$2\" >&2\n");
    TEST_ASSERT_EQUAL_STRING("a b\nxc\nwell", said_by(tree));
}

TEST(tells_that_a_program_failed)
{
    Tree tree;
    tree.make_program("program", "#!/bin/sh\necho x\nexit 3\n");
    TEST_ASSERT_EQUAL_STRING("x\nnot well", said_by(tree));
    tree.make_program("program", "#!/bin/sh\nkill -9 $$\n");
    TEST_ASSERT_EQUAL_STRING("not well", said_by(tree));
    tree.make_program("program", "#!/no/such/interpreter\n");
    TEST_ASSERT_EQUAL_STRING("not well", said_by(tree));
}

TEST(gives_a_program_a_clean_environment)
{
    setenv("VFIO_EARLY_TEST", "1", 1);
    Tree tree;
    tree.make_program("program", "#!/bin/sh\necho \"[$VFIO_EARLY_TEST] $PATH\"\n");
    TEST_ASSERT_EQUAL_STRING("[] /usr/sbin:/usr/bin:/sbin:/bin\nwell", said_by(tree));
}

TEST(finds_no_program_that_is_not_there)
{
    Tree tree;
    TEST_ASSERT_FALSE(find_program(tree.root(), {"/program", "/other"}).has_value());
}

UNITY_MAIN()
