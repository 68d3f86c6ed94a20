# Sourced by the scripts that change a root file system: all changes go to an overlay in memory, in this mount namespace.
# overlay ROOT: sets `work`, where $work/root is the file system to change.
overlay() {
    work=$(mktemp -d)
    mount -t tmpfs tmpfs "$work"
    mkdir "$work/upper" "$work/work" "$work/root"
    mount -t overlay overlay -o "lowerdir=$1,upperdir=$work/upper,workdir=$work/work" "$work/root"
    mount -t proc proc "$work/root/proc"
    mount -t tmpfs tmpfs "$work/root/tmp"
}

remove_overlay() {
    umount -R "$work"
    rmdir "$work"
}
