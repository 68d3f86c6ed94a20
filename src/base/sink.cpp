// SPDX-License-Identifier: MIT
#include "base/sink.h"

#include "base/text.h"

namespace vfio_early {

namespace {

constexpr char hex_digits[] = "0123456789abcdef";

bool is_printable(char byte)
{
    return byte >= 0x20 && byte < 0x7f;
}

void put_byte(Sink& sink, char byte)
{
    sink.write({&byte, 1});
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

// A text as the letter of its place says.
void put_text(Sink& sink, char letter, std::string_view text)
{
    switch (letter) {
    case 'q':
        put(sink, Quoted{text});
        break;
    case 'e':
        put(sink, Escaped{text});
        break;
    case 'n':
        put(sink, ForeignName{text});
        break;
    case 'j':
        put(sink, JsonString{text});
        break;
    default:
        sink.write(text);
    }
}

} // namespace

void put(Sink& sink, std::string_view text)
{
    sink.write(text);
}

void put(Sink& sink, char const* text)
{
    sink.write(text);
}

void put(Sink& sink, uint32_t value)
{
    char digits[10];
    size_t start = sizeof(digits);
    do {
        digits[--start] = static_cast<char>('0' + value % 10);
        value /= 10;
    } while (value != 0);
    sink.write({digits + start, sizeof(digits) - start});
}

void put(Sink& sink, Hex number)
{
    char digits[8];
    size_t start = sizeof(digits);
    size_t const first_wanted = number.digits < sizeof(digits) ? sizeof(digits) - number.digits : 0;
    while (start > first_wanted || (number.value != 0 && start > 0)) {
        digits[--start] = hex_digits[number.value & 0xf];
        number.value >>= 4;
    }
    sink.write({digits + start, sizeof(digits) - start});
}

void put(Sink& sink, Escaped escaped)
{
    for (char const byte : escaped.text) {
        if (is_printable(byte))
            put_byte(sink, byte);
        else
            put_all(sink, "\\x", Hex{static_cast<uint8_t>(byte), 2});
    }
}

void put(Sink& sink, Quoted quoted)
{
    constexpr size_t escaped_bytes = 4; // \xNN
    size_t room = max_quoted_bytes;
    size_t count = 0;
    for (char const byte : quoted.text) {
        auto const needed = is_printable(byte) ? 1 : escaped_bytes;
        if (needed > room)
            break;
        room -= needed;
        ++count;
    }
    put_all(sink, "'", Escaped{slice(quoted.text, 0, count)}, count < quoted.text.size() ? "..." : "", "'");
}

void put(Sink& sink, JsonString string)
{
    put_byte(sink, '"');
    for (char const byte : string.text) {
        if (byte == '"' || byte == '\\') {
            put_byte(sink, '\\');
            put_byte(sink, byte);
        } else if (is_printable(byte)) {
            put_byte(sink, byte);
        } else {
            put_all(sink, "\\u", Hex{static_cast<uint8_t>(byte), 4});
        }
    }
    put_byte(sink, '"');
}

void put(Sink& sink, ForeignName name)
{
    if (is_harmless(name.text))
        put_all(sink, name.text);
    else
        put_all(sink, Quoted{name.text});
}

void print_arguments(Sink& sink, char const* format, va_list arguments)
{
    for (;;) {
        char const* const start = format;
        while (*format != '\0' && *format != '%')
            ++format;
        sink.write({start, static_cast<size_t>(format - start)});
        if (*format == '\0')
            return;
        char const letter = format[1];
        format += 2;
        switch (letter) {
        case 'c':
            sink.write(va_arg(arguments, char const*));
            break;
        case 'u':
            put(sink, va_arg(arguments, uint32_t));
            break;
        case 'x':
            put(sink, va_arg(arguments, Hex));
            break;
        case 'o': {
            auto const object = va_arg(arguments, Object);
            object.put(sink, object.object);
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

void print_passed(Sink& sink, char const* format, ...) // NOLINT(cert-dcl50-cpp)
{
    va_list arguments;
    va_start(arguments, format);
    print_arguments(sink, format, arguments);
    va_end(arguments);
}

} // namespace vfio_early
