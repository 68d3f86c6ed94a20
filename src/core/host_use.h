// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.h"
#include "base/fixed_string.h"
#include "base/fixed_vector.h"
#include "core/limits.h"

namespace vfio_early {

// For people: '/ on nvme0n1p2', 'the default route through eno1'.
using UseText = FixedString<max_use_bytes>;

// A format with its parts as such a text; see print().
UseText use_text_passed(char const* format, ...);

template <typename... Parts>
[[gnu::always_inline]] inline UseText use_text(FormatFor<Parts...> format, Parts const&... parts)
{
    return use_text_passed(format.text(), pass(parts)...);
}

// How much depends on a use.
struct Weight {
    bool is_vital = false; // the next boot needs it
    bool is_now = false; // the running system has it open
    bool is_spare = false; // the next boot needs one of several such

    bool operator==(Weight const&) const = default;
};

constexpr Weight vital = {.is_vital = true};
constexpr Weight open_now = {.is_now = true};
constexpr Weight vital_and_open = {.is_vital = true, .is_now = true};
constexpr Weight spare = {.is_spare = true};

// What kind of thing uses a function, or is on it.
enum class UseKind : uint8_t {
    Other, // of which there is no short word
    Disk,
    Interface,
    Keyboard,
    Input, // of another kind
    DefaultRoute,
    Guest,
};

// As lists have it: 'in-use', 'disk', 'interface', 'keyboard', 'input', 'default-route', 'guest'.
std::string_view name_of(UseKind);

// Something of the running system that depends on a PCI function.
struct HostUse {
    Address device;
    Weight weight;
    UseText what;
    UseKind kind = UseKind::Other;
};

// What the host uses PCI functions for, as far as it could be found out.
struct HostUses {
    FixedVector<HostUse, max_host_uses> uses;
    // / leads to no PCI function: it is on the network, in memory, or put together of what the kernel does
    // not show.
    bool is_root_elsewhere = false;
    // Something could not be read, or did not fit: there may be uses that are not here.
    bool is_incomplete = false;
    UseText doubt; // the first reason why it is not complete

    // Adds a use. One that is there with the same words gets the weight of both. Beyond max_uses_alike of one
    // function and weight it is left out, as it would decide nothing.
    void add(HostUse const&);

    // Notes that it is not complete, and why.
    template <typename... Parts>
    [[gnu::always_inline]] void add_doubt(FormatFor<Parts...> format, Parts const&... parts)
    {
        add_doubt_passed(format.text(), pass(parts)...);
    }

    void add_doubt_passed(char const* format, ...);
};

} // namespace vfio_early
