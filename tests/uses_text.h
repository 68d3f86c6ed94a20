// SPDX-License-Identifier: MIT
#pragma once

#include "core/host_use.h"
#include "text_of.h"

namespace vfio_early {

// One line a use, in the order in which they were found, and at the end what makes them incomplete.
inline std::string uses_text(HostUses const& uses)
{
    std::string text;
    for (auto const& use : uses.uses)
        text += text_of("%a%c%c%c: %s\n", use.device, use.weight.is_vital ? " vital" : "",
            use.weight.is_now ? " now" : "", use.weight.is_spare ? " spare" : "", use.what);
    if (uses.is_incomplete)
        text += text_of("doubt: %s\n", uses.doubt);
    return text;
}

} // namespace vfio_early
