#!/bin/bash
# Runs the hooks for mkinitcpio against stand-ins for the functions that mkinitcpio and its init call. No Arch Linux here:
# what the real ones do with these calls is not tested.
set -u
hooks=$(dirname "$0")/../hooks/mkinitcpio
failures=0

expect() {
    if [[ $2 == "$3" ]]; then
        echo "passed: $1"
    else
        echo "failed: $1"
        diff <(echo "$2") <(echo "$3") | sed 's/^/  /'
        failures=$((failures + 1))
    fi
}

# What build() asks mkinitcpio for, one call a line, with these HOOKS.
calls_of_build() {
    (
        for function in add_binary add_file add_module add_symlink add_runscript; do
            eval "$function() { echo \"$function\${*:+ \$*}\"; }"
        done
        # shellcheck disable=SC2034 # HOOKS: build() reads it
        HOOKS=("$@")
        # shellcheck source=/dev/null
        . "$hooks/install/vfio-early"
        build
    )
}

# Whether there is an INI depends on this machine, so its line is left out.
expect "a busybox image gets the run script" "$(calls_of_build base udev vfio-early block | grep -v vfio-early.ini)" "\
add_binary /usr/bin/vfio-early
add_module vfio-pci?
add_module vfio_iommu_type1?
add_module pci-stub?
add_module virtio_iommu?
add_runscript"

expect "a systemd image gets the unit, wanted by sysinit.target" \
    "$(calls_of_build base systemd vfio-early block | grep -v vfio-early.ini)" "\
add_binary /usr/bin/vfio-early
add_module vfio-pci?
add_module vfio_iommu_type1?
add_module pci-stub?
add_module virtio_iommu?
add_file /usr/lib/initcpio/vfio-early.service /usr/lib/systemd/system/vfio-early.service
add_symlink /usr/lib/systemd/system/sysinit.target.wants/vfio-early.service ../vfio-early.service"

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
