// SPDX-License-Identifier: MIT
#include "sys/facts_file.h"

#include "base/text.h"
#include "core/recall.h"
#include "sys/directory.h"
#include "sys/file_sink.h"
#include "sys/identify.h"
#include "sys/kernel.h"
#include "sys/scan.h"

#include <algorithm>
#include <errno.h>
#include <fcntl.h>
#include <initializer_list>
#include <sys/syscall.h>
#include <unistd.h>

namespace vfio_early {

namespace {

// Where a fact's slot is now, or its address where the slot is not known.
void locate(Root const& root, Identity& identity, Facts& facts, Inventory& inventory, RootBusSought& last)
{
    identity.place = identity.slot ? find_slot(root, *identity.slot, last) : std::optional(identity.address);
    if (!identity.place)
        return;
    bool const has_number = identity.serial || (identity.slot && identity.slot->steps[0].port);
    facts.is_config_cut |= has_number && is_config_cut(root, *identity.place);
    if (auto const device = scan_device(root, inventory, *identity.place); device && identity.serial)
        inventory.devices[*device].serial = read_serial(root, *identity.place);
}

bool means_a_card(LineFact const& fact)
{
    return fact.key.view().find('*') != std::string_view::npos;
}

bool is_remembered_model(Device const& device, Facts const& facts)
{
    auto const is_it = [&](Identity const& identity) { return identity.id == device.id; };
    for (auto const& fact : facts.lines) {
        if (fact.device && is_it(*fact.device))
            return true;
    }
    for (auto const& fact : facts.host) {
        if (is_it(fact.device))
            return true;
    }
    return false;
}

void take_census(Root const& root, Facts const& facts, Inventory& inventory)
{
    Directory devices(root, "sys/bus/pci/devices");
    while (auto const name = devices.next()) {
        auto const address = parse_address(*name);
        if (!address || !is_remembered_model(read_device(root, *address), facts))
            continue;
        if (auto const device = scan_device(root, inventory, *address))
            inventory.devices[*device].serial = read_serial(root, *address);
    }
}

bool is_known(SelectorKey const& key, Facts const& facts)
{
    for (auto const& fact : facts.lines) {
        if (fact.key.view() == key.view())
            return true;
    }
    return false;
}

// Some makers give all cards of a model one serial number: it tells nothing then.
bool is_shared_serial(Root const& root, Identity const& identity)
{
    Directory devices(root, "sys/bus/pci/devices");
    while (auto const name = devices.next()) {
        auto const address = parse_address(*name);
        if (address && !is_same_card(*address, identity.address)
            && read_serial(root, *address) == identity.serial)
            return true;
    }
    return devices.has_failed();
}

// What is worth remembering of a device.
std::optional<Identity> identity_to_record(Root const& root, Address const& address)
{
    auto identity = identify(root, address);
    if (identity && identity->serial && is_shared_serial(root, *identity))
        identity->serial.reset();
    return identity;
}

void record_line(
    Root const& root, Entry const& entry, SelectorKey const& key, Inventory const& inventory, Facts& facts)
{
    auto const resolution = resolve(entry.selector, inventory);
    LineFact fact;
    fact.key = key;
    // Nothing was there. (Where it is not known what the line means, nothing is recorded.)
    if (resolution.kind == Resolution::Kind::NotFound || resolution.kind == Resolution::Kind::IdMismatch)
        static_cast<void>(facts.lines.try_append(fact));
    if (resolution.kind != Resolution::Kind::Found)
        return;
    for (auto const index : resolution.devices) {
        auto const address = inventory.devices[index].address;
        fact.device = identity_to_record(root, address);
        if (!fact.device || is_virtual_function(root, address))
            continue;
        static_cast<void>(facts.lines.try_append(fact));
        // A whole card is judged by its first function.
        if (entry.selector.location)
            return;
    }
}

// What a file has, compared with what would be written into it.
class Comparison {
public:
    explicit Comparison(std::string_view text) : m_rest(text) { }

    void append(std::string_view text)
    {
        m_is_same &= m_rest.starts_with(text);
        m_rest = slice(m_rest, text.size());
    }

