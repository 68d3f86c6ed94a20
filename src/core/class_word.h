// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace vfio_early {

// No word is longer.
constexpr size_t max_class_word_bytes = 8;

// What kind of device it is, in one word such as 'NVMe' or 'Ethernet', by its class code with the programming
// interface (include/linux/pci_ids.h); '-' for a class that nobody gave a name.
std::string_view class_word(uint32_t class_code);

} // namespace vfio_early
