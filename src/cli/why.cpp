// SPDX-License-Identifier: MIT
#include "core/why.h"
#include "cli/console.h"
#include "cli/run.h"
#include "core/resolve.h"
#include "sys/ports.h"

namespace vfio_early {

namespace {

ExitStatus answer(
    CommandOptions const& options, Selector const& selector, Root const& root, Session const& session)
{
    auto const& inventory = session.inventory;
    auto const resolution = resolve(selector, inventory);
    auto const& found = resolution.devices;
    if (found.empty() || resolution.kind == Resolution::Kind::IdMismatch) {
        print_error("there is no device %q", options.words[0]);
        return SomeNotBound;
    }
    if (found.size() > 1) {
        print_error("%q may mean %u devices, give the address of one, such as %a", options.words[0],
            found.size(), inventory.devices[found[0]].address);
        return WrongInput;
    }
    Why why;
    find_why(inventory, inventory.devices[found[0]], why);
    read_details(root, why);
    print_output([&](Sink& sink) { options.is_json ? write_why_json(sink, why) : write_why(sink, why); });
    return AllBound;
}

} // namespace

ExitStatus run_why(CommandOptions const& options)
{
    if (options.words.size() != 1) {
        print_error("'why' takes one device, see 'vfio-early list'");
        return WrongInput;
    }
    auto const selector = read_selector(options.words[0]);
    if (!selector)
        return WrongInput;
    return run_survey(options,
        [&](Root const& root, Session const& session) { return answer(options, *selector, root, session); });
}

} // namespace vfio_early
