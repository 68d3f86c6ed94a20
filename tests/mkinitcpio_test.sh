#!/bin/bash
# Runs the hooks for mkinitcpio against stand-ins for the functions that they call. No Arch Linux here: what the real ones
# do with these calls is not tested.
set -u
hooks=$(dirname "$0")/../hooks/mkinitcpio
# shellcheck source=tests/hooks.sh
. "$(dirname "$0")/hooks.sh"

# What build() asks mkinitcpio for, one call a line, with these HOOKS, where the file $ini is the machine's INI.
ini=$0
calls_of_build() {
    (
        for function in add_binary add_file add_module add_symlink add_runscript; do
            eval "$function() { echo \"$function\${*:+ \$*}\"; }"
        done
        # shellcheck disable=SC2034 # HOOKS: build() reads it
        HOOKS=("$@")
        eval "$(sed "s|/etc/vfio-early.ini|$ini|g" "$hooks/install/vfio-early")"
        build
    )
}

expect "a busybox image gets the run script" "$(calls_of_build base udev vfio-early block)" "\
add_binary /usr/bin/vfio-early
add_file $ini
add_module vfio-pci?
add_module vfio_iommu_type1?
add_module pci-stub?
add_module virtio_iommu?
add_runscript"

expect "a systemd image gets the unit, wanted by sysinit.target" \
    "$(calls_of_build base systemd vfio-early block)" "\
add_binary /usr/bin/vfio-early
add_file $ini
add_module vfio-pci?
add_module vfio_iommu_type1?
add_module pci-stub?
add_module virtio_iommu?
add_file /usr/lib/initcpio/vfio-early.service /usr/lib/systemd/system/vfio-early.service
add_symlink /usr/lib/systemd/system/sysinit.target.wants/vfio-early.service ../vfio-early.service"

expect "without an INI none is asked for" \
    "$(ini=/nonexistent calls_of_build base udev | grep -c add_file)" 0

expect "a hook whose name only has systemd in it is not systemd" \
    "$(calls_of_build base sd-systemd-extra vfio-early | tail -n 1)" add_runscript

status_of_build() {
    calls_of_build "$@" >/dev/null
    echo $?
}
expect "building does not fail the image without systemd" "$(status_of_build base)" 0
expect "building does not fail the image with systemd" "$(status_of_build systemd)" 0

help_text() {
    # shellcheck source=/dev/null
    . "$hooks/install/vfio-early"
    help
}
expect "help says how to leave it out" \
    "$(help_text | grep -c 'rd.vfio_early=0\|disablehooks=vfio-early')" 2

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
