#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the package in a root file system and lets the distribution's own tools make an initramfs image of it. Runs as
# root in a mount namespace of its own:
#
#   unshare --mount sh build-image.sh ROOT PACKAGE PROGRAMS GUEST OUTPUT
#
# ROOT is a root file system and stays as it is: all changes go to an overlay in memory. PACKAGE is our .deb, PROGRAMS and
# GUEST have what the tests run inside. OUTPUT has two shell scripts that are run inside: `prepare` before the package is
# installed, `change` before its trigger makes the image; and in `modules`, if that is there, the source of kernel modules
# that are installed first. OUTPUT receives vmlinuz, initrd.img,
# files, the names of what is in the image, and order, the scripts of its first stage as they are run;
# and where it has a file `disk`, the whole system as root.disk. What all this says is the caller's to keep.
set -eu
root=$1 package=$2 programs=$3 guest=$4 output=$5

# shellcheck source=qemu-tests/overlay.sh
. "$(dirname "$0")/overlay.sh"
overlay "$root"
step copy the package and the programs
tests=$work/root/usr/lib/vfio-early-tests
install -D -t "$tests" "$programs/vfio-client" "$programs/real_root" "$programs/inject" "$guest/inspect.sh"
cp "$package" "$work/root/tmp/vfio-early.deb"

run() {
    chroot "$work/root" /usr/bin/env DEBIAN_FRONTEND=noninteractive sh -eu "$@"
}

if [ -e "$output/modules" ]; then
    step build kernel modules
    cp -r "$output/modules" "$work/root/tmp/"
    run -c 'make -C /tmp/modules' >&2
fi

step prepare
run <"$output/prepare"
version=$(ls "$work/root/usr/lib/modules")
touch -d @0 "$work/root/boot/initrd.img-$version"

step install the package
# As apt does it: the triggers, which make the image, come last. confold: an INI that prepare has written is kept, as a user's is.
run -c 'dpkg --no-triggers --force-confold --install /tmp/vfio-early.deb'

step change
run <"$output/change"

step make the image
run -c 'dpkg --triggers-only --pending'
if [ "$(stat -c %Y "$work/root/boot/initrd.img-$version")" = 0 ]; then
    echo "installing the package did not make a new image" >&2
    exit 1
fi

step list the image
if [ -x "$work/root/usr/bin/lsinitrd" ]; then
    run -c "lsinitrd /boot/initrd.img-$version" >"$output/files"
    sed -n 's|.*/hooks/cmdline/||p' "$output/files" | LC_ALL=C sort >"$output/order"
else
    run -c "mkdir /image && unmkinitramfs /boot/initrd.img-$version /image"
    (cd "$work/root/image" && find . -type f -o -type l) | sort >"$output/files"
    find "$work/root/image" -path '*/scripts/init-top/ORDER' -exec sed -n 's|^/scripts/init-top/\([^ ]*\).*|\1|p' {} + >"$output/order"
fi

step copy kernel, image, and what of ours is in it
cp "$work/root/boot/vmlinuz-$version" "$output/vmlinuz"
cp "$work/root/boot/initrd.img-$version" "$output/initrd.img"
for file in vfio-early.ini vfio-early.facts; do
    [ ! -e "$work/root/etc/$file" ] || cp "$work/root/etc/$file" "$output/"
done

if [ -e "$output/disk" ]; then
    step make a disk of the whole system
    units=$work/root/etc/systemd/system
    install -D -m 644 -t "$units" "$guest/inspect.service" "$guest/make-image.service"
    mkdir -p "$units/multi-user.target.wants"
    ln -s ../inspect.service ../make-image.service "$units/multi-user.target.wants/"
    ln -s /dev/null "$units/serial-getty@ttyS0.service" # the serial line is ours
    # Without an id a boot makes one, and without these two it runs ldconfig and its like: it takes seconds longer.
    echo 0123456789abcdef0123456789abcdef >"$work/root/etc/machine-id"
    touch "$work/root/etc/.updated" "$work/root/var/.updated"
    umount "$work/root/proc" "$work/root/tmp"
    truncate -s 3G "$output/root.disk"
    mke2fs -q -F -t ext4 -L root -d "$work/root" "$output/root.disk"
fi
chmod a+r "$output"/*
