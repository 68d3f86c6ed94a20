// SPDX-License-Identifier: MIT
#include "sys/lines.h"

#include "tree.h"

using namespace vfio_early;

// Each line in brackets.
static std::string lines_of(std::initializer_list<std::string_view> pieces)
{
    std::string all;
    {
        auto const take = [&](std::string_view line) { all += "[" + std::string(line) + "]"; };
        Lines lines(take);
        for (auto const piece : pieces)
            lines.append(piece);
    }
    return all;
}

TEST(joins_pieces_and_cuts_lines)
{
    TEST_ASSERT_EQUAL_STRING("[one][two][][three]", lines_of({"on", "e\ntw", "o\n\nthr", "ee\n"}));
    TEST_ASSERT_EQUAL_STRING("[one][two]", lines_of({"one\ntwo"}));
    TEST_ASSERT_EQUAL_STRING("", lines_of({""}));
}

TEST(cuts_a_line_that_is_too_long)
{
    std::string const line(max_path_bytes + 10, 'x');
    TEST_ASSERT_EQUAL_STRING("[" + line.substr(10) + "][next]", lines_of({line, "\nnext"}));
}

TEST(reads_a_file_of_any_length)
{
    Tree tree;
    std::string text;
    for (int i = 0; i < 5000; ++i)
        text += std::to_string(i) + "\n";
    tree.write("file", text + "end");
    std::string read;
    unsigned count = 0;
    TEST_ASSERT_TRUE(for_each_line(tree.root(), Path("file"),
        [&](std::string_view line) { read += std::string(line) + (++count <= 5000 ? "\n" : ""); }));
    TEST_ASSERT_EQUAL_STRING(text + "end", read);
    TEST_ASSERT_FALSE(for_each_line(tree.root(), Path("none"), [](std::string_view) {}));
    TEST_ASSERT_FALSE(for_each_line(tree.root(), Path("."), [](std::string_view) {}));
}

UNITY_MAIN()
