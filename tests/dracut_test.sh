#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs the functions of the dracut module against stand-ins for those that they call: what boots of Debian do not show.
# shellcheck disable=SC2034,SC2317 # the module reads these variables and calls these functions
set -u
module=$(dirname "$0")/../hooks/dracut/50vfio-early
# shellcheck source=tests/hooks.sh
. "$(dirname "$0")/hooks.sh"

# What installkernel() asks for in a hostonly image.
modules_when_hostonly() {
    hostonly=yes
    instmods() { echo "hostonly=$hostonly $*"; }
    # shellcheck source=/dev/null
    . "$module/module-setup.sh"
    installkernel
}
expect "a hostonly image gets the modules that the machine does not use yet" \
    "$(modules_when_hostonly)" "hostonly= vfio-pci vfio vfio_iommu_type1 pci-stub virtio_iommu"

# What install() does, one call a line, on the machine that the image is for, where $dracutmodules is "$1", the modules
# that go in, and $dracutsysrootdir is "$2".
calls_of_install() {
    dracutmodules=$1 add_dracutmodules='' force_add_dracutmodules='' moddir=. systemdsystemunitdir=/units initdir=/image
    SYSTEMCTL='echo systemctl' dracutsysrootdir=${2-}
    for function in inst_binary inst_simple inst_hook dinfo dwarn; do
        eval "$function() { echo \"$function \$*\"; }"
    done
    dracut_module_included() { [[ " $dracutmodules " == *" $1 "* ]]; }
    eval "/usr/sbin/vfio-early() { echo 'gpu: would bind to vfio-pci'; echo 'nic: refused'; }"
    eval "$(sed 's|/proc/1/root/\.|/|' "$module/module-setup.sh")"
    install
    echo "status $?"
}
expect "an image without systemd gets the hook" "$(calls_of_install "base udev-rules")" "\
inst_binary /usr/sbin/vfio-early
inst_simple /etc/vfio-early.ini
dinfo vfio-early: gpu: would bind to vfio-pci
dwarn vfio-early: nic: refused
inst_hook cmdline 00 ./vfio-early.sh
status 0"
expect "an image for what is below --sysroot tells nothing of this machine" \
    "$(calls_of_install base /elsewhere | grep -c vfio-early:)" 0
expect "a rescue image with systemd gets the unit and no INI" "$(calls_of_install "systemd rescue")" "\
inst_binary /usr/sbin/vfio-early
inst_simple ./vfio-early.service /units/vfio-early.service
systemctl -q --root /image add-wants sysinit.target vfio-early.service
status 0"

exit $((failures > 0))
