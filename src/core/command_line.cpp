// SPDX-License-Identifier: MIT
#include "core/command_line.h"

#include "base/text.h"

namespace vfio_early {

namespace {

void set_switch(CommandLine& command_line, std::string_view value)
{
    command_line.unknown_value = {};
    if (value == "1") {
        command_line.power = CommandLine::Switch::Run;
    } else if (value == "check") {
        command_line.power = CommandLine::Switch::CheckOnly;
    } else {
        command_line.power = CommandLine::Switch::Off;
        if (value != "0")
            command_line.unknown_value = value;
    }
}

} // namespace

CommandLine parse_command_line(std::string_view text)
{
    CommandLine command_line;
    for (auto value = take_word(text); !value.empty(); value = take_word(text)) {
        if (value.find('=') == std::string_view::npos)
            continue;
        auto const name = take_until(value, '=');
        if (is_same_name(name, "rd.vfio_early"))
            set_switch(command_line, value);
        else if (is_same_name(name, "pcie_acs_override"))
            command_line.acs_is_overridden = true;
    }
    return command_line;
}

} // namespace vfio_early
