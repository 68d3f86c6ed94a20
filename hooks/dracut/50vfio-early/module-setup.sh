#!/bin/bash
# SPDX-License-Identifier: MIT
# dracut sources this and calls the functions below when it builds an image.
# dracut sets moddir, initdir, kernel and SYSTEMCTL.
# shellcheck disable=SC2154

# In every image where the binary is there to be taken: an INI that binds nothing costs nothing.
check() {
    require_binaries /usr/sbin/vfio-early || return 1
    return 0
}

depends() {
    return 0
}

installkernel() {
    # Without hostonly='' a hostonly image gets only what the running machine uses now, which is none of them.
    hostonly='' instmods vfio-pci vfio vfio_iommu_type1 pci-stub virtio_iommu
}

install() {
    inst_binary /usr/sbin/vfio-early
    # The rescue image stays as it is when nothing is configured: it is what one boots when something went wrong.
    if ! is_rescue_image; then
        inst_simple /etc/vfio-early.ini
        tell_what_the_next_boot_will_do
        [[ ! -f ${dracutsysrootdir-}/etc/vfio-early.facts ]] || inst_simple /etc/vfio-early.facts
    fi
    if dracut_module_included systemd; then
        inst_simple "$moddir/vfio-early.service" "$systemdsystemunitdir/vfio-early.service"
        $SYSTEMCTL -q --root "$initdir" add-wants sysinit.target vfio-early.service
    else
        # pre-udev is too late: modules of force_drivers and rd.driver.pre are loaded before its hooks.
        inst_hook cmdline 00 "$moddir/vfio-early.sh"
    fi
}

is_rescue_image() {
    [[ " $dracutmodules $add_dracutmodules $force_add_dracutmodules " == *" rescue "* ]]
}

# True where the image is for the machine that runs here, and not for what is below --sysroot. A chroot has another root
# than process 1. A container may have its own process 1: then that is not in the first PID namespace (PROC_PID_INIT_INO,
# include/linux/proc_ns.h), or it has one of the marks that container managers leave.
is_for_this_machine() {
    [[ -z ${dracutsysrootdir-} && / -ef /proc/1/root/. && $(readlink /proc/1/ns/pid) == 'pid:[4026531836]' &&
        ! -e /run/.containerenv && ! -e /.dockerenv ]] && ! grep -qsz '^container=' /proc/1/environ
}

# What the lines mean on this machine is recorded. Never in the way of the image.
tell_what_the_next_boot_will_do() {
    local line
    is_for_this_machine || return 0
    while IFS= read -r line; do
        case "$line" in
        *": would bind to "* | *": is bound to "* | "would bind "* | "no device is listed"* | "  "*) dinfo "vfio-early: $line" ;;
        *) dwarn "vfio-early: ${line#vfio-early: }" ;;
        esac
    done < <(/usr/sbin/vfio-early check --kernel "$kernel" --write-facts /etc/vfio-early.facts 2>&1)
    return 0
}
