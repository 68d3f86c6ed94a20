// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <utility>

namespace vfio_early {

// What was being done, and the errno it ended with (0 if there is none). The caller knows what it was done
// to. Without an action it is none.
struct Error {
    char const* action = nullptr;
    int number = 0;
};

// Either a value, or the Error that is there instead.
template <typename T> class [[nodiscard]] Result {
public:
    Result(T const& value) : m_value(value) { }
    Result(T&& value) : m_value(std::move(value)) { }
    Result(Error const& error) : m_error(error) { }

    bool is_error() const { return m_error.action != nullptr; }
    T& value() { return m_value; }
    T const& value() const { return m_value; }
    T release_value() { return std::move(m_value); }
    Error const& error() const { return m_error; }

private:
    Error m_error;
    T m_value = {};
};

template <> class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error const& error) : m_error(error) { }

    bool is_error() const { return m_error.action != nullptr; }
    void release_value() { }
    Error const& error() const { return m_error; }

private:
    Error m_error;
};

} // namespace vfio_early

// Moves the value out of a fallible expression; on failure the function returns its Error to its own caller.
// __extension__: a statement expression is GNU C++, which -Wpedantic would warn about.
#define TRY(expression)                                                                                      \
    __extension__({                                                                                          \
        auto try_result = (expression);                                                                      \
        if (try_result.is_error())                                                                           \
            return try_result.error();                                                                       \
        try_result.release_value();                                                                          \
    })
