#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs in a whole Debian, as a unit behind multi-user.target: makes an initramfs image with the distribution's own tool, on the
# machine that it is for. The script `on_machine` beside it is run before; where that leaves another system in /target, with
# all that a chroot needs, the image is made in that one. What came of it goes to the disk `exchange`, as an archive.
set -eu
exec >/dev/console 2>&1
dmesg -n 1
echo

# step WHAT: names in the log what is done next, and when
step() {
    echo "== $* (at $(cut -d ' ' -f 1 /proc/uptime) s)"
}

step run on_machine
sh -eu ./on_machine

target=/target
[ -d "$target" ] || target=/
version=$(ls "$target/usr/lib/modules")
image=$target/boot/initrd.img-$version

step make the image
touch -d @0 "$image"
# Like Debian's trigger, which calls dracut with --quiet, so that it hides all but warnings; 4 is info.
if [ -x "$target/usr/bin/dracut" ]; then
    chroot "$target" dracut --stdlog 4 --force "/boot/initrd.img-$version" "$version" >build.log 2>&1
else
    chroot "$target" update-initramfs -u >build.log 2>&1
fi || {
    cat build.log
    exit 1
}
[ "$(stat -c %Y "$image")" != 0 ]

step hand it over
rm make-image.sh on_machine
ln -s "$image" initrd.img
for file in vfio-early.ini vfio-early.facts; do
    [ ! -e "$target/etc/$file" ] || ln -s "$target/etc/$file" .
done
tar --dereference -cf /dev/disk/by-id/virtio-exchange -- *
sync
echo "@@ image made"
