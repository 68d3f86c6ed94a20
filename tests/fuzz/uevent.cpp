// SPDX-License-Identifier: MIT
// Texts of sysfs: of a function, and links and lists around it.
#include "core/slot.h"
#include "core/sysfs_text.h"
#include "fuzz.h"

using namespace vfio_early;

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size)
{
    ExactCopy const copy(text_of(data, size));
    Device device;
    device.address = {.domain = 0, .bus = 1};
    if (!parse_uevent(copy.text, device))
        must(device.class_code == 0 && device.id == DeviceId(), "what is not whole says nothing");
    header_type_of_config(copy.text);
    last_address(copy.text);
    groups_devices_up_front(copy.text);
    must(functions_above(copy.text).empty() || last_address(copy.text).has_value(),
        "a path with functions has a last address");
    header_type_of_class(device.class_code);
    is_keyboard(copy.text);
    framebuffer_owner(copy.text);
    holder_of_memory(copy.text, device.address);
    iommu_that_is_not_on({}, copy.text);
    parse_root_bus(copy.text);
    auto const slot = parse_slot_link(copy.text);
    must(!slot || !slot->steps.empty(), "a slot has a step");
    return 0;
}
