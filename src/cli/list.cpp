// SPDX-License-Identifier: MIT
#include "core/list.h"
#include "base/text.h"
#include "cli/console.h"
#include "cli/run.h"
#include "sys/kernel.h"
#include "sys/machine_record.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace vfio_early {

namespace {

// https://no-color.org
bool is_colour_wanted()
{
    constexpr std::string_view no_colour = "NO_COLOR=";
    for (auto* variable = environ; *variable; ++variable) {
        std::string_view const text = *variable;
        if (text.starts_with(no_colour) && text != no_colour)
            return false;
    }
    return true;
}

// Where standard output is no terminal, or one that does not know, the list is as for one of 80 columns.
void fit_to_terminal(List& list)
{
    winsize size = {};
    if (kernel::control(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
        return;
    if (size.ws_col > 0)
        list.width = size.ws_col;
    list.has_colour = is_colour_wanted();
}

// Notes the devices that the words of the command mean. False, and says so, where one is wrong or means none.
ExitStatus narrow(CommandOptions const& options, Inventory const& inventory, List& list)
{
    for (auto const word : options.words) {
        auto const selector = read_selector(word);
        if (!selector)
            return WrongInput;
        auto const found = resolve(*selector, inventory);
        if (found.devices.empty() || found.kind == Resolution::Kind::IdMismatch) {
            print_error("no device matches %q, 'vfio-early list --all' shows all of them", word);
            return SomeNotBound;
        }
        for (auto const device : found.devices)
            list.is_wanted[device] = true;
        list.is_narrowed = true;
    }
    return AllBound;
}

ExitStatus show_list(CommandOptions const& options, Root const& root, Session const& session)
{
    static MachineRecord record;
    static Trial trial;
    List list{.session = session, .record = record, .trial = trial};
    if (session.inventory.has_no_sysfs) {
        print_error("/sys/bus/pci is not there, so no device can be found, is sysfs mounted?");
        return SomeNotBound;
    }
    list.shows_all = options.shows_all || options.is_json;
    list.is_anonymous = options.is_anonymous;
    if (auto const status = narrow(options, session.inventory, list); status != AllBound)
        return status;
    read_machine_record(root, session.inventory, record);
    fit_to_terminal(list);
    if (!options.is_json)
        for_each_warning(list, [](std::string_view warning) { print_error("%s", warning); });
    print_output([&](Sink& sink) { options.is_json ? write_list_json(sink, list) : write_list(sink, list); });
    return AllBound;
}

} // namespace

ExitStatus run_list(CommandOptions const& options)
{
    return run_survey(options, [&](Root const& root, Session& session) {
        // What the lines meant has gone into the plan. What is offered is what is there now.
        session.facts.lines.clear();
        return show_list(options, root, session);
    });
}

} // namespace vfio_early
