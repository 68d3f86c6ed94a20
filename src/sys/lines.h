// SPDX-License-Identifier: MIT
#pragma once

#include "base/function_ref.h"
#include "sys/root.h"

namespace vfio_early {

// Cuts text that comes in pieces into lines, and hands each on without its end: also a last one that has
// none. What is longer than max_path_bytes is cut.
class Lines {
public:
    explicit Lines(FunctionRef<void(std::string_view line)> take) : m_take(take) { }
    Lines(Lines const&) = delete;
    Lines& operator=(Lines const&) = delete;
    ~Lines();

    void append(std::string_view text);

private:
    FunctionRef<void(std::string_view line)> m_take;
    FixedString<max_path_bytes> m_line;
};

// Hands on the lines of a file of any length. False where it cannot be read to its end.
bool for_each_line(Root const&, PathRef, FunctionRef<void(std::string_view line)> take);

} // namespace vfio_early
