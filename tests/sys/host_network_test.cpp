// SPDX-License-Identifier: MIT
#include "sys/host_network.h"

#include "tree.h"
#include "uses_text.h"

#include <memory>

using namespace vfio_early;

static constexpr char const* eno1 = "pci0000:00/0000:00:1f.6/net/eno1";
static constexpr char const* enp2 = "pci0000:00/0000:00:1c.0/0000:02:00.0/net/enp2";

static std::string network(Tree const& tree, bool is_root_elsewhere = false)
{
    auto const uses = std::make_unique<HostUses>();
    uses->is_root_elsewhere = is_root_elsewhere;
    find_host_network(tree.root(), *uses);
    return uses_text(*uses);
}

TEST(finds_the_default_route)
{
    Tree tree;
    tree.add_interface(eno1, "0x1003");
    tree.add_interface(enp2, "0x1002");
    tree.add_interface("virtual/net/lo", "0x9");
    tree.add_route("eno1");
    tree.add_route("enp2", "0000A8C0");
    TEST_ASSERT_EQUAL_STRING(
        "0000:00:1f.6 vital: the default route through eno1\n0000:00:1f.6 now: eno1 is up\n", network(tree));
}

TEST(finds_the_default_route_of_ipv6)
{
    Tree tree;
    tree.add_interface(eno1, "0x1002");
    tree.add_ipv6_default_route("eno1");
    TEST_ASSERT_EQUAL_STRING("0000:00:1f.6 vital: the IPv6 default route through eno1\n", network(tree));
}

TEST(warns_of_one_of_several_default_routes)
{
    Tree tree;
    tree.add_interface(eno1, "0x1002");
    tree.add_interface(enp2, "0x1002");
    tree.add_route("eno1");
    tree.add_route("enp2");
    TEST_ASSERT_EQUAL_STRING("0000:00:1f.6 spare: one of several default routes, through eno1\n"
                             "0000:02:00.0 spare: one of several default routes, through enp2\n",
        network(tree));
}

TEST(does_not_count_a_default_route_of_the_other_family)
{
    Tree tree;
    tree.add_interface(eno1, "0x1002");
    tree.add_interface(enp2, "0x1002");
    tree.add_route("eno1");
    tree.add_ipv6_default_route("enp2");
    TEST_ASSERT_EQUAL_STRING("0000:00:1f.6 vital: the default route through eno1\n"
                             "0000:02:00.0 vital: the IPv6 default route through enp2\n",
        network(tree));
}

TEST(does_not_count_a_default_route_through_the_same_function)
{
    Tree tree;
    tree.add_interface(eno1, "0x1002");
    tree.add_interface("virtual/net/eno1.7", "0x1003");
    tree.add_lower_interface("eno1.7", "eno1", false);
    tree.add_route("eno1");
    tree.add_route("eno1.7");
    TEST_ASSERT_EQUAL_STRING("0000:00:1f.6 vital: the default route through eno1\n"
                             "0000:00:1f.6 vital: the default route through eno1, a part of eno1.7\n",
        network(tree));
}

TEST(counts_a_default_route_through_a_device_that_is_on_no_function)
{
    Tree tree;
    tree.add_interface(eno1, "0x1002");
    tree.add_interface("platform/soc/fe300000.ethernet/net/end0", "0x1003");
    tree.add_route("eno1");
    tree.add_route("end0");
    TEST_ASSERT_EQUAL_STRING(
        "0000:00:1f.6 spare: one of several default routes, through eno1\n", network(tree));
}

TEST(goes_through_a_bridge)
{
    Tree tree;
    tree.add_interface(eno1, "0x1002");
    tree.add_interface("virtual/net/br0", "0x1003");
    tree.add_interface("virtual/net/vnet0", "0x1003");
    tree.add_lower_interface("br0", "eno1");
    tree.add_lower_interface("br0", "vnet0");
    tree.add_route("br0");
    TEST_ASSERT_EQUAL_STRING("0000:00:1f.6 vital: the default route through eno1, a part of br0\n"
                             "0000:00:1f.6 now: eno1 is a part of br0\n",
        network(tree));
}

TEST(goes_through_a_vlan_on_a_bond_of_two)
{
    Tree tree;
    tree.add_interface(eno1, "0x1002");
    tree.add_interface(enp2, "0x1002");
    tree.add_interface("virtual/net/bond0", "0x1403");
    tree.add_interface("virtual/net/bond0.5", "0x1003");
    tree.add_lower_interface("bond0", "eno1");
    tree.add_lower_interface("bond0", "enp2");
    tree.add_lower_interface("bond0.5", "bond0", false);
    tree.write("sys/class/net/bonding_masters", "bond0\n");
    tree.add_route("bond0.5");
    auto const text = network(tree);
    for (auto const* line : {"0000:00:1f.6 vital: the default route through eno1, a part of bond0.5\n",
             "0000:02:00.0 vital: the default route through enp2, a part of bond0.5\n",
             "0000:00:1f.6 now: eno1 is a part of bond0\n", "0000:02:00.0 now: enp2 is a part of bond0\n"})
        TEST_ASSERT_TRUE(text.find(line) != std::string::npos);
    TEST_ASSERT_TRUE(text.find("doubt") == std::string::npos);
}

