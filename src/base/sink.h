// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.h"
#include "base/device_id.h"

#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace vfio_early {

// Where text goes: the caller hands one in, so that what a person sees is exactly what a test compares.
class Sink {
public:
    // Appends to `target`, which must outlive the sink.
    template <typename Target>
    requires(!std::is_same_v<Target, Sink>) explicit Sink(Target& target)
        : m_target(&target)
        , m_append([](void* target, std::string_view text) { static_cast<Target*>(target)->append(text); })
    {
    }

    void write(std::string_view text) { m_append(m_target, text); }

private:
    void* m_target;
    void (*m_append)(void* target, std::string_view text);
};

// A text as C's variable arguments take it.
struct PassedText {
    char const* start;
    size_t size;
};

// What a part of print() is handed on as, and so which letters can stand for it. A number has 32 bits.
constexpr PassedText pass(std::string_view text)
{
    return {text.data(), text.size()};
}
constexpr char const* pass(char const* text)
{
    return text;
}
template <typename T>
requires std::is_unsigned_v<T>
constexpr uint32_t pass(T number)
{
    return static_cast<uint32_t>(number);
}
constexpr int pass(int error_number)
{
    return error_number;
}
constexpr Address const* pass(Address const& address)
{
    return &address;
}
constexpr DeviceId const* pass(DeviceId const& id)
{
    return &id;
}

template <typename Passed> inline constexpr std::string_view letters_of;
template <> inline constexpr std::string_view letters_of<PassedText> = "sqenjo";
template <> inline constexpr std::string_view letters_of<char const*> = "c";
template <> inline constexpr std::string_view letters_of<uint32_t> = "ux";
template <> inline constexpr std::string_view letters_of<int> = "m";
template <> inline constexpr std::string_view letters_of<Address const*> = "ab";
template <> inline constexpr std::string_view letters_of<DeviceId const*> = "i";

// A text with a place for each part, which the compiler holds against the parts:
//   %s   a text
//   %e   foreign text, with bytes that are not printable ASCII as \xNN
//   %q   the same in single quotes, cut after max_quoted_bytes
//   %n   a name that someone else chose: as it is where it is made of letters, digits and a few marks, in
//        quotes where it is anything else
//   %j   a text as a JSON string with its quotes (RFC 8259, section 7); bytes that are not ASCII as \u00NN
//   %o   the same, or null where it is empty
//   %c   a C string
//   %u   a number
//   %4x  a number in lower-case hexadecimal, with leading zeros up to so many digits, 1 to 8; %x is %1x
//   %m   an errno, in words
//   %a   an Address
//   %b   an Address as people say it: without the domain where that is 0
//   %i   a DeviceId
//   %%   a percent sign
template <typename... Passed> class Format {
public:
    consteval Format(char const* text) // NOLINT(google-explicit-constructor): a literal is what is written
        : m_text(text)
    {
        (expect(text, letters_of<Passed>), ...);
        expect_end(text);
    }

    char const* text() const { return m_text; }

private:
    static void a_part_has_no_place_of_its_kind() { } // not constexpr: a call does not compile
    static void a_place_has_no_part() { }

    static constexpr char const* next(char const* text)
    {
        while (*text != '\0' && !(*text == '%' && *++text != '%'))
            ++text;
        return text;
    }

    static consteval void expect(char const*& text, std::string_view letters)
    {
        text = next(text);
        bool const has_digits = *text >= '1' && *text <= '8';
        if (has_digits)
            ++text;
        if (letters.find(*text) == std::string_view::npos || (has_digits && *text != 'x'))
            a_part_has_no_place_of_its_kind();
        else
            ++text;
    }

    static consteval void expect_end(char const* text)
    {
        if (*next(text) != '\0')
            a_place_has_no_part();
    }

    char const* m_text;
};

// The format that these parts need.
template <typename... Parts>
using FormatFor = Format<std::type_identity_t<decltype(pass(std::declval<Parts const&>()))>...>;

// Writes a format with what pass() made of its parts. C's variable arguments, as a literal between two parts
// then costs its bytes and no call.
void print_passed(Sink&, char const* format, ...);
void print_arguments(Sink&, char const* format, va_list arguments);

template <typename... Parts>
[[gnu::always_inline]] inline void print(Sink& sink, FormatFor<Parts...> format, Parts const&... parts)
{
    print_passed(sink, format.text(), pass(parts)...);
}

} // namespace vfio_early
