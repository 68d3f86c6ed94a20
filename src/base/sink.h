#pragma once

#include <cstdint>
#include <string_view>

namespace vfio_early {

// Where text goes: the caller hands one in, so that what a person sees is exactly what a test compares.
class Sink {
public:
    using Write = void (*)(void* context, std::string_view text);

    Sink(Write write, void* context) : m_write(write), m_context(context) { }

    void write(std::string_view text) { m_write(m_context, text); }

private:
    Write m_write;
    void* m_context;
};

// A number in lower-case hexadecimal with leading zeros up to `digits`.
struct Hex {
    uint32_t value;
    unsigned digits;
};

// Foreign text in single quotes: bytes that are not printable ASCII as \xNN, cut after 80 bytes.
struct Quoted {
    std::string_view text;
};

// Text as a JSON string with its quotes (RFC 8259, section 7); bytes that are not ASCII as \u00NN.
struct JsonString {
    std::string_view text;
};

void put(Sink&, std::string_view);
void put(Sink&, uint32_t);
void put(Sink&, Hex);
void put(Sink&, Quoted);
void put(Sink&, JsonString);

// Writes the parts one after the other. A type is printable when a put(Sink&, …) exists for it.
template <typename... Parts> void print(Sink& sink, Parts const&... parts)
{
    (put(sink, parts), ...);
}

} // namespace vfio_early
