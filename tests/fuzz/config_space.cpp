// SPDX-License-Identifier: MIT
// Configuration space and the table of slots, which devices and firmware write.
#include "core/config_space.h"
#include "core/smbios.h"
#include "fuzz.h"

using namespace vfio_early;

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size)
{
    ExactCopy const copy(text_of(data, size));
    root_port_number(copy.text);
    has_hotplug_controller(copy.text);
    last_bus_below(copy.text);
    auto const serial = serial_number(copy.text);
    must(!serial || (*serial != 0 && ~*serial != 0), "a serial number tells something");
    isolates(isolation_of(copy.text));
    Device port;
    port.address = {.bus = 0, .device = 1};
    slot_name(copy.text, port);
    return 0;
}
