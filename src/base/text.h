#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace vfio_early {

bool is_space(char);

// `count` bytes of `text` from `start`, both clamped to what is there. (string_view::substr can throw,
// and what throws does not link without libstdc++.)
std::string_view slice(std::string_view text, size_t start, size_t count = std::string_view::npos);

std::string_view trimmed(std::string_view text);

// The next word of `rest` and takes it off; words are separated by white space. Empty at the end.
std::string_view take_word(std::string_view& rest);

// What stands before the first `separator`, and takes both off `rest`; all of it where there is none.
std::string_view take_until(std::string_view& rest, char separator);

// A whole text of 1 to `most_digits` (at most 8) hexadecimal digits as a number.
std::optional<uint32_t> parse_hex(std::string_view text, size_t most_digits);

// A whole text of decimal digits as a number that fits 32 bits.
std::optional<uint32_t> parse_decimal(std::string_view text);

// The candidate that `word` was probably meant to be: fewest letters wrong, missing, too many or swapped,
// at most two and fewer than half of the word. Nothing where none is that near.
std::optional<std::string_view> nearest(std::string_view word, std::span<std::string_view const> candidates);

} // namespace vfio_early
