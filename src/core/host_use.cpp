// SPDX-License-Identifier: MIT
#include "core/host_use.h"

namespace vfio_early {

std::string_view name_of(UseKind kind)
{
    constexpr std::string_view names[] = {
        "in-use", "disk", "interface", "keyboard", "input", "default-route", "guest"};
    return names[static_cast<size_t>(kind)];
}

UseText use_text_passed(char const* format, ...)
{
    UseText text;
    Sink sink(text);
    va_list arguments;
    va_start(arguments, format);
    print_arguments(sink, format, arguments);
    va_end(arguments);
    return text;
}

void HostUses::add(HostUse const& use)
{
    size_t alike = 0;
    for (auto& known : uses) {
        if (known.device != use.device)
            continue;
        if (known.what.view() == use.what.view()) {
            known.weight.is_vital |= use.weight.is_vital;
            known.weight.is_spare |= use.weight.is_spare;
            known.weight.is_now |= use.weight.is_now;
            return;
        }
        alike += known.weight == use.weight;
    }
    if (alike < max_uses_alike && !uses.try_append(use))
        add_doubt("there are more than %u uses", max_host_uses);
}

void HostUses::add_doubt_passed(char const* format, ...)
{
    if (!is_incomplete) {
        Sink sink(doubt);
        va_list arguments;
        va_start(arguments, format);
        print_arguments(sink, format, arguments);
        va_end(arguments);
    }
    is_incomplete = true;
}

} // namespace vfio_early
