// SPDX-License-Identifier: MIT
// Whether a text is JSON (RFC 8259), and nothing more: what a fuzz target can say of output without a parser
// at hand.
#pragma once

#include <string_view>

namespace vfio_early {

class JsonChecker {
public:
    explicit JsonChecker(std::string_view text) : m_rest(text) { }

    bool is_whole()
    {
        bool const is_value = value();
        blanks();
        return is_value && m_rest.empty();
    }

private:
    void blanks()
    {
        while (!m_rest.empty() && std::string_view(" \t\r\n").find(m_rest[0]) != std::string_view::npos)
            m_rest.remove_prefix(1);
    }

    bool take(std::string_view word)
    {
        blanks();
        if (!m_rest.starts_with(word))
            return false;
        m_rest.remove_prefix(word.size());
        return true;
    }

    // Up to its last character.
    bool escape()
    {
        m_rest.remove_prefix(1);
        auto const digits = m_rest.starts_with('u') ? 4u : 0u;
        bool const is_known = m_rest.size() > digits
            && std::string_view("\"\\/bfnrtu").find(m_rest[0]) != std::string_view::npos
            && m_rest.substr(1, digits).find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
        if (is_known)
            m_rest.remove_prefix(digits);
        return is_known;
    }

    bool string()
    {
        if (!take("\""))
            return false;
        while (!m_rest.empty() && m_rest[0] != '"') {
            if (static_cast<unsigned char>(m_rest[0]) < 0x20)
                return false;
            if (m_rest[0] == '\\' && !escape())
                return false;
            m_rest.remove_prefix(1);
        }
        return take("\"");
    }

    // A whole one, as there are no others; the one with a leading zero is zero.
    bool number()
    {
        auto const digits = m_rest.find_first_not_of("0123456789");
        auto const length = digits == std::string_view::npos ? m_rest.size() : digits;
        bool const is_number = length > 0 && (length == 1 || m_rest[0] != '0');
        m_rest.remove_prefix(length);
        return is_number;
    }

    bool list(std::string_view end, bool has_names)
    {
        if (take(end))
            return true;
        do {
            if (has_names && !(string() && take(":")))
                return false;
            if (!value())
                return false;
        } while (take(","));
        return take(end);
    }

    bool value()
    {
        blanks();
        if (m_rest.starts_with("\""))
            return string();
        if (take("{"))
            return list("}", true);
        if (take("["))
            return list("]", false);
        return take("true") || take("false") || take("null") || number();
    }

    std::string_view m_rest;
};

inline bool is_json(std::string_view text)
{
    return JsonChecker(text).is_whole();
}

} // namespace vfio_early
