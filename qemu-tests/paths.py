# SPDX-License-Identifier: MIT
"""Where the harness reads and writes. Everything it makes lies below build/, which git ignores."""

import os
import pathlib

PROJECT = pathlib.Path(__file__).resolve().parent.parent
HERE = PROJECT / "qemu-tests"
RELEASE = PROJECT / "build" / "release"
GUEST_PROGRAMS = RELEASE / "qemu-tests"
CACHE = PROJECT / "build" / "qemu"
LOGS = CACHE / "logs"
RESULTS = CACHE / "results"


def as_root(command):
    """The command, behind sudo where we are not root: root file systems need real owners and mounts."""
    return command if os.geteuid() == 0 else ["sudo"] + command
