// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace vfio_early {

// CMakeLists.txt says which.
constexpr std::string_view version = VFIO_EARLY_VERSION;

} // namespace vfio_early
