#pragma once

#include <unistd.h>

namespace vfio_early {

// Owns a file descriptor and closes it.
class Descriptor {
public:
    explicit Descriptor(int number) : m_number(number) { }
    Descriptor(Descriptor const&) = delete;
    Descriptor& operator=(Descriptor const&) = delete;
    ~Descriptor() { close(); }

    void close()
    {
        if (m_number >= 0)
            ::close(m_number);
        m_number = -1;
    }

    int number() const { return m_number; }

private:
    int m_number;
};

} // namespace vfio_early
