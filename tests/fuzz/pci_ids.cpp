// SPDX-License-Identifier: MIT
// pci.ids, line by line.
#include "core/pci_ids.h"
#include "base/text.h"
#include "fuzz.h"

using namespace vfio_early;

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size)
{
    ExactCopy const copy(text_of(data, size));
    auto& names = fresh<ModelNames>();
    names.want({.vendor = 0x10de, .device = 0x2191});
    names.want({.vendor = 0x8086, .device = 0x10d3});
    auto rest = copy.text;
    while (!rest.empty())
        names.read_line(take_until(rest, '\n'));
    if (auto const* name = names.find({.vendor = 0x10de, .device = 0x2191})) {
        std::string shown;
        Sink sink(shown);
        put_model(sink, *name);
        short_vendor(name->vendor.view());
    }
    return 0;
}
