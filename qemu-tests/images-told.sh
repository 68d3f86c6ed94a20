#!/bin/sh
# SPDX-License-Identifier: MIT
# What `vfio-early check` says of images that the tools of a system make, in its root file system: of one that is well, that
# is older than the INI, that lacks something, that is not there. Runs as root in a mount namespace of its own, and prints a
# line for each thing that is not as it should be; which step it is at goes to standard error.
#
#   unshare --mount sh images-told.sh ROOT PACKAGE SYSFS PREPARE
#
# ROOT stays as it is: all changes go to an overlay in memory. SYSFS is a tree that stands in for the /sys of a machine,
# PREPARE is run first in the root file system.
set -eu
root=$1 package=$2 sysfs=$3 prepare=$4

# shellcheck source=qemu-tests/overlay.sh
. "$(dirname "$0")/overlay.sh"
overlay_with_package "$root" "$package"

# expect_told WHAT [LINE...]: what check says of images
expect_told() {
    what=$1
    shift
    : >"$work/expected"
    [ $# = 0 ] || printf 'warning: %s\n' "$@" >"$work/expected"
    chroot "$work/root" vfio-early check >"$work/check" 2>&1 || complain "$what: check ended with $?: $(cat "$work/check")"
    grep -E "initramfs|'dracut|'update" "$work/check" >"$work/told" || :
    cmp -s "$work/expected" "$work/told" || complain "$what: check said '$(cat "$work/told")' and not '$(cat "$work/expected")'"
}

printf '[bind]\nwifi = 0000:02:00.0\n' >"$work/root/etc/vfio-early.ini"

lacks_hook="the hook that runs it (executable)"
if [ -x "$work/root/usr/bin/dracut" ]; then
    make="dracut -f --kver $version"
    hook=usr/lib/dracut/modules.d/50vfio-early/module-setup.sh
    without_hook="sed -i '/add-wants/d; s/inst_hook .*/:/' /$hook"
    without_vfio="sed -i '/instmods/d; /^installkernel()/a :' /$hook"
    # Without the binary dracut takes nothing of us.
    lacks_binary="/usr/sbin/vfio-early, /etc/vfio-early.ini, $lacks_hook, vfio-pci"
else
    make="update-initramfs -u -k $version"
    hook=usr/share/initramfs-tools
    without_hook="rm /$hook/scripts/init-top/00-vfio-early"
    without_vfio="sed -i '/^manual_add_modules/d' /$hook/hooks/vfio-early"
    lacks_binary="/usr/sbin/vfio-early"
fi
in_kernel="kernel $version: its initramfs /boot/initrd.img-$version"
anew="'$make' makes it anew"

step prepare
run sh -eu -c "$prepare"

step install
run dpkg --force-confold --install /tmp/vfio-early.deb
mount --bind "$sysfs" "$work/root/sys"
expect_told "after installing"

step an image that is older
touch -d 2020-01-01 "$image"
expect_told "where the image is older" "$in_kernel is older than /etc/vfio-early.ini, and the boot goes by the copy in there" "$anew"
# The hooks ask for the plan while they make an image.
chroot "$work/root" vfio-early check --kernel "$version" >"$work/check" 2>&1 || complain "check --kernel ended with $?"
! grep initramfs "$work/check" || complain "check --kernel said something of an image"
run sh -c "$make"
expect_told "after making it anew as it was said"

step an image without the binary
mv "$work/root/usr/sbin/vfio-early" "$work/binary"
run sh -c "$make"
mv "$work/binary" "$work/root/usr/sbin/vfio-early"
expect_told "without the binary" "$in_kernel lacks $lacks_binary, so nothing is bound when it boots" "$anew"

# without WHAT LACKS COMMAND
without() {
    step "an image without $1"
    cp -a "$work/root/$hook" "$work/hook"
    run sh -c "$3"
    run sh -c "$make"
    rm -r "${work:?}/root/$hook"
    mv "$work/hook" "$work/root/$hook"
    expect_told "without $1" "$in_kernel lacks $2, so nothing is bound when it boots" "$anew"
}
without "the hook" "$lacks_hook" "$without_hook"
[ -x "$work/root/usr/bin/dracut" ] || without "a hook that can be run" "$lacks_hook" "chmod -x /$hook/scripts/init-top/00-vfio-early"
without "vfio-pci" vfio-pci "$without_vfio"

step no image at all
rm "$image"
expect_told "without an image" "kernel $version: there is no initramfs for /boot/vmlinuz-$version, so nothing is bound when it boots" "$anew"
