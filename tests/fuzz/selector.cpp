// SPDX-License-Identifier: MIT
// One selector, and its one spelling.
#include "core/facts.h"
#include "fuzz.h"

using namespace vfio_early;

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size)
{
    ExactCopy const copy(text_of(data, size));
    std::string problem;
    Sink sink(problem);
    auto const selector = parse_selector(copy.text, sink);
    must(selector.has_value() == problem.empty(), "what is refused is told, and nothing else");
    if (!selector)
        return 0;
    auto const key = key_of(*selector);
    if (selector->location && selector->location->every_function)
        return 0; // a whole card is written in another way there
    auto const again = parse_selector(key.view(), sink);
    must(again && key_of(*again).view() == key.view(), "a selector means what its one spelling means");
    return 0;
}
