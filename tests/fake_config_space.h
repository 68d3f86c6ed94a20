// SPDX-License-Identifier: MIT
// Configuration spaces, made up: offsets are those of include/uapi/linux/pci_regs.h.
#pragma once

#include <cstdint>
#include <string>

namespace vfio_early {

inline void put16(std::string& config, size_t offset, unsigned value)
{
    config[offset] = static_cast<char>(value);
    config[offset + 1] = static_cast<char>(value >> 8);
}

inline void put32(std::string& config, size_t offset, uint32_t value)
{
    put16(config, offset, value & 0xffff);
    put16(config, offset + 2, value >> 16);
}

// A function with power management at 40 and PCI Express of this type at 50, with this port number.
inline std::string express(unsigned type, unsigned port)
{
    std::string config(4096, '\0');
    put16(config, 0x06, 0x10);
    config[0x34] = 0x40;
    put16(config, 0x40, 0x5001);
    put16(config, 0x50, 0x0010);
    put16(config, 0x52, type << 4 | 2);
    put32(config, 0x5c, port << 24 | 0x123);
    return config;
}

// A root port.
inline std::string root_port(unsigned port)
{
    auto config = express(4, port);
    config[0x0e] = 1;
    return config;
}

// An endpoint with error reporting at 100 and a serial number at 140.
inline std::string with_serial(uint64_t serial)
{
    auto config = express(0, 0);
    put32(config, 0x100, 0x14010001);
    put32(config, 0x140, 0x00010003);
    put32(config, 0x144, static_cast<uint32_t>(serial));
    put32(config, 0x148, static_cast<uint32_t>(serial >> 32));
    return config;
}

} // namespace vfio_early
