// SPDX-License-Identifier: MIT
#include "core/route_text.h"

#include "unity.h"

using namespace vfio_early;

static std::string route_text(std::optional<Route> const& route)
{
    return route ? std::string(route->interface) + (route->is_default ? " default" : "") : "none";
}

TEST(reads_routes)
{
    TEST_ASSERT_EQUAL_STRING("eno1 default",
        route_text(parse_route("eno1\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0   ")));
    TEST_ASSERT_EQUAL_STRING(
        "eno1", route_text(parse_route("eno1\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0")));
    // 0.0.0.0/1, one of two halves that stand beside a default route.
    TEST_ASSERT_EQUAL_STRING(
        "tun0", route_text(parse_route("tun0\t00000000\t010200C0\t0003\t0\t0\t0\t00000080\t0\t0\t0")));
}

TEST(takes_no_other_line_for_a_route)
{
    TEST_ASSERT_EQUAL_STRING("none",
        route_text(parse_route("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU")));
    TEST_ASSERT_EQUAL_STRING(
        "none", route_text(parse_route("*\t00000000\t00000000\t0201\t0\t0\t0\t00000000")));
    TEST_ASSERT_EQUAL_STRING(
        "none", route_text(parse_route("eno1\t00000000\t00000000\t0000\t0\t0\t0\t00000000")));
    TEST_ASSERT_EQUAL_STRING("none", route_text(parse_route("eno1\t00000000")));
    TEST_ASSERT_EQUAL_STRING("none", route_text(parse_route("")));
}

TEST(reads_ipv6_routes)
{
    TEST_ASSERT_EQUAL_STRING("eno1 default",
        route_text(parse_ipv6_route(
            "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
            "fd000000000000000000000000000001 00000400 00000002 00000000 00000003     eno1")));
    TEST_ASSERT_EQUAL_STRING("eno1",
        route_text(parse_ipv6_route(
            "fd000000000000000000000000000000 40 00000000000000000000000000000000 00 "
            "00000000000000000000000000000000 00000100 00000001 00000000 00000001     eno1")));
}

TEST(takes_no_other_line_for_an_ipv6_route)
{
    // What the kernel has where there is no default route.
    TEST_ASSERT_EQUAL_STRING("none",
        route_text(parse_ipv6_route(
            "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
            "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo")));
    TEST_ASSERT_EQUAL_STRING("none",
        route_text(parse_ipv6_route(
            "00000000000000000000000000000001 80 00000000000000000000000000000000 00 "
            "00000000000000000000000000000000 00000000 00000002 00000000 80200001       lo")));
    TEST_ASSERT_EQUAL_STRING("none",
        route_text(parse_ipv6_route(
            "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
            "00000000000000000000000000000000 00000400 00000001 00000000 00000201     eno1")));
    TEST_ASSERT_EQUAL_STRING("none", route_text(parse_ipv6_route("")));
}

TEST(knows_an_interface_that_is_up)
{
    TEST_ASSERT_TRUE(is_up("0x1003\n"));
    TEST_ASSERT_FALSE(is_up("0x1002\n"));
    TEST_ASSERT_FALSE(is_up(""));
    TEST_ASSERT_FALSE(is_up("up"));
}

UNITY_MAIN()
