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
