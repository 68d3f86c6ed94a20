// SPDX-License-Identifier: MIT
#include "sys/file_sink.h"

#include "tree.h"

#include <fcntl.h>
#include <unistd.h>

using namespace vfio_early;

TEST(writes_more_than_its_buffer_holds)
{
    Tree tree;
    int const file = open((tree.directory() + "/x").c_str(), O_WRONLY | O_CREAT, 0600);
    FileSink output(file);
    Sink sink(output);
    std::string const text(10000, 'x');
    print(sink, "%send", text);
    TEST_ASSERT_TRUE(output.flush());
    close(file);
    TEST_ASSERT_EQUAL_STRING(text + "end", tree.read("x"));
}

TEST(says_that_something_was_not_written)
{
    int const full = open("/dev/full", O_WRONLY);
    FileSink output(full);
    Sink sink(output);
    print(sink, "x");
    TEST_ASSERT_FALSE(output.flush());
    close(full);
}

UNITY_MAIN()
