// SPDX-License-Identifier: MIT
#include "core/guest.h"

#include "base/text.h"

#include <span>

namespace vfio_early {

namespace {

// Root ports of the guest are numbered from here, beyond those that its machine has.
constexpr uint32_t first_port = 0x10;

// The functions of a card, of which a guest gets some.
struct Card {
    std::span<DeviceIndex const> functions; // those
    uint32_t number; // from 0
    bool is_whole;
};

// Where the guest sees a function: its first one must be function 0, or it finds none of them.
uint32_t guest_function(Card const& card, DeviceIndex function, Inventory const& inventory)
{
    return function == card.functions[0] ? 0 : inventory.devices[function].address.function;
}

// The guest gives a card with one function a place itself.
void write_libvirt(Sink& sink, Card const& card, Inventory const& inventory)
{
    bool const is_multifunction = card.functions.size() > 1;
    auto const port = first_port + card.number;
    if (is_multifunction)
        print(sink,
            "<!-- take another index and bus if the guest has this one -->\n"
            "<controller type='pci' index='%u' model='pcie-root-port'/>\n",
            port);
    for (auto const index : card.functions) {
        auto const& address = inventory.devices[index].address;
        print(sink,
            "<hostdev mode='subsystem' type='pci' managed='no'>\n"
            "  <source>\n"
            "    <address domain='0x%4x' bus='0x%2x' slot='0x%2x' function='0x%x'/>\n"
            "  </source>\n",
            address.domain, address.bus, address.device, address.function);
        auto const function = guest_function(card, index, inventory);
        if (is_multifunction)
            print(sink, "  <address type='pci' domain='0x0000' bus='0x%2x' slot='0x00' function='0x%u'%c/>\n",
                port, function, function == 0 ? " multifunction='on'" : "");
        sink.write("</hostdev>\n");
    }
}

void write_qemu(Sink& sink, Card const& card, Inventory const& inventory)
{
    print(sink, "%c-device pcie-root-port,id=vfio%u,chassis=%u\n",
        card.number == 0 ? "# take another id and chassis if the guest has these\n" : "", card.number,
        first_port + card.number);
    for (auto const index : card.functions) {
        auto const function = guest_function(card, index, inventory);
        print(sink, "-device vfio-pci,host=%a,bus=vfio%u,addr=00.%u%c\n", inventory.devices[index].address,
            card.number, function, function == 0 && card.functions.size() > 1 ? ",multifunction=on" : "");
    }
}

void write_proxmox(Sink& sink, Card const& card, Inventory const& inventory)
{
    print(sink, "%chostpci%u: ", card.number == 0 ? "# take another number if the guest has this one\n" : "",
        card.number);
    char const* separator = "";
    for (auto const index : card.functions) {
        auto const text = printed<FixedString<20>>("%a", inventory.devices[index].address);
        // Without a function it is the whole card.
        auto const size = text.view().size() - (card.is_whole ? 2 : 0);
        print(sink, "%c%s", separator, slice(text.view(), 0, size));
        separator = ";";
        if (card.is_whole)
            break;
    }
    sink.write(inventory.devices[card.functions[0]].is_express ? ",pcie=1\n" : "\n");
}

bool is_whole(std::span<DeviceIndex const> functions, Inventory const& inventory)
{
    size_t count = 0;
    for (auto const& device : inventory.devices)
        count += is_same_card(device.address, inventory.devices[functions[0]].address);
    return count == functions.size();
}

} // namespace

std::optional<GuestFormat> guest_format_of(std::string_view name)
{
    for (size_t i = 0; i < std::size(guest_formats); ++i) {
        if (guest_formats[i] == name)
            return static_cast<GuestFormat>(i);
    }
    return {};
}

void write_guest(Sink& sink, GuestFormat format, DeviceIndices const& devices, Inventory const& inventory)
{
    uint32_t number = 0;
    for (size_t start = 0, end = 0; start < devices.size(); start = end, ++number) {
        auto const& first = inventory.devices[devices[start]];
        while (end < devices.size() && is_same_card(first.address, inventory.devices[devices[end]].address))
            ++end;
        std::span const functions(devices.begin() + start, end - start);
        Card const card{functions, number, is_whole(functions, inventory)};
        switch (format) {
        case GuestFormat::Libvirt:
            write_libvirt(sink, card, inventory);
            break;
        case GuestFormat::Qemu:
            write_qemu(sink, card, inventory);
            break;
        case GuestFormat::Proxmox:
            write_proxmox(sink, card, inventory);
            break;
        }
    }
}

} // namespace vfio_early
