// SPDX-License-Identifier: MIT
#pragma once

#include "base/sink.h"

namespace vfio_early {

// An array whose elements the caller writes.
class JsonList {
public:
    explicit JsonList(Sink& sink) : m_sink(sink) { m_sink.write("["); }

    Sink& next(std::string_view separator = ", ")
    {
        if (!m_is_first)
            m_sink.write(separator);
        m_is_first = false;
        return m_sink;
    }

    void close() { m_sink.write("]"); }

private:
    Sink& m_sink;
    bool m_is_first = true;
};

} // namespace vfio_early
