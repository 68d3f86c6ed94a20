// SPDX-License-Identifier: MIT
#pragma once

#include "core/explain.h"

namespace vfio_early {

// The initramfs images of the installed kernels: the boot goes by what is in there, and not by what is in
// /etc.

// The bits of what a line of an image's list of files shows: what an image must have, by name in image.cpp.
uint8_t parts_in(std::string_view line);

// The bit of a driver's module, and those of everything else.
constexpr unsigned part_of(Target target)
{
    return target == Target::VfioPci ? 0b1000 : 0b10000;
}
constexpr unsigned parts_of_ours = 0b111;

// Where generators and distributions put the image of a kernel: V is its version, M the machine-id, P the
// name of its package (lib/modules/V/pkgbase). initramfs-tools and Debian's dracut; dracut; SUSE's dracut;
// mkinitcpio; dracut where there is a boot loader of the specification; ostree.
constexpr char const* image_places[] = {
    "boot/initrd.img-V",
    "boot/initramfs-V.img",
    "boot/initrd-V",
    "boot/initramfs-P.img",
    "efi/M/V/initrd",
    "boot/M/V/initrd",
    "boot/efi/M/V/initrd",
    "lib/modules/V/initrd",
    "lib/modules/V/initramfs.img",
};

void tell_of_images(Session const&, Tell);

} // namespace vfio_early
