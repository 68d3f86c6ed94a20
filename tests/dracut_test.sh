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

# What install() does, one call a line, where $dracutmodules is "$1", the modules that go in, and $dracutsysrootdir is
# "$2".
calls_of_install() (
    dracutmodules=${1-base} add_dracutmodules='' force_add_dracutmodules='' moddir=. systemdsystemunitdir=/units initdir=/image
    SYSTEMCTL='echo systemctl' dracutsysrootdir=${2-}
    for function in inst_binary inst_simple inst_hook dinfo dwarn; do
        eval "$function() { echo \"$function \$*\"; }"
    done
    dracut_module_included() { [[ " $dracutmodules " == *" $1 "* ]]; }
    export check
    eval "$(hook_text "$module/module-setup.sh")"
    install
    echo "status $?"
)
check="gpu: would bind to vfio-pci
nic: refused
  add:"
expect "an image without systemd gets the hook" "$(on_machine calls_of_install "base udev-rules")" "\
inst_binary /usr/sbin/vfio-early
inst_simple /etc/vfio-early.ini
asked check --kernel $kernel --write-facts /etc/vfio-early.facts
dinfo vfio-early: gpu: would bind to vfio-pci
dwarn vfio-early: nic: refused
dinfo vfio-early:   add:
inst_simple /etc/vfio-early.facts
inst_hook cmdline 00 ./vfio-early.sh
status 0"
expect "a rescue image with systemd gets the unit, and neither INI nor facts" \
    "$(on_machine calls_of_install "systemd rescue")" "\
inst_binary /usr/sbin/vfio-early
inst_simple ./vfio-early.service /units/vfio-early.service
systemctl -q --root /image add-wants sysinit.target vfio-early.service
status 0"
check=
make_machine
expect "an image for what is below --sysroot tells and records nothing of this machine" \
    "$(on_machine calls_of_install base /elsewhere | grep -c 'asked\|facts')" 0
mkdir -p "$machine/elsewhere$machine/etc"
touch "$machine/elsewhere$machine/etc/vfio-early.facts"
expect "... and carries the facts that are there" \
    "$(on_machine calls_of_install base "$machine/elsewhere" | grep 'asked\|facts')" "inst_simple /etc/vfio-early.facts"
expect_facts calls_of_install "inst_simple /etc/vfio-early.facts"

exit $((failures > 0))
