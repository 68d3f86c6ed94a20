// SPDX-License-Identifier: MIT
// A fuzz target is one function that is given any bytes. libFuzzer calls it with what it makes up, and
// replay.cpp with the files that are named on its command line.
#pragma once

#include "core/session.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size);

namespace vfio_early {

// What must hold whatever the input: ends the process where it does not, as a sanitizer would.
inline void must(bool holds, char const* what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}

inline std::string_view text_of(uint8_t const* data, size_t size)
{
    return {reinterpret_cast<char const*>(data), size};
}

// A copy of the text that ends where its memory does, so that a read beyond it is noticed.
struct ExactCopy {
    std::unique_ptr<char[]> bytes;
    std::string_view text;

    explicit ExactCopy(std::string_view of)
        : bytes(new char[of.size()])
        , text(bytes.get(), of.copy(bytes.get(), of.size()))
    {
    }
};

// A value that is too large for a stack, in the same memory each time: what is not written of it is never
// touched.
template <typename T, int which = 0> T& fresh()
{
    static auto const memory = std::make_unique_for_overwrite<T>();
    return *new (memory.get()) T;
}

} // namespace vfio_early
