// SPDX-License-Identifier: MIT
#pragma once

#include "base/fixed_string.h"
#include "base/fixed_vector.h"
#include "core/selector.h"

#include <span>

namespace vfio_early {

enum class Target : uint8_t { VfioPci, PciStub };

// The name of the driver, as driver_override wants it: 'vfio-pci' or 'pci-stub'.
std::string_view driver_name(Target);

// The section of the lines that want it: '[bind]' or '[stub]'.
std::string_view section_name(Target);

// A value as it stands in the file; none is longer than its line.
using ValueText = FixedString<max_line_bytes>;

// One line under [bind] or [stub].
struct Entry {
    FixedString<max_label_bytes> label;
    ValueText selector_text;
    Selector selector;
    Target target = Target::VfioPci;
    unsigned line = 0;
    bool is_unprotected = false; // `protect = all except` names it
};

// One line under [handover]: what the host does without while a guest has the devices of the label.
struct Handover {
    FixedString<max_label_bytes> label;
    ValueText words; // the systemd units to stop and the modules to unload, in this order
    unsigned line = 0;
    uint16_t entry = 0; // the line that the label is of
};

// A word of a handover is a unit if it has a dot, and else a kernel module.
bool is_unit(std::string_view word);

enum class BootDisplay { Refuse, Bind };

// What the host itself lives on is not bound: `all`, or `none`, or `all except LABEL...`.
enum class Protect { All, AllExcept, None };

struct Options {
    BootDisplay boot_display = BootDisplay::Refuse;
    unsigned timeout_seconds = default_timeout_seconds;
    Protect protect = Protect::All;
};

struct Config {
    Options options;
    FixedVector<Handover, max_entries> handovers;
    FixedVector<Entry, max_entries> entries;
};

// The labels of all entries, in their order, in the room that is given for them.
std::span<std::string_view const> all_labels(Config const&, std::string_view (&labels)[max_entries]);

// The line under [handover] for an entry, or nullptr.
Handover const* handover_of(Config const&, uint16_t entry);

// Whether a device that the entry selects is left alone when the host needs it.
bool is_protected(Config const&, Entry const&);

// Something wrong in the configuration: its line (from 1; 0 for the file as a whole), and what is wrong
// there.
struct Problem {
    unsigned line = 0;
    FixedString<max_problem_bytes> text;
};

// Everything wrong with a configuration, in the order of its lines: the first problems with their texts, and
// how many more there are.
class Problems {
public:
    void add(Problem const& problem);

    bool empty() const { return m_first.empty(); }
    size_t size() const { return m_first.size(); }
    unsigned left_out() const { return m_left_out; }
    Problem const& operator[](size_t index) const { return m_first[index]; }
    Problem* begin() { return m_first.begin(); }
    Problem* end() { return m_first.end(); }
    Problem const* begin() const { return m_first.begin(); }
    Problem const* end() const { return m_first.end(); }

private:
    unsigned m_left_out = 0;
    FixedVector<Problem, max_problems> m_first;
};

// A problem whose text is a format with its parts; see print().
Problem problem_of_passed(unsigned line, char const* format, ...);

template <typename... Parts>
[[gnu::always_inline]] inline Problem problem_of(
    unsigned line, FormatFor<Parts...> format, Parts const&... parts)
{
    return problem_of_passed(line, format.text(), pass(parts)...);
}

// Reads the text of /etc/vfio-early.ini. If `problems` is not empty afterwards, `config` must not be used.
void parse_config(std::string_view text, Config& config, Problems& problems);

} // namespace vfio_early
