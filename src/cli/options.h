// SPDX-License-Identifier: MIT
#pragma once

#include "base/fixed_vector.h"
#include "core/limits.h"

#include <optional>
#include <string_view>

namespace vfio_early {

enum class OutputFormat { Text, Json };

using Labels = FixedVector<std::string_view, max_entries>;

// The options of a command.
struct CommandOptions {
    std::string_view root = "/";
    std::string_view config = "/etc/vfio-early.ini";
    OutputFormat format = OutputFormat::Text;
    std::string_view facts; // check: the file to write what the lines mean to; empty for none
    std::string_view kernel; // check: the version that the next boot starts; empty for the one here
    Labels labels; // accept: the lines that it is about; none is all
};

// The whole command line.
struct Invocation {
    enum class Kind { Command, Help, Version };
    Kind kind = Kind::Command;
    std::string_view command; // empty with Help and Version
    CommandOptions options;
};

// Reads the arguments. Where they are wrong, says so on standard error and returns nothing.
std::optional<Invocation> parse_arguments(int count, char const* const* arguments);

} // namespace vfio_early
