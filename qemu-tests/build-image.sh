#!/bin/sh
# Builds an initramfs image with the distribution's own mkinitramfs. Runs as root in a mount namespace of its own:
#
#   unshare --mount build-image.sh ROOT BUILD GUEST OUTPUT
#
# ROOT is a root file system and stays as it is: all changes go to an overlay in memory. BUILD is the build directory that
# is installed into it, GUEST has the programs of the tests. Standard input is a shell script that is run inside the
# file system before the image is made. OUTPUT receives vmlinuz, initrd.img, ORDER, files and build.log.
set -eu
root=$1 build=$2 guest=$3 output=$4

work=$(mktemp -d)
mount -t tmpfs tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay overlay -o "lowerdir=$root,upperdir=$work/upper,workdir=$work/work" "$work/root"
mount -t proc proc "$work/root/proc"

DESTDIR="$work/root" cmake --install "$build" >/dev/null
install -D "$guest/vfio-client" "$work/root/usr/lib/vfio-early-tests/vfio-client"
cat >"$work/root/prepare"
chroot "$work/root" sh -eu /prepare

version=$(ls "$work/root/usr/lib/modules")
chroot "$work/root" mkinitramfs -o /boot/initrd.img "$version" >"$output/build.log" 2>&1 || {
    cat "$output/build.log" >&2
    exit 1
}
chroot "$work/root" sh -eu -c 'mkdir /image && unmkinitramfs /boot/initrd.img /image'
find "$work/root/image" -path '*/scripts/init-top/ORDER' -exec cat {} + >"$output/ORDER"
(cd "$work/root/image" && find . -type f -o -type l) | sort >"$output/files"
cp "$work/root/boot/vmlinuz-$version" "$output/vmlinuz"
cp "$work/root/boot/initrd.img" "$output/initrd.img"
chmod a+r "$output"/*
umount -R "$work"
rmdir "$work"
