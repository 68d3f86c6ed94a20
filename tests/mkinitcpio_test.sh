#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs the hooks for mkinitcpio against stand-ins for its functions and variables that they use. No Arch Linux here: what
# the real ones do with these calls is not tested.
# shellcheck disable=SC2034,SC2317 # the hook reads these variables and calls these functions
set -u
hooks=$(dirname "$0")/../hooks/mkinitcpio
# shellcheck source=tests/hooks.sh
. "$(dirname "$0")/hooks.sh"

# What build() does, one call a line, where HOOKS of mkinitcpio.conf are "$1" and those in effect, after -A and -S, are
# "$2", and the kernel has the modules $modules.
modules="vfio-pci vfio_iommu_type1"
calls_of_build() (
    read -ra HOOKS <<<"${1-base}"
    read -ra _hooks <<<"${2-${1-base}}"
    _optmoduleroot=/modroot KERNELVERSION=$kernel
    for function in add_binary add_file add_module add_symlink add_runscript; do
        eval "$function() { echo \"$function\${*:+ \$*}\"; return 1; }"
    done
    # They print as printf does: what comes of a machine must not be the format.
    # shellcheck disable=SC2059
    warning() { printf "warning $1\n" "${@:2}"; }
    # shellcheck disable=SC2059
    msg2() { printf "msg2 $1\n" "${@:2}"; }
    modinfo() {
        [[ $1 == -b && $2 == /modroot && $3 == -k && $4 == "$kernel" && " $modules " == *" $5 "* ]]
    }
    export check
    eval "$(hook_text "$hooks/install/vfio-early")"
    build
    echo "status $?"
)
image_of() {
    on_machine calls_of_build "$@"
}

modules_added="add_module vfio-pci?
add_module vfio_iommu_type1?
add_module pci-stub?
add_module virtio_iommu?"
unit_added="add_file /usr/lib/initcpio/vfio-early.service /usr/lib/systemd/system/vfio-early.service
add_symlink /usr/lib/systemd/system/sysinit.target.wants/vfio-early.service ../vfio-early.service"
busybox_image="add_binary /usr/bin/vfio-early
add_file /etc/vfio-early.ini
$modules_added
add_runscript
status 0"
systemd_image="add_binary /usr/bin/vfio-early
add_file /etc/vfio-early.ini
$modules_added
$unit_added
status 0"

# --- which kind of image; the rest of these is made in a container
touch "$machine/.dockerenv"
expect "a busybox image gets the run script" "$(image_of "base udev vfio-early block")" "$busybox_image"
expect "a systemd image gets the unit, wanted by sysinit.target" \
    "$(image_of "base systemd vfio-early block")" "$systemd_image"
expect "-S systemd makes a busybox image" \
    "$(image_of "base systemd vfio-early" "base vfio-early")" "$busybox_image"
expect "-A systemd makes a systemd image" \
    "$(image_of "base vfio-early" "base vfio-early systemd")" "$systemd_image"
expect "a hook whose name only has systemd in it is not systemd" \
    "$(image_of "base sd-systemd-extra vfio-early")" "$busybox_image"

# --- what is missing
mv "$machine/etc/vfio-early.ini" "$machine/elsewhere"
expect "a missing INI is warned of" "$(image_of base)" "\
add_binary /usr/bin/vfio-early
warning vfio-early: /etc/vfio-early.ini is missing, no device will be bound at boot
$modules_added
add_runscript
status 0"
make_machine
rm "$machine/usr/bin/vfio-early"
expect "a missing binary is warned of, and asked nothing" "$(image_of base)" "\
warning vfio-early: /usr/bin/vfio-early is missing, no device will be bound at boot
status 0"
make_machine
expect "a kernel without the modules is warned of" "$(modules='' image_of base | grep warning)" "\
warning vfio-early: kernel $kernel has no module vfio-pci
warning vfio-early: kernel $kernel has no module vfio_iommu_type1"
expect "a kernel without one of the modules is warned of" "$(modules=vfio-pci image_of base | grep warning)" \
    "warning vfio-early: kernel $kernel has no module vfio_iommu_type1"

# --- what check says, on the machine that the image is for
check="gpu 0000:01:00.0: would bind to vfio-pci
nic 0000:02:00.0: refused (shared-group): group 8 also holds 100% of it
  add:
    [stub]
    sata = 0000:02:00.1
would bind 1 of 2 listed devices"
expect "on the machine itself it is told what the next boot will do" "$(image_of base | grep -v 'add_\|asked')" "\
msg2 vfio-early: gpu 0000:01:00.0: would bind to vfio-pci
warning vfio-early: nic 0000:02:00.0: refused (shared-group): group 8 also holds 100% of it
msg2 vfio-early:   add:
msg2 vfio-early:     [stub]
msg2 vfio-early:     sata = 0000:02:00.1
msg2 vfio-early: would bind 1 of 2 listed devices
status 0"
check="no device is listed, nothing to bind"
expect "an INI that lists nothing is not warned of" "$(image_of base | grep vfio-early:)" \
    "msg2 vfio-early: no device is listed, nothing to bind"
check="vfio-early: /etc/vfio-early.ini:2: unknown option 'x'"
expect "a broken INI is warned of, once with our name" "$(image_of base | grep warning)" \
    "warning vfio-early: /etc/vfio-early.ini:2: unknown option 'x'"
check=
expect_facts calls_of_build "add_file /etc/vfio-early.facts"
information=$(grep -rhoE '\*": would bind.*"\*\)' "$hooks/..")
expect "the hooks of all generators take the same lines for information" \
    "$(echo "$information" | sort -u | wc -l) for $(echo "$information" | wc -l)" "1 for 3"

help_text() {
    # shellcheck source=/dev/null
    . "$hooks/install/vfio-early"
    help
}
expect "help says how to leave it out" \
    "$(help_text | grep -o 'rd.vfio_early=0\|images without systemd\|disablehooks=vfio-early')" "\
rd.vfio_early=0
images without systemd
disablehooks=vfio-early"

# The run script calls the binary, and whatever that does, the early hook succeeds.
with_binary() {
    (
        eval "/usr/bin/vfio-early() { echo \"\$*\" >&3; $1; }"
        # shellcheck source=/dev/null
        . "$hooks/hooks/vfio-early"
        run_earlyhook
        echo "status $?"
    ) 3>&1
}
expect "the early hook binds" "$(with_binary 'return 0')" "bind
status 0"
expect "the early hook succeeds when the binary fails" "$(with_binary 'return 1')" "bind
status 0"
expect "the run script is a POSIX shell script" "$(sh -n "$hooks/hooks/vfio-early" 2>&1)" ""

exit $((failures > 0))
