// SPDX-License-Identifier: MIT
#include "sys/host_network.h"

#include "base/text.h"
#include "core/route_text.h"
#include "core/sysfs_text.h"
#include "sys/directory.h"
#include "sys/use_of_device.h"

namespace vfio_early {

namespace {

using InterfaceName = FixedString<max_interface_name_bytes>;
using InterfaceNames = FixedVector<InterfaceName, max_interfaces>;

struct Network {
    Root const& root;
    HostUses& uses;
};

// A network device below an interface with a route: it is that itself, or what a bridge, bond or VLAN stands
// on.
struct Carrier {
    size_t route = 0; // of the interfaces with one
    InterfaceName name;
    Path link;
};

using Carriers = FixedVector<Carrier, max_carriers>;

// How a kind of routes is read, and what people call it.
struct Family {
    char const* path;
    std::optional<Route> (*parse)(std::string_view line);
    char const* name;
};

constexpr Family families[] = {
    {"proc/net/route", parse_route, ""},
    {"proc/net/ipv6_route", parse_ipv6_route, "IPv6 "},
};

Path interface_path(std::string_view name, std::string_view file = {})
{
    return path_of("sys/class/net/%s%c%s", name, file.empty() ? "" : "/", file);
}

void add_name(Network& network, InterfaceNames& names, std::string_view name)
{
    for (auto const& known : names) {
        if (known.view() == name)
            return;
    }
    if (!names.try_append(InterfaceName(name)))
        network.uses.add_doubt("there are more network interfaces than can be looked at");
}

// The interfaces with a route of this kind.
void read_routes(Network& network, Family const& family, bool only_default_routes, InterfaceNames& interfaces)
{
    static char buffer[max_kernel_table_bytes];
    auto text = read_table(network.root, network.uses, family.path, buffer);
    while (!text.empty()) {
        auto const route = family.parse(take_until(text, '\n'));
        if (route && (route->is_default || !only_default_routes))
            add_name(network, interfaces, route->interface);
    }
}

// What an interface stands on has a link 'lower_NAME' in it (netdev_adjacent_sysfs_add() in net/core/dev.c).
void add_lower_interfaces(Network& network, std::string_view name, InterfaceNames& names)
{
    constexpr std::string_view prefix = "lower_";
    Directory files(network.root, interface_path(name));
    while (auto const file = files.next()) {
        if (file->starts_with(prefix))
            add_name(network, names, slice(*file, prefix.size()));
    }
    if (files.has_failed())
        network.uses.add_doubt("/sys/class/net/%n cannot be listed", name);
}

// Goes down from the interface of a route to the devices. False where it leads to none.
bool add_carriers(Network& network, std::string_view interface, size_t route, Carriers& carriers)
{
    bool has_any = false;
    InterfaceNames names;
    add_name(network, names, interface);
    for (size_t i = 0; i < names.size(); ++i) {
        auto const name = names[i];
        auto const link = network.root.link_target(interface_path(name.view()));
        if (link.is_error())
            continue;
        if (link.value().view().find("/virtual/") != std::string_view::npos) {
            add_lower_interfaces(network, name.view(), names);
            continue;
        }
        has_any = true;
        if (!carriers.try_append({route, name, link.value()}))
            network.uses.add_doubt("there are more network interfaces than can be looked at");
    }
    return has_any;
}

// Whether another route needs this function as well.
bool carries(Carriers const& carriers, size_t route, std::optional<Address> function)
{
    for (auto const& carrier : carriers) {
        if (carrier.route == route && last_address(carrier.link.view()) == function)
            return true;
    }
    return false;
}

bool another_route_remains(Carriers const& carriers, Carrier const& lost)
{
    auto const function = last_address(lost.link.view());
    for (auto const& carrier : carriers) {
        if (carrier.route != lost.route && !carries(carriers, carrier.route, function))
            return true;
    }
    return false;
}

// Any of them may be the way to what is on no PCI function. False where there are none.
bool add_all_routes(Network& network, Family const& family, std::string_view reason)
{
    bool has_any = false;
    InterfaceNames interfaces;
    read_routes(network, family, false, interfaces);
    for (auto const& interface : interfaces) {
        Carriers carriers;
        has_any |= add_carriers(network, interface.view(), 0, carriers);
        for (auto const& carrier : carriers)
            add_use_of_device(network.root, network.uses, carrier.link.view(), vital,
                use_text("a route through %n, while %n is on no PCI function", carrier.name.view(), reason));
    }
    return has_any;
}

void add_default_routes(Network& network, Family const& family)
{
    InterfaceNames interfaces;
    read_routes(network, family, true, interfaces);
    Carriers carriers;
    for (size_t i = 0; i < interfaces.size(); ++i) {
        // A tunnel has a way through the other routes, which cannot be seen.
        auto const interface = interfaces[i].view();
        if (!add_carriers(network, interface, i, carriers) && !add_all_routes(network, family, interface))
            network.uses.add_doubt(
                "no device is found below %n, which has the %cdefault route", interface, family.name);
    }
    for (auto const& carrier : carriers) {
        auto const interface = interfaces[carrier.route].view();
        bool const is_below = interface != carrier.name.view();
        bool const another_remains = another_route_remains(carriers, carrier);
        auto what = use_text("%c%c%c%n", another_remains ? "one of several " : "the ", family.name,
            another_remains ? "default routes, through " : "default route through ", carrier.name.view());
        if (is_below) {
            Sink sink(what);
            print(sink, ", a part of %n", interface);
        }
        add_use_of_device(network.root, network.uses, carrier.link.view(), another_remains ? spare : vital,
            what, UseKind::DefaultRoute);
    }
}

void add_interface_in_use(Network& network, std::string_view name)
{
    auto const link = network.root.link_target(interface_path(name));
    if (link.is_error()) {
        // bonding_masters is a file beside the links, and reading it as one says ENOENT.
        if (!is_absence(link.error()))
            network.uses.add_doubt("/sys/class/net/%n cannot be read", name);
        return;
    }
    char buffer[32];
    auto const flags = network.root.read_attribute(interface_path(name, "flags"), buffer);
    if (!flags.is_error() && is_up(flags.value()))
        add_use_of_device(
            network.root, network.uses, link.value().view(), open_now, use_text("%n is up", name));
    auto const master = network.root.link_name(interface_path(name, "master"));
    if (!master.is_error())
        add_use_of_device(network.root, network.uses, link.value().view(), open_now,
            use_text("%n is a part of %n", name, master.value().view()));
    bool const is_unclear = flags.is_error() && !is_absence(flags.error());
    if (is_unclear || (master.is_error() && !is_absence(master.error())))
        network.uses.add_doubt("whether %n is in use cannot be found out", name);
}

} // namespace

void find_host_network(Root const& root, HostUses& uses)
{
    Network network{root, uses};
    for (auto const& family : families) {
        add_default_routes(network, family);
        if (uses.is_root_elsewhere)
            add_all_routes(network, family, "/");
    }
    Directory names(root, "sys/class/net");
    while (auto const name = names.next())
        add_interface_in_use(network, *name);
    if (names.has_failed() && root.presence("sys/class/net") != Presence::Absent)
        uses.add_doubt("/sys/class/net cannot be listed");
}

} // namespace vfio_early
