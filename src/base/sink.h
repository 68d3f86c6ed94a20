// SPDX-License-Identifier: MIT
#pragma once

#include "base/limits.h"

#include <cstdint>
#include <string_view>
#include <type_traits>

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

// Writes the parts one after the other. A type is printable when a put(Sink&, …) exists for it. Inlined, as a
// function for each combination of types is larger than the calls of put().
template <typename... Parts> [[gnu::always_inline]] inline void print(Sink& sink, Parts const&... parts)
{
    (put(sink, parts), ...);
}

} // namespace vfio_early
