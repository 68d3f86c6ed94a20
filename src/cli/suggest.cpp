// SPDX-License-Identifier: MIT
#include "core/suggest.h"
#include "base/text.h"
#include "cli/console.h"
#include "cli/run.h"
#include "core/class_word.h"
#include "core/explain.h"
#include "core/guest.h"
#include "core/pci_ids.h"
#include "sys/identify.h"
#include "sys/machine_record.h"

namespace vfio_early {

namespace {

using Selectors = FixedVector<Selector, max_entries>;

bool read_selectors(CommandOptions const& options, Selectors& selectors)
{
    for (auto const word : options.words) {
        auto const selector = read_selector(word);
        if (!selector)
            return false;
        selectors.append(*selector);
    }
    if (options.words.empty() == options.is_from_running)
        return true;
    print_error("'suggest' wants either selectors, such as 0000:01:00.*, or --from-running");
    return false;
}

// False where it is none that we know.
bool read_guest(CommandOptions const& options, std::optional<GuestFormat>& format)
{
    if (options.guest.empty())
        return true;
    format = guest_format_of(options.guest);
    if (format && !options.is_json)
        return true;
    if (format)
        print_error("--for has no JSON, leave out one of the two");
    else
        print_error("--for %q is none of libvirt, qemu and proxmox", options.guest);
    return false;
}

// Where the device sits, as a path; its address where that cannot be read, and says so.
Location by_path(Root const& root, Address address)
{
    auto location = by_address(address);
    auto const slot = read_slot(root, address);
    if (!slot) {
        print_error("where %a sits cannot be read, so its line has the address", address);
        return location;
    }
    auto const& first = slot->steps[0];
    location.start = {slot->root.domain, slot->root.bus, first.device, first.function};
    for (auto const* step = &first + 1; step != slot->steps.end(); ++step)
        location.steps.append({step->device, step->function});
    return location;
}

void want(Draft& draft, Selector const& selector, std::string_view word, Inventory const& inventory)
{
    auto const resolution = resolve(selector, inventory);
    if (resolution.kind != Resolution::Kind::Found)
        add_line(draft, selector, word, word, Target::VfioPci); // which `check` would refuse
    else {
        for (auto const device : resolution.devices)
            draft.wanted[device] = Target::VfioPci;
    }
}

void want_what_is_bound(Draft& draft, Inventory const& inventory)
{
    for (size_t i = 0; i < inventory.devices.size(); ++i) {
        for (auto const target : {Target::VfioPci, Target::PciStub}) {
            if (inventory.devices[i].driver.view() == driver_name(target))
                draft.wanted[i] = target;
        }
    }
}

bool tell_of_refusals(Draft const& draft, Session const& session, CommandOptions const& options)
{
    bool is_any = draft.is_full;
    if (is_any)
        print_error("more lines are needed than a configuration can have");
    for_each_refusal(draft, [&](Decision const& decision) {
        is_any = true;
        if (options.is_json)
            return;
        FixedString<max_detail_bytes> text;
        Sink sink(text);
        describe(sink, decision, session);
        print_error("%s", text);
    });
    for (auto const& decision : draft.plan.decisions) {
        if (!is_open(decision) || !draft.wanted[*decision.device]
            || draft.wanted[*decision.device] == decision.target)
            continue;
        is_any = true;
        print_error("%a has a line under %s already, move that to %s first",
            device_of(decision, session.inventory)->address, section_name(decision.target),
            section_name(*draft.wanted[*decision.device]));
    }
    return is_any;
}

void put_name(Sink& sink, Device const& device, ModelNames const& names)
{
    FixedString<max_fact_text_bytes> name;
    Sink name_sink(name);
    if (auto const* known = names.find(device.id))
        put_model(name_sink, *known);
    print(sink, "%s", name.empty() ? class_word(device.class_code) : name.view());
}

} // namespace

ExitStatus run_suggest(CommandOptions const& options)
{
    static Selectors selectors;
    std::optional<GuestFormat> guest;
    if (!read_selectors(options, selectors) || !read_guest(options, guest))
        return WrongInput;
    return run_survey(options, [&](Root const& root, Session& session) {
        // Its labels are not known, and nothing is bound by it, whatever is added.
        if (!session.problems.empty())
            return WrongInput;
        auto const& inventory = session.inventory;
        Draft draft{session.config, session.plan, session.problems};
        for (size_t i = 0; i < selectors.size(); ++i)
            want(draft, selectors[i], options.words[i], inventory);
        if (options.is_from_running)
            want_what_is_bound(draft, inventory);
        complete(draft, session, [&](Address address) {
            return options.is_by_path ? by_path(root, address) : by_address(address);
        });
        bool const is_nothing = draft.devices.empty() && options.is_from_running;
        if (is_nothing)
            print_error("no device is on vfio-pci or pci-stub now");
        bool const is_any_refused = is_nothing | tell_of_refusals(draft, session, options);
        static ModelNames names;
        for (auto const index : draft.devices)
            names.want(inventory.devices[index].id);
        read_model_names(root, names);
        auto const put_its_name = [](Sink& sink, Device const& device) { put_name(sink, device, names); };
        print_output([&](Sink& sink) {
            if (options.is_json)
                write_suggestion_json(sink, draft, session, put_its_name);
            else if (!guest)
                write_lines(sink, draft, inventory, put_its_name);
            else
                write_guest(sink, *guest, accepted(draft, Target::VfioPci), inventory);
        });
        return is_any_refused ? SomeNotBound : AllBound;
    });
}

} // namespace vfio_early
