#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes images with initramfs-tools, each with one thing more, and says what that adds. Runs as root in a mount namespace of
# its own; all changes to the root file system go to an overlay in memory.
#
#   unshare --mount sh size.sh ROOT PACKAGE
#
# Prints for each: its name, bytes of the image, bytes of the files that are new in it, and of these packed by `zstd -19`.
set -eu
root=$1 package=$2

# shellcheck source=qemu-tests/overlay.sh
. "$(dirname "$0")/../qemu-tests/overlay.sh"
overlay "$root"
cp "$package" "$work/root/tmp/vfio-early.deb"

inside() {
    chroot "$work/root" /usr/bin/env DEBIAN_FRONTEND=noninteractive "$@" >&2
}

# image NAME BEFORE: makes one, and says what it has more than another
image() {
    step "image: $1"
    inside update-initramfs -u
    inside unmkinitramfs "/boot/initrd.img-$version" "/tmp/$1"
    (cd "$work/root/tmp/$1" && find . -type f | LC_ALL=C sort) >"$work/root/tmp/$1.files"
    LC_ALL=C comm -13 "$work/root/tmp/$2.files" "$work/root/tmp/$1.files" >"$work/root/tmp/$1.new"
    plain=$(cd "$work/root/tmp/$1" && tr '\n' '\0' <"../$1.new" | xargs -0r stat -c %s | awk '{ sum += $1 } END { print sum + 0 }')
    # shellcheck disable=SC2016 # expanded by the shell inside
    packed=$(chroot "$work/root" sh -c 'cd "/tmp/$1" && cpio --quiet -o -H newc <"../$1.new" | zstd -19 | wc -c' sh "$1")
    echo "$1 $(stat -c %s "$work/root/boot/initrd.img-$version") $plain $packed"
    sed "s/^/new in $1: /" "$work/root/tmp/$1.new" >&2
}

version=$(ls "$work/root/usr/lib/modules")
rm -f "$work/root/etc/initramfs-tools/conf.d/compress" # packed as the distribution does it
: >"$work/root/tmp/nothing.files"
image plain nothing
printf 'vfio_pci\nvfio_iommu_type1\npci_stub\n' >>"$work/root/etc/initramfs-tools/modules"
image modules plain

hook=$work/root/etc/initramfs-tools/hooks/driverctl
cat >"$hook" <<'END'
#!/bin/sh
case "$1" in prereqs) exit 0 ;; esac
. /usr/share/initramfs-tools/hook-functions
copy_exec /usr/bin/bash
copy_file script /usr/sbin/driverctl
exit 0
END
chmod +x "$hook"
image driverctl modules
rm "$hook"

inside dpkg --no-triggers --install /tmp/vfio-early.deb
image vfio-early modules
