// SPDX-License-Identifier: MIT
#include "core/json_reader.h"

#include "base/text.h"

#include <cstdint>
#include <optional>

namespace vfio_early {

namespace {

// A report has four levels. Each costs stack, so that a hostile one must not have any number of them.
constexpr int max_depth = 16;

constexpr std::string_view escapes = "\"\\/bfnrt";
constexpr std::string_view escaped = "\"\\/\b\f\n\r\t";

// The byte that a \uNNNN stands for at the start of a text; nothing where there is none.
std::optional<uint32_t> escaped_byte(std::string_view text)
{
    auto const number = text.size() >= 6 && text[1] == 'u' ? parse_hex(slice(text, 2, 4), 4) : std::nullopt;
    return number && *number <= UINT8_MAX ? number : std::nullopt;
}

// How many characters at the start of a string stand for one byte; 0 where they must not be there.
size_t size_of_first(std::string_view text)
{
    if (text[0] != '\\')
        return static_cast<unsigned char>(text[0]) < ' ' ? 0 : 1;
    if (text.size() > 1 && escapes.find(text[1]) != std::string_view::npos)
        return 2;
    return escaped_byte(text) ? 6 : 0;
}

} // namespace

// What comes next behind white space; a NUL at the end, and after a failure.
char JsonReader::peek()
{
    while (m_next != m_end && (*m_next == ' ' || *m_next == '\n' || *m_next == '\t' || *m_next == '\r'))
        ++m_next;
    return m_has_failed || m_next == m_end ? '\0' : *m_next;
}

bool JsonReader::take(char wanted)
{
    if (peek() != wanted)
        return false;
    ++m_next;
    return true;
}

void JsonReader::list(char opening, FunctionRef<void()> read)
{
    char const closing = opening == '[' ? ']' : '}';
    if (m_depth == max_depth || !take(opening))
        return fail();
    if (take(closing))
        return;
    ++m_depth;
    do
        read();
    while (take(','));
    --m_depth;
    if (!take(closing))
        fail();
}

void JsonReader::object(FunctionRef<void(std::string_view key)> read)
{
    list('{', [&] {
        auto const key = string();
        if (take(':'))
            read(key);
        else
            fail();
    });
}

void JsonReader::array(FunctionRef<void()> read)
{
    list('[', read);
}

// What is between the quotes.
std::span<char> JsonReader::undecoded_string()
{
    size_t size = take('"') ? 1 : 0;
    auto* const start = m_next;
    while (size > 0 && m_next != m_end && *m_next != '"') {
        size = size_of_first({m_next, static_cast<size_t>(m_end - m_next)});
        m_next += size;
    }
    auto* const end = m_next;
    if (size == 0 || m_next == m_end)
        fail();
    else
        ++m_next;
    return {start, end};
}

std::string_view JsonReader::string()
{
    auto const text = undecoded_string();
    if (m_has_failed)
        return {};
    size_t size = 0;
    std::string_view rest(text.data(), text.size());
    while (!rest.empty()) {
        auto const taken = size_of_first(rest);
        auto byte = rest[0];
        if (taken == 2)
            byte = escaped[escapes.find(rest[1])];
        else if (taken == 6)
            byte = static_cast<char>(*escaped_byte(rest));
        text[size++] = byte;
        rest.remove_prefix(taken);
    }
    return {text.data(), size};
}

std::string_view JsonReader::string_or_null()
{
    if (peek() != 'n')
        return string();
    skip_word();
    return {};
}

// null, true, false or a number.
void JsonReader::skip_word()
{
    auto* const start = m_next;
    while (m_next != m_end && is_letter_or_digit(*m_next))
        ++m_next;
    std::string_view const word(start, static_cast<size_t>(m_next - start));
    bool const is_number = parse_decimal(word) && (word.size() == 1 || word[0] != '0');
    if (word != "null" && word != "true" && word != "false" && !is_number)
        fail();
}

std::span<char> JsonReader::strings()
{
    peek();
    auto* const start = m_next;
    array([&] { undecoded_string(); });
    return {start, m_next};
}

std::string_view JsonReader::any()
{
    auto const kind = peek();
    auto* const start = m_next;
    if (kind == '"')
        undecoded_string();
    else if (kind == '[')
        array([&] { any(); });
    else if (kind == '{')
        list(kind, [&] {
            undecoded_string();
            if (!take(':'))
                fail();
            any();
        });
    else
        skip_word();
    return m_has_failed ? std::string_view{} : std::string_view{start, static_cast<size_t>(m_next - start)};
}

bool JsonReader::is_at_end()
{
    peek();
    return m_next == m_end && !m_has_failed;
}

} // namespace vfio_early
