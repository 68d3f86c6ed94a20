// SPDX-License-Identifier: MIT
// /etc/vfio-early.facts. What is read is written and read again, and is the same.
#include "fuzz.h"

using namespace vfio_early;

static std::string written(Facts const& facts)
{
    std::string text;
    Sink sink(text);
    write_facts(sink, facts);
    return text;
}

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size)
{
    ExactCopy const copy(text_of(data, size));
    auto& facts = fresh<Facts>();
    if (!parse_facts(copy.text, facts))
        return 0;
    auto const text = written(facts);
    auto& again = fresh<Facts, 1>();
    must(parse_facts(text, again), "what is written can be read");
    must(written(again) == text, "what is written stays the same");
    return 0;
}
