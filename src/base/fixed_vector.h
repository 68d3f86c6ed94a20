// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

namespace vfio_early {

// At most Capacity plain values, held in place: hostile input cannot make it grow. Memory for values that are
// not there is touched only by a copy, which is one of all bytes.
template <typename T, size_t Capacity> class FixedVector {
    static_assert(std::is_trivially_copyable_v<T>);
    static_assert(Capacity <= UINT32_MAX);

public:
    FixedVector() { }

    // For what fits by construction: a full vector is a bug, and ends the program.
    void append(T const& value)
    {
        if (!try_append(value))
            __builtin_trap();
    }

    // For what a machine or a user decides the number of: false if the vector is full and the value was not
    // added.
    [[nodiscard]] bool try_append(T const& value)
    {
        if (m_size == Capacity)
            return false;
        new (m_storage + m_size * sizeof(T)) T(value);
        ++m_size;
        return true;
    }

    void clear() { m_size = 0; }

    // Keeps the first `size` values.
    void shrink(size_t size)
    {
        if (size < m_size)
            m_size = static_cast<uint32_t>(size);
    }

    T& operator[](size_t index) { return begin()[checked(index)]; }
    T const& operator[](size_t index) const { return begin()[checked(index)]; }

    // The one that was added last; there must be one.
    T& last() { return (*this)[m_size - size_t{1}]; }

    size_t size() const { return m_size; }
    bool empty() const { return m_size == 0; }
    static constexpr size_t capacity() { return Capacity; }

    T* begin() { return reinterpret_cast<T*>(m_storage); }
    T* end() { return begin() + m_size; }
    T const* begin() const { return reinterpret_cast<T const*>(m_storage); }
    T const* end() const { return begin() + m_size; }

private:
    // Sanitizers do not see an index that is wrong and stays within the object: builds with them look
    // themselves.
    size_t checked(size_t index) const
    {
#ifdef _GLIBCXX_ASSERTIONS
        if (index >= m_size)
            __builtin_trap();
#endif
        return index;
    }

    uint32_t m_size = 0;
    alignas(T) unsigned char m_storage[sizeof(T) * Capacity];
};

} // namespace vfio_early