    bool is_same() const { return m_is_same && m_rest.empty(); }

private:
    std::string_view m_rest;
    bool m_is_same = true;
};

Result<std::string_view> read_text(Root const& root, PathRef path)
{
    static char buffer[max_facts_bytes];
    return root.read(path, buffer);
}

bool has_facts(Root const& root, PathRef path, Facts const& facts)
{
    auto const text = read_text(root, path);
    if (text.is_error())
        return false;
    Comparison comparison(text.value());
    Sink sink(comparison);
    write_facts(sink, facts);
    return comparison.is_same();
}

// On the disk before it takes the place of the old ones, and for everyone to read: dracut has a umask of 077.
Result<void> write_whole(Descriptor const& file, Facts const& facts)
{
    FileSink output(file.number());
    Sink sink(output);
    write_facts(sink, facts);
    // The system call: musl's function brings another way for descriptors that O_PATH opened.
    if (!output.flush() || syscall(SYS_fchmod, file.number(), 0644) < 0 || kernel::sync(file.number()) < 0)
        return Error{"writing", errno};
    return {};
}

} // namespace

void read_facts(Root const& root, Facts& facts)
{
    auto const text = read_text(root, "etc/vfio-early.facts");
    if (text.is_error())
        facts.is_broken = !is_absence(text.error());
    else
        parse_facts(text.value(), facts);
}

Result<void> save_facts(Root const& root, Path const& path, Facts const& facts)
{
    // An image that has them is not older than they are.
    if (has_facts(root, path, facts))
        return {};
    // Images can be made at the same time, such as by `dracut --regenerate-all --parallel`.
    auto const unfinished = path_of("%s.new%u", path, static_cast<unsigned>(getpid()));
    root.remove(unfinished);
    auto const file = TRY(root.open_file(unfinished, O_WRONLY | O_CREAT | O_EXCL, 0644));
    auto saved = write_whole(file, facts);
    if (!saved.is_error())
        saved = root.rename(unfinished, path);
    if (saved.is_error())
        root.remove(unfinished);
    return saved;
}

void locate_facts(Root const& root, Facts& facts, Inventory& inventory)
{
    RootBusSought last;
    for (auto& fact : facts.lines) {
        if (!fact.device)
            continue;
        locate(root, *fact.device, facts, inventory, last);
        if (fact.device->place && means_a_card(fact))
            scan_card(root, inventory, *fact.device->place);
    }
    for (auto& fact : facts.host)
        locate(root, fact.device, facts, inventory, last);
    if (needs_census(facts, inventory))
        take_census(root, facts, inventory);
}

// One for a function, however many uses it has: nothing is to be left out.
void record_host(Root const& root, HostUses& uses, Facts& facts)
{
    facts.host.clear();
    for (bool const is_spare : {false, true}) {
        for (auto const& use : uses.uses) {
            bool const is_meant = is_spare ? use.weight.is_spare : use.weight.is_vital;
            bool const is_known = std::ranges::any_of(
                facts.host, [&](HostFact const& fact) { return fact.device.address == use.device; });
            if (!is_meant || is_known)
                continue;
            auto const identity = identity_to_record(root, use.device);
            if (identity && !facts.host.try_append({FactText(use.what.view()), *identity, is_spare}))
                return uses.add_doubt("the host needs more than %u devices", max_host_facts);
        }
    }
}

void update_facts(
    Root const& root, Config const& config, Inventory const& inventory, HostUses& uses, Facts& facts)
{
    drop_lines_that_are_gone(facts, config);
    // What a line names by its id is recorded when it comes, and not only if it was there at first.
    forget_absent(facts, config, inventory);
    for (auto const& entry : config.entries) {
        auto const key = key_of(entry.selector);
        if (!is_known(key, facts))
            record_line(root, entry, key, inventory, facts);
    }
    record_host(root, uses, facts);
    // They are made after the boot, by the driver of the physical one, which is there too.
    size_t kept = 0;
    for (auto const& fact : facts.host) {
        if (!is_virtual_function(root, fact.device.address))
            facts.host[kept++] = fact;
    }
    facts.host.shrink(kept);
    facts.are_updated = true;
}

} // namespace vfio_early
