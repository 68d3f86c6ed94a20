// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

namespace vfio_early {

// A line of /proc/net/route or /proc/net/ipv6_route that leads somewhere.
struct Route {
    std::string_view interface;
    bool is_default = false;
};

// fib_route_seq_show() in net/ipv4/fib_trie.c. Nothing for the heading, and for a route that refuses.
std::optional<Route> parse_route(std::string_view line);

// ipv6_route_native_seq_show() in net/ipv6/ip6_fib.c. Nothing for routes that refuse or that are of the
// loopback device: the kernel has a default route there that means 'unreachable'.
std::optional<Route> parse_ipv6_route(std::string_view line);

// True when a network device is up, by its `flags` in sysfs.
bool is_up(std::string_view flags);

} // namespace vfio_early
