// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>
#include <utility>

namespace vfio_early {

// Owns a file descriptor and closes it.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : m_number(number) { }
    Descriptor(Descriptor&& other) noexcept : m_number(std::exchange(other.m_number, -1)) { }
    Descriptor& operator=(Descriptor&& other) noexcept
    {
        std::swap(m_number, other.m_number);
        return *this;
    }
    ~Descriptor() { close(); }

    void close()
    {
        // The analyzer takes a variable for destroyed that a TRY in its initialiser left before it was made.
        // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult)
        if (m_number >= 0)
            ::close(m_number);
        m_number = -1;
    }

    int number() const { return m_number; }

private:
    int m_number = -1;
};

} // namespace vfio_early
