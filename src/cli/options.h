// SPDX-License-Identifier: MIT
#pragma once

#include "base/fixed_vector.h"
#include "core/limits.h"

#include <optional>
#include <string_view>

namespace vfio_early {

using Words = FixedVector<std::string_view, max_entries>;

// The options of a command.
struct CommandOptions {
    std::string_view root = "/";
    std::string_view config = "/etc/vfio-early.ini";
    bool is_json = false;
    std::string_view facts; // check: the file to write what the lines mean to; empty for none
    std::string_view kernel; // check: the version that the next boot starts; empty for the one here
    bool shows_all = false; // list: groups of only bridges and board parts too
    bool is_anonymous = false; // list: without what tells this machine from others of its kind
    bool is_by_path = false; // suggest: cards by the slot that they are in
    bool is_from_running = false; // suggest: what is on vfio-pci and pci-stub now
    std::string_view guest = {}; // suggest: whose words to write; empty for the INI
    bool is_handover = false; // bind, release: passes over what is not under [handover]
    bool is_forced = false; // release: also what a guest has open
    Words words; // what the command is about: labels, selectors, or an address
};

// The whole command line.
struct Invocation {
    enum class Kind { Command, Help, Version };
    Kind kind = Kind::Command;
    std::string_view command; // empty with Help and Version
    CommandOptions options;
};

// Reads the arguments. Where they are wrong, or an option is not for the command, says so on standard error
// and returns nothing.
std::optional<Invocation> parse_arguments(int count, char const* const* arguments);

} // namespace vfio_early
