# SPDX-License-Identifier: MIT
# Sourced by the scripts that change a root file system: all changes go to an overlay in memory, in this mount namespace.

# step WHAT: names in the log, which standard error goes to, what is done next
step() {
    echo "== $*" >&2
}

# overlay ROOT: sets `work`, where $work/root is the file system to change. It is gone when the script ends.
overlay() {
    step mount the overlay
    work=$(mktemp -d)
    trap remove_overlay EXIT
    mount -t tmpfs tmpfs "$work"
    mkdir "$work/upper" "$work/work" "$work/root"
    mount -t overlay overlay -o "lowerdir=$1,upperdir=$work/upper,workdir=$work/work" "$work/root"
    mount -t proc proc "$work/root/proc"
    mount -t tmpfs tmpfs "$work/root/tmp"
}

remove_overlay() {
    ! mountpoint -q "$work" || umount -R "$work"
    rmdir "$work"
}

# complain WHAT: what is not as it should be
complain() {
    echo "$*"
}

# run COMMAND...: in the file system. Its messages go to $work/log, and to standard output when it fails.
run() {
    chroot "$work/root" /usr/bin/env DEBIAN_FRONTEND=noninteractive "$@" >"$work/log" 2>&1 || {
        complain "$* failed:"
        cat "$work/log"
    }
}

# overlay_with_package ROOT PACKAGE: the same with the package as /tmp/vfio-early.deb; sets `version` and `image`, of the kernel
# that is installed there.
overlay_with_package() {
    overlay "$1"
    step copy the package
    cp "$2" "$work/root/tmp/vfio-early.deb"
    version=$(ls "$work/root/usr/lib/modules")
    # shellcheck disable=SC2034 # for who sources this
    image=$work/root/boot/initrd.img-$version
    # No image is booted here: initramfs-tools leaves out what it would take long to collect.
    [ ! -d "$work/root/etc/initramfs-tools" ] || echo MODULES=list >"$work/root/etc/initramfs-tools/conf.d/modules"
}
