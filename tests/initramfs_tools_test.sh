#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs the hook for initramfs-tools against stand-ins for the functions that it calls: what images of Debian do not show.
# shellcheck disable=SC2034,SC2317 # hooks.sh reads `check` and calls the functions
set -u
hook=$(dirname "$0")/../hooks/initramfs-tools/hooks/vfio-early
# shellcheck source=tests/hooks.sh
. "$(dirname "$0")/hooks.sh"

# What the hook does, one call a line, where the kernel has the modules $modules. As in the real functions, a file that is
# copied is in the image, and copying it again fails.
modules="vfio-pci vfio_iommu_type1"
calls_of_hook() {
    rm -rf "$machine/image"
    cat >"$machine/hook-functions" <<'END'
copy() {
    [ ! -e "$DESTDIR$1" ] || return 1
    mkdir -p "$DESTDIR${1%/*}" && : >"$DESTDIR$1"
}
copy_exec() { echo "copy_exec ${1#"$MACHINE"}"; copy "${1#"$MACHINE"}"; }
copy_file() { echo "copy_file $1 ${2#"$MACHINE"}"; copy "${2#"$MACHINE"}"; }
manual_add_modules() { echo "manual_add_modules $*"; }
modinfo() { case " $modules " in *" $3 "*) ;; *) return 1 ;; esac; }
END
    hook_text "$hook" | sed -e "s|/usr/share/initramfs-tools/hook-functions|$machine/hook-functions|" \
        -e "s|\$DESTDIR$machine|\$DESTDIR|g" >"$machine/hook"
    MACHINE=$machine DESTDIR=$machine/image version=$kernel modules=$modules sh "$machine/hook"
    echo "status $?"
}
modules_added="manual_add_modules vfio-pci vfio-pci-core vfio_virqfd vfio irqbypass vfio_iommu_type1 pci-stub virtio_iommu"

expect "the binary, the INI, the modules and the facts go into the image" "$(on_machine calls_of_hook)" "\
copy_exec /usr/sbin/vfio-early
copy_file config /etc/vfio-early.ini
$modules_added
asked check --kernel $kernel --write-facts /etc/vfio-early.facts
copy_file config /etc/vfio-early.facts
status 0"
make_machine
rm "$machine/etc/vfio-early.ini"
expect "a missing INI is warned of once" "$(on_machine calls_of_hook)" "\
copy_exec /usr/sbin/vfio-early
W: vfio-early: /etc/vfio-early.ini is missing, no device will be bound at boot
$modules_added
status 0"
make_machine
rm "$machine/usr/sbin/vfio-early"
expect "a missing binary is warned of once, and asked nothing" "$(on_machine calls_of_hook)" "\
W: vfio-early: /usr/sbin/vfio-early is missing, no device will be bound at boot
copy_file config /etc/vfio-early.ini
$modules_added
status 0"
make_machine
check="gpu 0000:01:00.0: would bind to vfio-pci
nic 0000:02:00.0: refused (shared-group): group 8 also holds 100% of it
  add:
    [stub]
    sata = 0000:02:00.1
would bind 1 of 2 listed devices"
expect "it is told what the next boot will do" "$(on_machine calls_of_hook | grep '^[IW]:')" "\
I: vfio-early: gpu 0000:01:00.0: would bind to vfio-pci
W: vfio-early: nic 0000:02:00.0: refused (shared-group): group 8 also holds 100% of it
I: vfio-early:   add:
I: vfio-early:     [stub]
I: vfio-early:     sata = 0000:02:00.1
I: vfio-early: would bind 1 of 2 listed devices"
check=
expect_facts calls_of_hook "copy_file config /etc/vfio-early.facts"

exit $((failures > 0))