TEST(goes_through_macvlan_and_team)
{
    for (auto const* name : {"macvlan0", "team0"}) {
        Tree tree;
        tree.add_interface(eno1, "0x1002");
        tree.add_interface(std::string("virtual/net/") + name, "0x1003");
        tree.add_lower_interface(name, "eno1", false);
        tree.add_route(name);
        TEST_ASSERT_EQUAL_STRING(
            std::string("0000:00:1f.6 vital: the default route through eno1, a part of ") + name + "\n",
            network(tree));
    }
}

TEST(finds_usb_and_virtual_functions)
{
    Tree tree;
    tree.add_interface("pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/net/enx0", "0x1003");
    tree.add_interface("pci0000:00/0000:00:1c.0/0000:02:10.1/net/enp2v1", "0x1003");
    tree.link("sys/bus/pci/devices/0000:02:10.1/physfn", "../0000:02:00.0");
    tree.add_route("enp2v1");
    auto const text = network(tree);
    for (auto const* line :
        {"0000:00:14.0 now: enx0 is up\n", "0000:02:10.1 vital: the default route through enp2v1\n",
            "0000:02:00.0 vital: the default route through enp2v1\n", "0000:02:00.0 now: enp2v1 is up\n"})
        TEST_ASSERT_TRUE(text.find(line) != std::string::npos);
}

TEST(takes_every_route_for_vital_where_the_root_is_elsewhere)
{
    Tree tree;
    tree.add_interface(eno1, "0x1002");
    tree.add_interface(enp2, "0x1002");
    tree.add_interface("virtual/net/br0", "0x1003");
    tree.add_lower_interface("br0", "enp2", false);
    tree.add_route("eno1");
    tree.add_route("br0", "0000A8C0");
    TEST_ASSERT_EQUAL_STRING("0000:00:1f.6 vital: the default route through eno1\n"
                             "0000:00:1f.6 vital: a route through eno1, while / is on no PCI function\n"
                             "0000:02:00.0 vital: a route through enp2, while / is on no PCI function\n",
        network(tree, true));
    TEST_ASSERT_EQUAL_STRING("0000:00:1f.6 vital: the default route through eno1\n", network(tree));
}

TEST(takes_every_route_for_vital_where_the_default_route_leads_to_no_device)
{
    // A tunnel: what it goes through cannot be seen.
    Tree tree;
    tree.add_interface(eno1, "0x1002");
    tree.add_interface("virtual/net/wg0", "0x1002");
    tree.add_route("wg0");
    tree.add_route("eno1", "0000A8C0");
    TEST_ASSERT_EQUAL_STRING(
        "0000:00:1f.6 vital: a route through eno1, while wg0 is on no PCI function\n", network(tree));
}

TEST(is_in_doubt_of_a_default_route_that_leads_to_no_device)
{
    Tree tree;
    tree.add_interface(eno1, "0x1002");
    tree.add_interface("virtual/net/ppp0", "0x10d1");
    tree.add_route("ppp0");
    TEST_ASSERT_EQUAL_STRING(
        "doubt: no device is found below ppp0, which has the default route\n", network(tree));
}

TEST(finds_what_a_bridge_with_many_guests_stands_on)
{
    Tree tree;
    tree.add_interface(eno1, "0x1002");
    tree.add_interface("virtual/net/br0", "0x1002");
    for (int i = 0; i < 100; ++i) {
        auto const tap = "vnet" + std::to_string(i);
        tree.add_interface("virtual/net/" + tap, "0x1002");
        tree.add_lower_interface("br0", tap, false);
    }
    tree.add_lower_interface("br0", "eno1", false);
    tree.add_route("br0");
    TEST_ASSERT_EQUAL_STRING(
        "0000:00:1f.6 vital: the default route through eno1, a part of br0\n", network(tree));
}

TEST(comes_to_an_end_on_interfaces_that_stand_on_each_other)
{
    Tree tree;
    tree.add_interface("virtual/net/a", "0x1003");
    tree.add_interface("virtual/net/b", "0x1003");
    tree.add_lower_interface("a", "b", false);
    tree.add_lower_interface("b", "a", false);
    tree.add_route("a");
    TEST_ASSERT_EQUAL_STRING(
        "doubt: no device is found below a, which has the default route\n", network(tree));
}

TEST(is_in_doubt_of_more_interfaces_than_fit)
{
    Tree tree;
    tree.add_interface("virtual/net/br0", "0x1003");
    for (size_t i = 0; i <= max_interfaces; ++i)
        tree.link("sys/class/net/br0/lower_tap" + std::to_string(i), "../tap");
    tree.add_route("br0");
    TEST_ASSERT_EQUAL_STRING(
        "doubt: there are more network interfaces than can be looked at\n", network(tree));
}

TEST(is_in_doubt_of_an_interface_that_cannot_be_read)
{
    Tree tree;
    tree.add_interface(eno1, "0x1003");
    tree.unlink("sys/class/net/eno1/flags");
    tree.make_directory("sys/class/net/eno1/flags");
    TEST_ASSERT_EQUAL_STRING("doubt: whether eno1 is in use cannot be found out\n", network(tree));
    tree.unlink("sys/class/net");
    tree.write("sys/class/net", "");
    TEST_ASSERT_EQUAL_STRING("doubt: /sys/class/net cannot be listed\n", network(tree));
}

TEST(finds_nothing_where_there_is_no_network)
{
    Tree tree;
    TEST_ASSERT_EQUAL_STRING("", network(tree));
}

UNITY_MAIN()
