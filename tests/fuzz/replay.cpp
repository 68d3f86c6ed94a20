// SPDX-License-Identifier: MIT
// Gives files to a fuzz target, one after the other: what was found once is tried at each run of the tests.
#include "fuzz.h"

#include <filesystem>
#include <fstream>
#include <sstream>

static bool replay(std::filesystem::path const& path)
{
    std::ostringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    auto const text = bytes.str();
    printf("%s, %zu bytes\n", path.filename().c_str(), text.size());
    fflush(stdout);
    LLVMFuzzerTestOneInput(reinterpret_cast<uint8_t const*>(text.data()), text.size());
    return true;
}

// usage: NAME_replay DIRECTORY...
int main(int argument_count, char** arguments)
{
    size_t count = 0;
    for (int i = 1; i < argument_count; ++i) {
        for (auto const& file : std::filesystem::directory_iterator(arguments[i]))
            count += replay(file.path());
    }
    printf("%zu inputs\n", count);
    return count == 0; // a test of nothing is no test
}
