// SPDX-License-Identifier: MIT
#include "core/class_word.h"

namespace vfio_early {

namespace {

struct ClassWord {
    uint16_t class_code; // without the programming interface; 80 is 'other' of a base class
    char word[max_class_word_bytes + 1];
};

// Of a base class, the sub-classes that have a word of their own, and last what the rest is called.
constexpr ClassWord words[] = {
    {0x0101, "IDE"},
    {0x0104, "RAID"},
    {0x0106, "SATA"},
    {0x0107, "SAS"},
    {0x0108, "NVMe"},
    {0x0180, "Storage"},
    {0x0200, "Ethernet"},
    {0x0280, "Network"},
    {0x0380, "Display"},
    {0x0401, "Audio"},
    {0x0403, "Audio"},
    {0x0480, "Video"},
    {0x0580, "Memory"},
    {0x0600, "Host"},
    {0x0601, "ISA"},
    {0x0680, "Bridge"},
    {0x0700, "Serial"},
    {0x0780, "Comm"},
    {0x0805, "SDcard"},
    {0x0880, "System"},
    {0x0980, "Input"},
    {0x0c00, "FireWire"},
    {0x0c03, "USB"},
    {0x0c05, "SMBus"},
    {0x0c80, "SerBus"},
    {0x0d80, "Wireless"},
    {0x1080, "Crypto"},
    {0x1180, "Signal"},
    {0x1280, "Accel"},
    {0x1380, "Helper"},
};

} // namespace

std::string_view class_word(uint32_t class_code)
{
    auto const wanted = class_code >> 8;
    for (auto const& [code, word] : words) {
        bool const is_rest = (code & 0xff) == 0x80 && code >> 8 == wanted >> 8;
        if (code == wanted || is_rest)
            return word;
    }
    return "-";
}

} // namespace vfio_early
