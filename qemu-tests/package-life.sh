#!/bin/sh
# SPDX-License-Identifier: MIT
# The life of the package in a root file system: install, use, upgrade, remove, purge. Runs as root in a mount namespace of
# its own, and prints a line for each thing that is not as it should be; which step it is at goes to standard error.
#
#   unshare --mount sh package-life.sh ROOT PACKAGE SYSFS
#
# ROOT stays as it is: all changes go to an overlay in memory. SYSFS is a tree that stands in for the /sys of a machine.
set -eu
root=$1 package=$2 sysfs=$3

# shellcheck source=qemu-tests/overlay.sh
. "$(dirname "$0")/overlay.sh"
overlay_with_package "$root" "$package"
ini=$work/root/etc/vfio-early.ini
facts=$work/root/etc/vfio-early.facts

age_image() {
    touch -d @0 "$image"
}

# expect_new_image WHAT
expect_new_image() {
    [ "$(stat -c %Y "$image")" != 0 ] || complain "$1 did not make a new image"
}

# An image that is built on the machine itself: process 1 has the same root, and is in the first PID namespace.
# build_image_on_machine WHAT
build_image_on_machine() {
    mount -t tmpfs tmpfs "$work/root/proc/1"
    ln -s / "$work/root/proc/1/root"
    mkdir "$work/root/proc/1/ns"
    ln -s 'pid:[4026531836]' "$work/root/proc/1/ns/pid"
    mount --bind "$sysfs" "$work/root/sys"
    age_image
    # Debian's trigger runs dracut with --quiet, which hides all but warnings, and dracut 112 hides them by default too: 4
    # is info.
    if [ -x "$work/root/usr/bin/dracut" ]; then
        run dracut --stdlog 4 --force "/boot/initrd.img-$version" "$version"
    else
        run update-initramfs -u
    fi
    expect_new_image "$1"
    umount "$work/root/sys" "$work/root/proc/1"
}

# files_of_image: what it holds, in $work/files
files_of_image() {
    list=lsinitramfs
    [ ! -x "$work/root/usr/bin/lsinitrd" ] || list=lsinitrd
    chroot "$work/root" "$list" "/boot/initrd.img-$version" >"$work/files"
}

# What the package says when it is removed: how to get it out of the images that dpkg's trigger does not rebuild.
command="update-initramfs -u -k all"
[ ! -x "$work/root/usr/bin/dracut" ] || command="dracut --force --regenerate-all"
advice="vfio-early: initramfs images of older kernels keep binding devices at boot; to rebuild them all, run
vfio-early:     $command"

# expect_said WHAT TEXT: dpkg's lines begin otherwise
expect_said() {
    said=$(grep '^vfio-early: ' "$work/log") || :
    [ "$said" = "$2" ] || complain "$1 said '$said' in place of '$2'"
}

# Files that are in the system, without what keeps changing: dpkg's own records, logs, caches and the image.
files() {
    (cd "$work/root" && find . -xdev \( -path ./var/lib/dpkg -o -path ./var/log -o -path ./var/cache -o -path ./boot \
        -o -path ./var/lib/initramfs-tools -o -path ./tmp -o -path ./run \) -prune -o -print) | sort
}

step install
files >"$work/before"
age_image
run dpkg --install /tmp/vfio-early.deb
expect_new_image "installing"
[ ! -e "$facts" ] || complain "installing recorded something in a chroot"
! grep -qE 'would bind|no device is listed' "$work/log" || complain "it told of this machine's next boot, in a chroot"
[ -x "$work/root/usr/sbin/vfio-early" ] || complain "installing did not bring /usr/sbin/vfio-early"

step tell what the next boot does
printf '[bind]\nwifi = 0000:02:00.0\ngpu = 0000:01:00.0\n' >"$ini"
build_image_on_machine "building an image"
grep -q 'vfio-early: wifi 0000:02:00.0: would bind to vfio-pci' "$work/log" ||
    complain "building an image did not say what would be bound: $(grep vfio-early "$work/log")"
grep -q 'vfio-early: gpu 0000:01:00.0: refused (shared-group)' "$work/log" ||
    complain "building an image did not warn of what would be refused: $(grep vfio-early "$work/log")"

step record what the lines mean
grep -q '^selector = 0000:02:00.0$' "$facts" || complain "building an image did not record the line of wifi"
files_of_image
grep -q 'etc/vfio-early.facts$' "$work/files" || complain "the image does not have the facts"
rm "$facts"
mount --bind "$work/root/etc" "$work/root/etc"
mount -o remount,bind,ro "$work/root/etc"
build_image_on_machine "building an image with a read-only /etc"
umount "$work/root/etc"
grep -q 'vfio-early: /etc/vfio-early.facts cannot be written: Read-only file system' "$work/log" ||
    complain "facts that could not be written were not warned of: $(grep vfio-early "$work/log")"
build_image_on_machine "building an image again"
cp "$facts" "$work/facts"

step upgrade
# To a version with another sample; the user's INI stays.
dpkg-deb --raw-extract "$package" "$work/package"
sed -i 's/^Version: .*/&+next/' "$work/package/DEBIAN/control"
echo '; a new sample' >>"$work/package/etc/vfio-early.ini"
dpkg-deb --build "$work/package" "$work/root/tmp/next.deb" >/dev/null
age_image
run dpkg --force-confdef --force-confold --install /tmp/next.deb
expect_new_image "upgrading"
expect_said "upgrading" ""
grep -q '^wifi = 0000:02:00.0$' "$ini" || complain "upgrading lost a change of the INI"
cmp "$facts" "$work/facts" || complain "upgrading changed the facts"
files_of_image
grep -q 'etc/vfio-early.facts$' "$work/files" || complain "the image that was made in a chroot does not have the facts"

step remove
# The image is made anew without us, and the INI stays.
age_image
run dpkg --remove vfio-early
expect_new_image "removing"
expect_said "removing" "$advice"
[ -e "$ini" ] || complain "removing took the INI away"
cmp "$facts" "$work/facts" || complain "removing did not leave the facts as they were"
files_of_image
! grep -q 'sbin/vfio-early' "$work/files" || complain "the image has the binary after removing"

step purge
# Nothing stays.
run dpkg --purge vfio-early
expect_said "purging what had been removed" ""
files >"$work/after"
diff "$work/before" "$work/after" >"$work/difference" || complain "purging left: $(cat "$work/difference")"

step purge at once
# Of what is installed: it is said once.
run dpkg --install /tmp/vfio-early.deb
cp "$work/facts" "$facts"
run dpkg --purge vfio-early
[ ! -e "$facts" ] || complain "purging left the facts"
expect_said "purging" "$advice"

