// SPDX-License-Identifier: MIT
#pragma once

#include "core/explain.h"

namespace vfio_early {

// The initramfs images of the installed kernels: the boot goes by what is in there, and not by what is in
// /etc.

// What an image must have, by what a name in its list of files ends with or goes on with.
struct ImagePart {
    std::string_view name;
    std::string_view marks[4]; // any of these; the rest is empty
    std::optional<Target> target; // only where this driver is needed
};

constexpr ImagePart image_parts[] = {
    {"/usr/sbin/vfio-early", {"bin/vfio-early"}, {}},
    {"/etc/vfio-early.ini", {"etc/vfio-early.ini"}, {}},
    // As hooks/ has them: initramfs-tools; units; dracut without systemd; mkinitcpio without systemd.
    {"the hook that runs it",
        {"init-top/00-vfio-early", "sysinit.target.wants/vfio-early.service", "cmdline/00-vfio-early",
            "hooks/vfio-early"},
        {}},
    {"vfio-pci", {"/vfio-pci.ko"}, Target::VfioPci},
    {"pci-stub", {"/pci-stub.ko"}, Target::PciStub},
};

// The bits of image_parts that a line of a list of files shows.
uint8_t parts_in(std::string_view line);

// Where generators and distributions put the image of a kernel: V is its version, M the machine-id, P the
// name of its package (lib/modules/V/pkgbase). initramfs-tools and Debian's dracut; dracut; SUSE's dracut;
// mkinitcpio; dracut where there is a boot loader of the specification; ostree.
constexpr std::string_view image_places[] = {
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
