// SPDX-License-Identifier: MIT
#include "base/text.h"

#include "base/limits.h"

#include <algorithm>

namespace vfio_early {

namespace {

std::optional<uint32_t> hex_digit_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    auto const lower = static_cast<char>(digit | 0x20);
    if (lower >= 'a' && lower <= 'f')
        return lower - 'a' + 10;
    return {};
}

// Edits that turn one word into the other, a swap of neighbours counting once ("optimal string alignment").
size_t edit_distance(std::string_view left, std::string_view right)
{
    size_t rows[3][max_compared_bytes + 1] = {};
    size_t* before_last = rows[0];
    size_t* last = rows[1];
    size_t* current = rows[2];
    for (size_t j = 0; j <= right.size(); ++j)
        last[j] = j;
    for (size_t i = 1; i <= left.size(); ++i) {
        current[0] = i;
        for (size_t j = 1; j <= right.size(); ++j) {
            bool const same = left[i - 1] == right[j - 1];
            current[j] = std::min({last[j] + 1, current[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
            if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                current[j] = std::min(current[j], before_last[j - 2] + 1);
        }
        std::swap(before_last, last);
        std::swap(last, current);
    }
    return last[right.size()];
}

} // namespace

bool operator==(std::string_view left, char const* right)
{
    for (char const byte : left) {
        if (*right == '\0' || byte != *right++)
            return false;
    }
    return *right == '\0';
}

bool is_letter_or_digit(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
}

bool is_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

bool is_same_name(std::string_view left, std::string_view right)
{
    auto const folded = [](char byte) { return byte == '-' ? '_' : byte; };
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
        [&](char left_byte, char right_byte) { return folded(left_byte) == folded(right_byte); });
}

std::string_view slice(std::string_view text, size_t start, size_t count)
{
    start = std::min(start, text.size());
    return {text.data() + start, std::min(count, text.size() - start)};
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    return text;
}

std::string_view take_word(std::string_view& rest)
{
    while (!rest.empty() && is_space(rest.front()))
        rest.remove_prefix(1);
    size_t length = 0;
    while (length < rest.size() && !is_space(rest[length]))
        ++length;
    auto const word = slice(rest, 0, length);
    rest.remove_prefix(length);
    return word;
}

std::string_view take_until(std::string_view& rest, char separator)
{
    size_t end = 0; // most parts are shorter than a call of memchr() pays for
    while (end < rest.size() && rest[end] != separator)
        ++end;
    auto const part = slice(rest, 0, end);
    rest = slice(rest, end + 1);
    return part;
}

std::optional<uint32_t> parse_hex(std::string_view text, size_t max_digits)
{
    if (text.empty() || text.size() > max_digits)
        return {};
    uint32_t value = 0;
    for (char const byte : text) {
        auto const digit = hex_digit_value(byte);
        if (!digit)
            return {};
        value = value << 4 | *digit;
    }
    return value;
}

std::optional<uint32_t> parse_decimal(std::string_view text)
{
    if (text.empty())
        return {};
    uint64_t value = 0;
    for (char const byte : text) {
        if (byte < '0' || byte > '9')
            return {};
        value = value * 10 + static_cast<uint64_t>(byte - '0');
        if (value > UINT32_MAX)
            return {};
    }
    return static_cast<uint32_t>(value);
}

FoundText nearest(std::string_view word, std::span<std::string_view const> candidates)
{
    if (word.size() > max_compared_bytes)
        return {};
    FoundText best;
    size_t best_distance = 3;
    for (auto const candidate : candidates) {
        if (candidate.size() > max_compared_bytes)
            continue;
        auto const distance = edit_distance(word, candidate);
        if (distance < best_distance && distance * 2 < std::max(word.size(), candidate.size())) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

} // namespace vfio_early
