#pragma once

#include "base/fixed_string.h"
#include "base/fixed_vector.h"
#include "core/selector.h"

namespace vfio_early {

enum class Target { VfioPci, PciStub };

// The name of the driver, as driver_override wants it: 'vfio-pci' or 'pci-stub'.
std::string_view driver_name(Target);

// One line under [bind] or [stub].
struct Entry {
    FixedString<31> label;
    FixedString<200> selector_text;
    Selector selector;
    Target target = Target::VfioPci;
    unsigned line = 0;
};

enum class BootDisplay { Refuse, Bind };

struct Options {
    BootDisplay boot_display = BootDisplay::Refuse;
    unsigned timeout_seconds = 10;
};

constexpr unsigned longest_timeout_seconds = 60;
constexpr size_t most_entries = 128;

struct Config {
    FixedVector<Entry, most_entries> entries;
    Options options;
};

// Something wrong in the configuration: the line it stands in (from 1; 0 for the file as a whole), and what
// is wrong with it.
struct Problem {
    unsigned line = 0;
    FixedString<300> text = {};
};

// The first problems in the order of their lines; later ones are dropped.
using Problems = FixedVector<Problem, 16>;

// Reads the text of /etc/vfio-early.ini. Where `problems` is not empty afterwards, nothing of `config`
// counts.
void parse_config(std::string_view text, Config& config, Problems& problems);

} // namespace vfio_early
