// SPDX-License-Identifier: MIT
#pragma once

#include "base/function_ref.h"

#include <span>
#include <string_view>

namespace vfio_early {

// Reads JSON (RFC 8259) as vfio-early writes it, once from its start to its end: numbers are whole and not
// negative, and a \u in a string stands for a byte. Nothing is copied: a string is decoded in the place where
// it stands in the text. After the first thing that is not as it should be nothing more is read, and
// has_failed() says so.
class JsonReader {
public:
    explicit JsonReader(std::span<char> text) : m_next(text.data()), m_end(text.data() + text.size()) { }

    // Calls `read` with the key of each member of the object that is next; `read` reads its value.
    void object(FunctionRef<void(std::string_view key)> read);

    // Calls `read` for each element of the array that is next; `read` reads it.
    void array(FunctionRef<void()> read);

    // The string that is next, or an empty one for null.
    std::string_view string_or_null();

    // The array of strings that is next, as it stands in the text, undecoded.
    std::span<char> strings();

    // The value that is next, of any kind, as it stands in the text, undecoded.
    std::string_view any();

    // True at the end of the text, where nothing is left to read.
    bool is_at_end();

    bool has_failed() const { return m_has_failed; }
    void fail() { m_has_failed = true; }

private:
    char peek();
    bool take(char);
    void list(char opening, FunctionRef<void()> read);
    std::span<char> undecoded_string();
    std::string_view string();
    void skip_word();

    char* m_next;
    char* m_end;
    int m_depth = 0;
    bool m_has_failed = false;
};

} // namespace vfio_early
