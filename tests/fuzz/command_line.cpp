// SPDX-License-Identifier: MIT
// The kernel command line and files of modprobe.d: the first byte says which.
#include "core/command_line.h"
#include "fuzz.h"

using namespace vfio_early;

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size)
{
    if (size == 0)
        return 0;
    ExactCopy const copy(text_of(data + 1, size - 1));
    auto& rivals = fresh<ForeignSettings>();
    auto& settings = fresh<ModuleSettings>();
    settings.rivals = &rivals;
    if (data[0] % 2 == 0) {
        auto const line = parse_command_line(copy.text);
        must(line.unknown_value.empty() || line.power == CommandLine::Switch::Off,
            "a value that is not known switches off");
        parse_kernel_settings(copy.text, settings);
    } else {
        parse_modprobe_settings({copy.bytes.get(), copy.text.size()}, "etc/modprobe.d/x.conf", settings);
    }
    Device device;
    device.id = {.vendor = 0x10de, .device = 0x2191};
    find_foreign_id(settings, device, [](Target) { return true; });
    return 0;
}
