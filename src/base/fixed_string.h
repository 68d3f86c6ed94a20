// SPDX-License-Identifier: MIT
#pragma once

#include "base/sink.h"

#include <cstddef>
#include <cstdint>

namespace vfio_early {

// How much text is in a buffer, and whether some did not fit.
struct TextState {
    uint16_t size = 0;
    bool was_cut = false;
};

// Appends what fits of `text` to what is in a buffer for `capacity` bytes and a NUL, and ends it with a NUL.
void append_text(TextState&, char* bytes, size_t capacity, std::string_view text);

// Text of at most Capacity bytes, held in place and always followed by a NUL. What does not fit is cut off,
// and was_cut() says so. Bytes beyond the text are never touched.
template <size_t Capacity> class FixedString {
    static_assert(Capacity <= UINT16_MAX);

public:
    FixedString() { m_bytes[0] = '\0'; }
    explicit FixedString(std::string_view text) : FixedString() { append(text); }

    void append(std::string_view text) { append_text(m_state, m_bytes, Capacity, text); }

    void clear()
    {
        m_state = {};
        m_bytes[0] = '\0';
    }

    std::string_view view() const { return {m_bytes, m_state.size}; }
    char const* c_str() const { return m_bytes; }
    bool empty() const { return m_state.size == 0; }
    bool was_cut() const { return m_state.was_cut; }

private:
    TextState m_state;
    char m_bytes[Capacity + 1];
};

template <size_t Capacity> PassedText pass(FixedString<Capacity> const& text)
{
    return pass(text.view());
}

// A format with its parts, as a text of this type; see print().
template <typename Result, typename... Parts>
[[gnu::always_inline]] inline Result printed(FormatFor<Parts...> format, Parts const&... parts)
{
    Result text;
    Sink sink(text);
    print_passed(sink, format.text(), pass(parts)...);
    return text;
}

} // namespace vfio_early
