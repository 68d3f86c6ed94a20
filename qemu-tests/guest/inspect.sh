#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs in a whole Debian, as a unit behind multi-user.target: tells over the serial line what the tools of such a system
# say, then what the real root of the other tests tells. Each line is '@@ shown KEY …'.
exec >/dev/console 2>&1
dmesg -n 1
echo

# show KEY COMMAND...: what a command prints, where there is that command
show() {
    key=$1
    shift
    command -v "$1" >/dev/null && "$@" 2>&1 | sed "s/^/@@ shown $key /"
}

# The case's own script comes first: the rest tells what became of it. What it leaves running must not keep its output open.
live=/sys/firmware/qemu_fw_cfg/by_name/opt/vfio-early/live/raw
modprobe -q qemu_fw_cfg
[ ! -e "$live" ] || show live sh -eu "$live"
show target systemctl is-active multi-user.target
show journal journalctl -b -t vfio-early -o cat
show lspci lspci -Dnnk
show driverctl driverctl list-overrides
# A virtual machine that opens the device, without being started.
show qemu sh -c 'printf "info pci\nquit\n" | timeout 120 qemu-system-x86_64 -accel tcg -M q35 -m 64 -nodefaults \
    -display none -S -monitor stdio -device vfio-pci,host=0000:01:00.0'
exec /usr/lib/vfio-early-tests/real_root
