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
            print(sink, "\\x", Hex{static_cast<uint8_t>(byte), 2});
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
    print(sink, "'", Escaped{slice(quoted.text, 0, count)}, count < quoted.text.size() ? "..." : "", "'");
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
            print(sink, "\\u", Hex{static_cast<uint8_t>(byte), 4});
        }
    }
    put_byte(sink, '"');
}

void put(Sink& sink, ForeignName name)
{
    if (is_harmless(name.text))
        print(sink, name.text);
    else
        print(sink, Quoted{name.text});
}

} // namespace vfio_early
