// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace vfio_early {

// A text that is not empty, or nothing. It is handed back in two registers, which an optional is not.
class FoundText {
public:
    FoundText() = default;
    FoundText(std::string_view text) : m_text(text) { }

    explicit operator bool() const { return !m_text.empty(); }
    std::string_view operator*() const { return m_text; }
    std::string_view const* operator->() const { return &m_text; }

private:
    std::string_view m_text;
};

// As the library's, with less to hand over where a text is compared with a literal.
bool operator==(std::string_view, char const*);

bool is_space(char);

// Of ASCII, whatever the locale.
bool is_letter_or_digit(char);

// True for names of modules and parameters that are one to the kernel, where '-' and '_' are the same
// (parameqn() in kernel/params.c).
bool is_same_name(std::string_view, std::string_view);

// `count` bytes of `text` from `start`, both clamped to what is there. (string_view::substr can throw,
// and what throws does not link without libstdc++.)
std::string_view slice(std::string_view text, size_t start, size_t count = std::string_view::npos);

std::string_view trimmed(std::string_view text);

// Takes the next word off `rest`; words are separated by white space. Empty at the end.
std::string_view take_word(std::string_view& rest);

// Takes what comes before the first `separator` off `rest`, and the separator with it; all of `rest` if there
// is none.
std::string_view take_until(std::string_view& rest, char separator);

// A whole text of 1 to `max_digits` (at most 8) hexadecimal digits as a number.
std::optional<uint32_t> parse_hex(std::string_view text, size_t max_digits);

// A whole text of decimal digits as a number that fits 32 bits.
std::optional<uint32_t> parse_decimal(std::string_view text);

// The candidate that `word` was probably meant to be: the one with the fewest letters wrong, missing, too
// many or swapped, which must be at most two and fewer than half of the word. Nothing if none is that close.
FoundText nearest(std::string_view word, std::span<std::string_view const> candidates);

} // namespace vfio_early
