// SPDX-License-Identifier: MIT
#pragma once

#include "base/limits.h"

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

// A number in lower-case hexadecimal with leading zeros up to `digits`.
struct Hex {
    uint32_t value;
    unsigned digits;
};

// Foreign text with bytes that are not printable ASCII as \xNN.
struct Escaped {
    std::string_view text;
};

// The same in single quotes, cut after max_quoted_bytes.
struct Quoted {
    std::string_view text;
};

// A name that someone else chose: as it is where it is made of letters, digits and a few marks, in quotes
// where it is anything else.
struct ForeignName {
    std::string_view text;
};

// Text as a JSON string with its quotes (RFC 8259, section 7); bytes that are not ASCII as \u00NN.
struct JsonString {
    std::string_view text;
};

void put(Sink&, std::string_view);
void put(Sink&, char const* text);
void put(Sink&, uint32_t);
void put(Sink&, Hex);
void put(Sink&, Escaped);
void put(Sink&, Quoted);
void put(Sink&, ForeignName);
void put(Sink&, JsonString);

// Writes the parts one after the other. Inlined, as a function for each combination of types is larger than
// the calls of put().
template <typename... Parts> [[gnu::always_inline]] inline void put_all(Sink& sink, Parts const&... parts)
{
    (put(sink, parts), ...);
}

// What stands for `%o` in a format: anything for which there is a put(Sink&, ...).
struct Object {
    void const* object;
    void (*put)(Sink&, void const* object);
};

// A text as C's variable arguments take it.
struct PassedText {
    char const* start;
    size_t size;
};

// What a part of print() is handed on as, and so which letters can stand for it.
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
constexpr Hex pass(Hex number)
{
    return number;
}
template <typename T>
requires(!std::is_unsigned_v<T>) Object pass(T const& object)
{
    return {&object, [](Sink& sink, void const* object) { put(sink, *static_cast<T const*>(object)); }};
}

template <typename T> constexpr std::string_view letters_of = "o";
template <> constexpr std::string_view letters_of<PassedText> = "sqenj";
template <> constexpr std::string_view letters_of<char const*> = "c";
template <> constexpr std::string_view letters_of<uint32_t> = "u";
template <> constexpr std::string_view letters_of<Hex> = "x";

// A text with a place for each part, which the compiler holds against the parts:
//   %s text        %e escaped       %q quoted       %n a name that someone else chose       %j a JSON string
//   %c a C string  %u a number      %x Hex          %o anything else that has a put()       %% a percent sign
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
        if (letters.find(*text) == std::string_view::npos)
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
void print_passed(Sink&, char const* format, ...); // NOLINT(cert-dcl50-cpp)
void print_arguments(Sink&, char const* format, va_list arguments);

template <typename... Parts>
[[gnu::always_inline]] inline void print(
    Sink& sink, std::type_identity_t<FormatFor<Parts...>> format, Parts const&... parts)
{
    print_passed(sink, format.text(), pass(parts)...);
}

} // namespace vfio_early
