#pragma once

#include "base/fixed_string.h"
#include "base/fixed_vector.h"
#include "core/selector.h"

namespace vfio_early {

enum class Target { VfioPci, PciStub };

// The name of the driver, as driver_override wants it: 'vfio-pci' or 'pci-stub'.
std::string_view driver_name(Target);

// The section of the lines that want it: '[bind]' or '[stub]'.
std::string_view section_name(Target);

// One line under [bind] or [stub].
struct Entry {
    FixedString<max_label_bytes> label;
    FixedString<max_line_bytes> selector_text;
    Selector selector;
    Target target = Target::VfioPci;
    unsigned line = 0;
};

enum class BootDisplay { Refuse, Bind };

struct Options {
    BootDisplay boot_display = BootDisplay::Refuse;
    unsigned timeout_seconds = default_timeout_seconds;
};

struct Config {
    FixedVector<Entry, max_entries> entries;
    Options options;
};

// Something wrong in the configuration: its line (from 1; 0 for the file as a whole), and what is wrong
// there.
struct Problem {
    unsigned line = 0;
    FixedString<max_problem_bytes> text;
};

// What is wrong with a configuration, in the order of its lines: the first problems with their texts, and how
// many more there are.
class Problems {
public:
    void add(Problem const& problem)
    {
        if (!m_first.try_append(problem))
            ++m_left_out;
    }

    bool empty() const { return m_first.empty(); }
    size_t size() const { return m_first.size(); }
    unsigned left_out() const { return m_left_out; }
    Problem const& operator[](size_t index) const { return m_first[index]; }
    Problem* begin() { return m_first.begin(); }
    Problem* end() { return m_first.end(); }
    Problem const* begin() const { return m_first.begin(); }
    Problem const* end() const { return m_first.end(); }

private:
    FixedVector<Problem, max_problems> m_first;
    unsigned m_left_out = 0;
};

// A problem with the parts as its text.
template <typename... Parts> Problem problem_of(unsigned line, Parts const&... parts)
{
    return {line, printed<FixedString<max_problem_bytes>>(parts...)};
}

// Reads the text of /etc/vfio-early.ini. Where `problems` is not empty afterwards, nothing of `config`
// counts.
void parse_config(std::string_view text, Config& config, Problems& problems);

} // namespace vfio_early
