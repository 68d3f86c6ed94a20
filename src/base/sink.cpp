// SPDX-License-Identifier: MIT
#include "base/sink.h"

#include "base/error_words.h"
#include "base/limits.h"
#include "base/text.h"

#include <string.h>

namespace vfio_early {

namespace {

bool is_printable(char byte)
{
    return byte >= 0x20 && byte < 0x7f;
}

void put_byte(Sink& sink, char byte)
{
    sink.write({&byte, 1});
}

bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

bool is_harmless(char byte)
{
    return is_letter_or_digit(byte) || std::string_view("/._-+:@=").find(byte) != std::string_view::npos;
}

bool is_harmless(std::string_view text)
{
    for (char const byte : text) {
        if (!is_harmless(byte))
            return false;
    }
    return !text.empty() && text.size() <= max_quoted_bytes;
}

// A text that is made from its end, of numbers and single bytes: one piece of it all for the sink.
class Backwards {
public:
    // With leading zeros up to `wanted` digits.
    void number(uint32_t value, uint32_t base, size_t wanted)
    {
        auto const* const enough = m_start - wanted;
        while (value != 0 || m_start > enough) {
            byte("0123456789abcdef"[value % base]);
            value /= base;
        }
    }

    void byte(char byte) { *--m_start = byte; }

    void put(Sink& sink) const
    {
        sink.write({m_start, static_cast<size_t>(m_bytes + sizeof(m_bytes) - m_start)});
    }

private:
    char m_bytes[20]; // an address with a domain of 32 bits has 16
    char* m_start = m_bytes + sizeof(m_bytes);
};

void put_number(Sink& sink, uint32_t value, uint32_t base, size_t wanted)
{
    Backwards text;
    text.number(value, base, wanted);
    text.put(sink);
}

void put_address(Sink& sink, Address const& address, bool has_domain)
{
    Backwards text;
    text.number(address.function, 16, 1);
    text.byte('.');
    text.number(address.device, 16, 2);
    text.byte(':');
    text.number(address.bus, 16, 2);
    if (has_domain) {
        text.byte(':');
        text.number(address.domain, 16, 4);
    }
    text.put(sink);
}

void put_id(Sink& sink, DeviceId const& id)
{
    Backwards text;
    text.number(id.device, 16, 4);
    text.byte(':');
    text.number(id.vendor, 16, 4);
    text.put(sink);
}

// What is not printable ASCII as \xNN; for JSON as \u00NN, and with a backslash before what has a meaning
// there.
void put_escaped(Sink& sink, std::string_view text, bool is_json = false)
{
    size_t start = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        bool const has_meaning = is_json && (text[i] == '"' || text[i] == '\\');
        if (is_printable(text[i]) && !has_meaning)
            continue;
        sink.write(slice(text, start, i - start));
        start = has_meaning ? i : i + 1;
        sink.write(has_meaning ? "\\" : is_json ? "\\u00" : "\\x");
        if (!has_meaning)
            put_number(sink, static_cast<uint8_t>(text[i]), 16, 2);
    }
    sink.write(slice(text, start));
}

void put_quoted(Sink& sink, std::string_view text)
{
    constexpr size_t escaped_bytes = 4; // \xNN
    size_t room = max_quoted_bytes;
    size_t count = 0;
    for (char const byte : text) {
        auto const needed = is_printable(byte) ? 1 : escaped_bytes;
        if (needed > room)
            break;
        room -= needed;
        ++count;
    }
    put_byte(sink, '\'');
    put_escaped(sink, slice(text, 0, count));
    sink.write(count < text.size() ? "...'" : "'");
}

void put_json_string(Sink& sink, std::string_view text)
{
    put_byte(sink, '"');
    put_escaped(sink, text, true);
    put_byte(sink, '"');
}

// A text as the letter of its place says.
void put_text(Sink& sink, char letter, std::string_view text)
{
    switch (letter) {
    case 'e':
        return put_escaped(sink, text);
    case 'o':
        if (text.empty())
            return sink.write("null");
        [[fallthrough]];
    case 'j':
        return put_json_string(sink, text);
    case 'n':
        if (is_harmless(text))
            break;
        [[fallthrough]];
    case 'q':
        return put_quoted(sink, text);
    default:
        break;
    }
    sink.write(text);
}

} // namespace

void print_arguments(Sink& sink, char const* format, va_list arguments)
{
    for (;;) {
        char const* const start = format;
        format = strchrnul(format, '%');
        if (format != start)
            sink.write({start, static_cast<size_t>(format - start)});
        if (*format++ == '\0')
            return;
        size_t digits = 1;
        if (is_digit(*format))
            digits = static_cast<size_t>(*format++ - '0');
        char const letter = *format++;
        switch (letter) {
        case 'c':
            sink.write(va_arg(arguments, char const*));
            break;
        case 'u':
        case 'x':
            put_number(sink, va_arg(arguments, uint32_t), letter == 'u' ? 10 : 16, digits);
            break;
        case 'm':
            put_error(sink, va_arg(arguments, int));
            break;
        case 'a':
        case 'b': {
            auto const& address = *va_arg(arguments, Address const*);
            put_address(sink, address, letter == 'a' || address.domain != 0);
            break;
        }
        case 'i':
            put_id(sink, *va_arg(arguments, DeviceId const*));
            break;
        case '%':
            put_byte(sink, '%');
            break;
        default: {
            auto const text = va_arg(arguments, PassedText);
            put_text(sink, letter, {text.start, text.size});
        }
        }
    }
}

void print_passed(Sink& sink, char const* format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_arguments(sink, format, arguments);
    va_end(arguments);
}

} // namespace vfio_early
