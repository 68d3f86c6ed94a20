// SPDX-License-Identifier: MIT
// /etc/vfio-early.ini.
#include "fuzz.h"

using namespace vfio_early;

static void check(Config const& config)
{
    for (auto const& entry : config.entries) {
        must(!entry.label.empty() && !entry.selector_text.empty(), "a line has a label and a selector");
        must(entry.selector.location || entry.selector.id, "a selector names a place or an id");
        must(entry.line > 0, "a line has a number");
        for (auto const& other : config.entries)
            must(&other == &entry || other.label.view() != entry.label.view(), "a label is there once");
    }
    must(config.options.timeout_seconds >= 1 && config.options.timeout_seconds <= max_timeout_seconds,
        "the time limit is one");
}

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size)
{
    ExactCopy const copy(text_of(data, size));
    auto& config = fresh<Config>();
    Problems problems;
    parse_config(copy.text, config, problems);
    for (auto const& problem : problems)
        must(!problem.text.empty(), "a problem is told");
    if (problems.empty())
        check(config);
    return 0;
}
