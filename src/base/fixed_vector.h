#pragma once

#include <cstddef>

namespace vfio_early {

// At most Capacity plain values, held in place: hostile input cannot make it grow.
template <typename T, size_t Capacity> class FixedVector {
public:
    // False when the vector is full and the value was not taken.
    [[nodiscard]] bool append(T const& value)
    {
        if (m_size == Capacity)
            return false;
        m_values[m_size++] = value;
        return true;
    }

    void clear() { m_size = 0; }

    T& operator[](size_t index) { return m_values[index]; }
    T const& operator[](size_t index) const { return m_values[index]; }

    size_t size() const { return m_size; }
    bool empty() const { return m_size == 0; }
    static constexpr size_t capacity() { return Capacity; }

    T* begin() { return m_values; }
    T* end() { return m_values + m_size; }
    T const* begin() const { return m_values; }
    T const* end() const { return m_values + m_size; }

private:
    T m_values[Capacity] = {};
    size_t m_size = 0;
};

} // namespace vfio_early
