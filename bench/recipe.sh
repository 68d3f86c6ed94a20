#!/bin/sh
# SPDX-License-Identifier: MIT
# The script for init-top that guides tell people to copy, with the modprobe that some forget; DEVS is put in.
PREREQS=""
prereqs() { echo "$PREREQS"; }
case "$1" in
prereqs)
    prereqs
    exit 0
    ;;
esac

DEVS="@DEVS@"
for DEV in $DEVS; do
    echo "vfio-pci" >"/sys/bus/pci/devices/$DEV/driver_override"
done
modprobe -i vfio-pci
