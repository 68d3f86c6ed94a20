// SPDX-License-Identifier: MIT
#pragma once

#include "core/inventory.h"

namespace vfio_early {

// What describes a guest, and so takes its devices.
enum class GuestFormat : uint8_t { Libvirt, Qemu, Proxmox };

// By its name: 'libvirt', 'qemu' or 'proxmox'.
std::optional<GuestFormat> guest_format_of(std::string_view name);
inline constexpr std::string_view guest_formats[] = {"libvirt", "qemu", "proxmox"};

// Writes what gives these devices, in the order of their addresses, to a guest: elements of libvirt's domain
// XML, options of QEMU, or lines of Proxmox's configuration. Functions of one card are one card in the guest
// too, behind a port of its own.
void write_guest(Sink&, GuestFormat, DeviceIndices const&, Inventory const&);

} // namespace vfio_early
