// SPDX-License-Identifier: MIT
#pragma once

#include "base/function_ref.h"
#include "core/session.h"
#include "sys/root.h"

#include <initializer_list>

namespace vfio_early {

// The first of these paths that is there, as the kernel finds it: below the root's directory. Nothing where
// there is none. PATH is not searched.
std::optional<Path> find_program(Root const&, std::initializer_list<char const*> candidates);

// Runs a program with these arguments, the first of which is its name, and waits for it. `take` is handed the
// lines that it writes to standard output and standard error. Whether it ended with status 0; an error where
// it could not be started.
Result<bool> run_program(Path const& program, std::initializer_list<char const*> arguments,
    FunctionRef<void(std::string_view line)> take);

// The same for the first of `candidates` that is there; where there is none it has not ended well.
// `last_line` is the last line that it wrote, or that it is not there.
Result<bool> run_first(Root const&, std::initializer_list<char const*> candidates,
    std::initializer_list<char const*> arguments, LoaderMessage& last_line);

} // namespace vfio_early
