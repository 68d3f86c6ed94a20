#!/bin/sh
# SPDX-License-Identifier: MIT
# A cmdline hook of dracut images without systemd, the earliest there is. It is sourced: no exit, nothing that fails.
if [ -e /etc/vfio-early.ini ]; then
    /usr/sbin/vfio-early bind >/dev/null 2>&1 || :
fi
