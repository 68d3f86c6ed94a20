// SPDX-License-Identifier: MIT
#include "core/guest.h"

#include "machine.h"

using namespace vfio_early;

static std::string written_for(char const* guest, std::vector<size_t> const& devices, Machine const& machine)
{
    DeviceIndices given;
    for (auto const device : devices)
        given.append(static_cast<DeviceIndex>(device));
    return written_by([&](Sink& sink) {
        write_guest(sink, guest_format_of(guest).value(), given, machine.session.inventory);
    });
}

static void add_devices(Machine& machine)
{
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8).is_express = true;
    machine.add("0000:01:00.1", "10de:1aeb", 0x040300, 8).is_express = true;
    machine.add("0000:01:00.2", "10de:1aec", 0x0c0330, 8).is_express = true;
    machine.add("0000:05:01.0", "13f6:8788", 0x040100, 9);
}

TEST(knows_the_guests_by_name)
{
    TEST_ASSERT_TRUE(guest_format_of("proxmox") == GuestFormat::Proxmox);
    TEST_ASSERT_FALSE(guest_format_of("xen").has_value());
}

TEST(libvirt_gets_one_card_with_all_its_functions)
{
    Machine machine;
    add_devices(machine);
    TEST_ASSERT_EQUAL_STRING(
        "<!-- take another index and bus if the guest has this one -->\n"
        "<controller type='pci' index='16' model='pcie-root-port'/>\n"
        "<hostdev mode='subsystem' type='pci' managed='no'>\n"
        "  <source>\n"
        "    <address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>\n"
        "  </source>\n"
        "  <address type='pci' domain='0x0000' bus='0x10' slot='0x00' function='0x0' multifunction='on'/>\n"
        "</hostdev>\n"
        "<hostdev mode='subsystem' type='pci' managed='no'>\n"
        "  <source>\n"
        "    <address domain='0x0000' bus='0x01' slot='0x00' function='0x1'/>\n"
        "  </source>\n"
        "  <address type='pci' domain='0x0000' bus='0x10' slot='0x00' function='0x1'/>\n"
        "</hostdev>\n",
        written_for("libvirt", {0, 1}, machine));
}

TEST(libvirt_places_a_single_function_itself)
{
    Machine machine;
    add_devices(machine);
    TEST_ASSERT_EQUAL_STRING("<hostdev mode='subsystem' type='pci' managed='no'>\n"
                             "  <source>\n"
                             "    <address domain='0x0000' bus='0x05' slot='0x01' function='0x0'/>\n"
                             "  </source>\n"
                             "</hostdev>\n",
        written_for("libvirt", {3}, machine));
}

TEST(qemu_gets_each_card_behind_a_port_of_its_own)
{
    Machine machine;
    add_devices(machine);
    TEST_ASSERT_EQUAL_STRING("# take another id and chassis if the guest has these\n"
                             "-device pcie-root-port,id=vfio0,chassis=16\n"
                             "-device vfio-pci,host=0000:01:00.0,bus=vfio0,addr=00.0,multifunction=on\n"
                             "-device vfio-pci,host=0000:01:00.1,bus=vfio0,addr=00.1\n"
                             "-device pcie-root-port,id=vfio1,chassis=17\n"
                             "-device vfio-pci,host=0000:05:01.0,bus=vfio1,addr=00.0\n",
        written_for("qemu", {0, 1, 3}, machine));
}

// A guest that finds no function 0 looks at no other.
TEST(a_card_without_its_first_function_has_one_in_the_guest)
{
    Machine machine;
    add_devices(machine);
    TEST_ASSERT_EQUAL_STRING("# take another id and chassis if the guest has these\n"
                             "-device pcie-root-port,id=vfio0,chassis=16\n"
                             "-device vfio-pci,host=0000:01:00.1,bus=vfio0,addr=00.0,multifunction=on\n"
                             "-device vfio-pci,host=0000:01:00.2,bus=vfio0,addr=00.2\n",
        written_for("qemu", {1, 2}, machine));
}

TEST(proxmox_gets_whole_cards_by_their_address_without_a_function)
{
    Machine machine;
    add_devices(machine);
    TEST_ASSERT_EQUAL_STRING("# take another number if the guest has this one\nhostpci0: "
                             "0000:01:00,pcie=1\nhostpci1: 0000:05:01\n",
        written_for("proxmox", {0, 1, 2, 3}, machine));
    TEST_ASSERT_EQUAL_STRING("# take another number if the guest has this one\nhostpci0: "
                             "0000:01:00.0;0000:01:00.2,pcie=1\n",
        written_for("proxmox", {0, 2}, machine));
}

UNITY_MAIN()
