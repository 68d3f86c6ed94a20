#pragma once

#include "base/sink.h"
#include <string_view>

namespace vfio_early {

// Text of at most Capacity bytes, held in place. What does not fit is cut off, and was_cut() tells.
template <size_t Capacity> class FixedString {
public:
    FixedString() = default;
    explicit FixedString(std::string_view text) { append(text); }

    void append(std::string_view text)
    {
        for (char const byte : text) {
            if (m_size == Capacity) {
                m_was_cut = true;
                return;
            }
            m_bytes[m_size++] = byte;
        }
    }

    void clear()
    {
        m_size = 0;
        m_was_cut = false;
    }

    // A sink that appends here. It must not outlive this string.
    Sink sink()
    {
        return Sink(
            [](void* self, std::string_view text) { static_cast<FixedString*>(self)->append(text); }, this);
    }

    // The text with a terminating NUL, for system calls.
    char const* c_str()
    {
        m_bytes[m_size] = '\0';
        return m_bytes;
    }

    std::string_view view() const { return {m_bytes, m_size}; }
    bool empty() const { return m_size == 0; }
    bool was_cut() const { return m_was_cut; }

private:
    char m_bytes[Capacity + 1] = {};
    size_t m_size = 0;
    bool m_was_cut = false;
};

template <size_t Capacity> void put(Sink& sink, FixedString<Capacity> const& text)
{
    sink.write(text.view());
}

} // namespace vfio_early
