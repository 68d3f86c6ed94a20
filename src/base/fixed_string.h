// SPDX-License-Identifier: MIT
#pragma once

#include "base/sink.h"

#include <cstddef>

namespace vfio_early {

// Appends what fits of `text` to the `size` bytes in a buffer for `capacity` bytes and a NUL, and ends them
// with a NUL. Returns the new size.
size_t append_text(char* bytes, size_t size, size_t capacity, std::string_view text);

// Text of at most Capacity bytes, held in place and always followed by a NUL. What does not fit is cut off,
// and was_cut() says so. Bytes beyond the text are never touched.
template <size_t Capacity> class FixedString {
public:
    FixedString() { m_bytes[0] = '\0'; }
    explicit FixedString(std::string_view text) : FixedString() { append(text); }

    void append(std::string_view text)
    {
        m_was_cut |= text.size() > Capacity - m_size;
        m_size = append_text(m_bytes, m_size, Capacity, text);
    }

    void clear()
    {
        m_size = 0;
        m_was_cut = false;
        m_bytes[0] = '\0';
    }

    std::string_view view() const { return {m_bytes, m_size}; }
    char const* c_str() const { return m_bytes; }
    bool empty() const { return m_size == 0; }
    bool was_cut() const { return m_was_cut; }

private:
    size_t m_size = 0;
    bool m_was_cut = false;
    char m_bytes[Capacity + 1];
};

template <size_t Capacity> PassedText pass(FixedString<Capacity> const& text)
{
    return pass(text.view());
}

template <typename Result> Result printed_passed(char const* format, ...)
{
    Result text;
    Sink sink(text);
    va_list arguments;
    va_start(arguments, format);
    print_arguments(sink, format, arguments);
    va_end(arguments);
    return text;
}

// A format with its parts, as a text of this type; see print().
template <typename Result, typename... Parts>
[[gnu::always_inline]] inline Result printed(FormatFor<Parts...> format, Parts const&... parts)
{
    return printed_passed<Result>(format.text(), pass(parts)...);
}

} // namespace vfio_early
