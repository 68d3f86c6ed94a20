// SPDX-License-Identifier: MIT
#include "base/sink.h"

#include "base/error_words.h"
#include "base/limits.h"
#include "base/text.h"

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

// With leading zeros up to `wanted` digits.
void put_number(Sink& sink, uint32_t value, uint32_t base, size_t wanted)
{
    char digits[10];
    size_t start = sizeof(digits);
    while (value != 0 || start > sizeof(digits) - wanted) {
        digits[--start] = "0123456789abcdef"[value % base];
        value /= base;
    }
    sink.write({digits + start, sizeof(digits) - start});
}

void put_escaped(Sink& sink, std::string_view text)
{
    for (char const byte : text) {
        if (is_printable(byte))
            put_byte(sink, byte);
        else
            print(sink, "\\x%2x", static_cast<uint8_t>(byte));
    }
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
    print(sink, "'%e%c'", slice(text, 0, count), count < text.size() ? "..." : "");
}

void put_json_string(Sink& sink, std::string_view text)
{
    put_byte(sink, '"');
    for (char const byte : text) {
        if (is_printable(byte)) {
            if (byte == '"' || byte == '\\')
                put_byte(sink, '\\');
            put_byte(sink, byte);
        } else {
            print(sink, "\\u%4x", static_cast<uint8_t>(byte));
        }
    }
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
        while (*format != '\0' && *format != '%')
            ++format;
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
            if (letter == 'a' || address.domain != 0)
                print(sink, "%4x:", address.domain);
            print(sink, "%2x:%2x.%x", address.bus, address.device, address.function);
            break;
        }
        case 'i': {
            auto const id = va_arg(arguments, DeviceId);
            print(sink, "%4x:%4x", id.vendor, id.device);
            break;
        }
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
