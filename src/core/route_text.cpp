// SPDX-License-Identifier: MIT
#include "core/route_text.h"

#include "base/text.h"

#include <cstdint>

namespace vfio_early {

namespace {

// include/uapi/linux/route.h
constexpr uint32_t route_is_usable = 0x0001; // RTF_UP
constexpr uint32_t route_refuses = 0x0200; // RTF_REJECT
// include/uapi/linux/if.h
constexpr uint32_t interface_is_up = 0x1; // IFF_UP

bool leads_somewhere(std::optional<uint32_t> flags)
{
    return flags && (*flags & route_is_usable) && !(*flags & route_refuses);
}

bool is_zero(std::string_view digits)
{
    return !digits.empty() && digits.find_first_not_of('0') == std::string_view::npos;
}

void skip_words(std::string_view& line, int count)
{
    for (int i = 0; i < count; ++i)
        take_word(line);
}

} // namespace

std::optional<Route> parse_route(std::string_view line)
{
    auto const interface = take_word(line);
    auto const destination = take_word(line);
    take_word(line); // gateway
    auto const flags = parse_hex(take_word(line), 4);
    skip_words(line, 3); // references, uses, metric
    auto const mask = take_word(line);
    if (!leads_somewhere(flags) || mask.empty())
        return {};
    return Route{interface, is_zero(destination) && is_zero(mask)};
}

std::optional<Route> parse_ipv6_route(std::string_view line)
{
    auto const destination = take_word(line);
    auto const prefix_length = take_word(line);
    skip_words(line, 6); // source and its prefix length, next hop, metric, references, uses
    auto const flags = parse_hex(take_word(line), 8);
    auto const interface = take_word(line);
    if (!leads_somewhere(flags) || interface.empty() || interface == "lo")
        return {};
    return Route{interface, is_zero(destination) && is_zero(prefix_length)};
}

bool is_up(std::string_view flags)
{
    auto text = trimmed(flags);
    if (text.starts_with("0x"))
        text.remove_prefix(2);
    auto const bits = parse_hex(text, 8);
    return bits && (*bits & interface_is_up);
}

} // namespace vfio_early
