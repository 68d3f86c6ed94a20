#!/bin/sh
# Installs the package in a root file system and lets the distribution's own tools make an initramfs image of it. Runs as
# root in a mount namespace of its own:
#
#   unshare --mount build-image.sh ROOT PACKAGE CLIENT OUTPUT
#
# ROOT is a root file system and stays as it is: all changes go to an overlay in memory. PACKAGE is our .deb, CLIENT the
# VFIO client of the tests. OUTPUT has two shell scripts that are run inside: `prepare` before the package is installed,
# `change` afterwards; where it is empty, the image is the one that installing the package made. OUTPUT receives
# vmlinuz, initrd.img, files, order and build.log.
set -eu
root=$1 package=$2 client=$3 output=$4

work=$(mktemp -d)
mount -t tmpfs tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay overlay -o "lowerdir=$root,upperdir=$work/upper,workdir=$work/work" "$work/root"
mount -t proc proc "$work/root/proc"
mount -t tmpfs tmpfs "$work/root/tmp"
install -D "$client" "$work/root/usr/lib/vfio-early-tests/vfio-client"
cp "$package" "$work/root/tmp/vfio-early.deb"

run() {
    chroot "$work/root" /usr/bin/env DEBIAN_FRONTEND=noninteractive sh -eu "$@"
}

{
    echo "== prepare"
    run <"$output/prepare"
    version=$(ls "$work/root/usr/lib/modules")
    touch -d @0 "$work/root/boot/initrd.img-$version"
    echo "== install"
    # confold: where prepare has written the INI, it is kept, as a user's is.
    run -c 'dpkg --force-confold --install /tmp/vfio-early.deb'
    if [ -s "$output/change" ]; then
        echo "== change"
        run <"$output/change"
        run -c 'dpkg-trigger --no-await update-initramfs && dpkg --triggers-only --pending'
    fi
} >"$output/build.log" 2>&1 || {
    cat "$output/build.log" >&2
    exit 1
}

if [ "$(stat -c %Y "$work/root/boot/initrd.img-$version")" = 0 ]; then
    echo "installing the package did not make a new image" >&2
    exit 1
fi
if [ -x "$work/root/usr/bin/lsinitrd" ]; then
    run -c "lsinitrd /boot/initrd.img-$version" >"$output/files"
    : >"$output/order"
else
    run -c "mkdir /image && unmkinitramfs /boot/initrd.img-$version /image"
    (cd "$work/root/image" && find . -type f -o -type l) | sort >"$output/files"
    find "$work/root/image" -path '*/scripts/init-top/ORDER' -exec cat {} + >"$output/order"
fi
cp "$work/root/boot/vmlinuz-$version" "$output/vmlinuz"
cp "$work/root/boot/initrd.img-$version" "$output/initrd.img"
chmod a+r "$output"/*
umount -R "$work"
rmdir "$work"
