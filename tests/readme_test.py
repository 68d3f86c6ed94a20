#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the sessions of README.md as they are written, on recorded machines, and compares what is shown, to the letter.

usage: readme_test.py BINARY            compares
       readme_test.py --update BINARY   writes what is shown now; read the diff before you commit it

A session stands between the comments `<!-- session: MACHINE -->` and `<!-- end of session -->`. What begins with `$ ` in its
indented blocks is run by sh, with vfio-early below the tree of that machine; what else a person does (an editor, an image, a
reboot) is in other blocks.
"""

import difflib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import machine_tree

PROJECT = pathlib.Path(__file__).resolve().parent.parent
README = PROJECT / "README.md"
SESSION = re.compile(
    r"(?P<begin>^<!-- session: (?P<name>\w+) -->\n)(?P<text>.*?)(?=^<!-- end of session -->$)", re.MULTILINE | re.DOTALL
)
VENDORS = {"8086": "Intel Corporation", "10de": "NVIDIA Corporation", "1b21": "ASMedia Technology Inc."}
INI = "/etc/vfio-early.ini"
# Of a boot that bound the graphics card.
REPORT = {
    "vfio_early": "1.0.0", "command": "bind", "ok": True, "iommu": "on", "warnings": [], "unlisted": [],
    "devices": [
        {"label": label, "selector": f"{address} {model}", "address": address, "id": model, "target": "vfio-pci", "outcome": "bound"}
        for label, address, model in [("gpu", "0000:01:00.0", "10de:2191"), ("gpu-sound", "0000:01:00.1", "10de:1aeb")]
    ],
}
MACHINES = {
    # The host has the display of the processor; its root is on the SATA disk.
    "z170": {
        "machine": "asrock-z170-itx",
        "boot_vga": "0000:00:02.0",
        "drivers": {
            "0000:00:01.0": "pcieport", "0000:00:1c.0": "pcieport", "0000:00:1c.4": "pcieport", "0000:00:1c.6": "pcieport",
            "0000:00:1d.0": "pcieport", "0000:00:02.0": "i915", "0000:00:14.0": "xhci_hcd", "0000:00:17.0": "ahci",
            "0000:00:1f.3": "snd_hda_intel", "0000:00:1f.6": "e1000e", "0000:01:00.0": "nouveau",
            "0000:01:00.1": "snd_hda_intel", "0000:03:00.0": "xhci_hcd", "0000:04:00.0": "iwlwifi",
        },
        "reset": {
            "0000:01:00.0": "bus", "0000:03:00.0": "pm bus", "0000:04:00.0": "flr pm bus", "0000:00:14.0": "pm",
            "0000:00:17.0": "pm", "0000:00:1f.3": "pm", "0000:00:1f.6": "flr",
        },
        "attached": {"0000:00:14.0": [["keyboard", "input3"], ["input", "input4"]]},
        "lines": [
            ["block", "pci0000:00/0000:00:17.0/block/sda", "8:0"],
            ["mount", "8:0", "/", "/dev/sda"],
            ["net", "pci0000:00/0000:00:1f.6/net/enp0s31f6", "0x1003"],
            ["route", "enp0s31f6"],
        ],
    },
    # driverctl has taken back what the boot bound.
    "taken": {
        "machine": "gtx1660ti-laptop",
        "ini": "[bind]\ngpu = 0000:01:00.0 10de:2191\ngpu-sound = 0000:01:00.1 10de:1aeb\n",
        "drivers": {"0000:01:00.0": "nouveau", "0000:01:00.1": "vfio-pci"},
        "files": {
            "run/vfio-early/report.json": json.dumps(REPORT),
            "sys/bus/pci/devices/0000:01:00.0/driver_override": "nouveau",
            "etc/driverctl.d/pci-0000:01:00.0": "nouveau",
        },
    },
    "b450m": {
        "machine": "asrock-b450m-pro4",
        "drivers": {
            **{f"0000:{bridge}": "pcieport" for bridge in ("00:01.1", "00:02.1", "00:02.2", "02:00.2", "03:00.0", "03:01.0", "03:04.0")},
            "0000:01:00.0": "mpt3sas", "0000:02:00.0": "xhci_hcd", "0000:02:00.1": "ahci", "0000:05:00.0": "r8169",
            "0000:06:00.0": "mlx4_core", "0000:07:00.0": "nvme", "0000:08:00.0": "amdgpu", "0000:08:00.1": "snd_hda_intel",
            "0000:08:00.3": "xhci_hcd", "0000:08:00.4": "xhci_hcd", "0000:08:00.6": "snd_hda_intel", "0000:09:00.0": "ahci",
            "0000:09:00.1": "ahci",
        },
    },
}


def names_of(machine):
    """A pci.ids with the names of the table, where lspci knew one."""
    models = {}
    for line in (machine_tree.MACHINES / f"{machine}.txt").read_text().splitlines():
        _, _, _, ids, name = line.split(maxsplit=4)
        vendor, device = ids.split(":")
        model = name.partition(": ")[2].removeprefix(VENDORS.get(vendor, "?")).strip()
        if vendor in VENDORS and model != "Device":
            models.setdefault(vendor, set()).add(f"\t{device}  {model}\n")
    return "".join(f"{vendor}  {VENDORS[vendor]}\n" + "".join(sorted(models[vendor])) for vendor in sorted(models))


class Machine:
    """A tree, and the programs that the sessions name: ours works below it, and nobody needs to be root."""

    def __init__(self, name, binary):
        self.directory = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.directory.name) / "root"
        machine_tree.build(self.root, MACHINES[name])
        self.write("root/usr/share/misc/pci.ids", names_of(MACHINES[name]["machine"]))
        self.write("root/etc/vfio-early.ini", MACHINES[name].get("ini") or (PROJECT / "etc/vfio-early.ini").read_text())
        self.write("bin/sudo", '#!/bin/sh\nexec "$@"\n')
        self.write("bin/vfio-early", f'#!/bin/sh\nexec "{pathlib.Path(binary).resolve()}" "$@" --root "{self.root}"\n')

    def write(self, name, text):
        path = pathlib.Path(self.directory.name) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def run(self, command):
        """What a person sees after this command line."""
        result = subprocess.run(
            ["sh", "-c", command.replace(INI, str(self.root) + INI)], text=True, check=False, cwd=self.directory.name,
            env={"PATH": f"{self.directory.name}/bin:/usr/bin:/bin"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        return result.stdout.replace(str(self.root), "").splitlines()


def refreshed(block, machine):
    """An indented block with what its commands show now."""
    commands = re.findall(r"^    \$ (.*)$", block, re.MULTILINE)
    if not commands:
        return block
    lines = [line for command in commands for line in (f"$ {command}", *machine.run(command))]
    return "".join(f"    {line}".rstrip() + "\n" for line in lines)


def refreshed_session(match, binary):
    """A session with what its commands show now, one after the other on one machine."""
    machine = Machine(match["name"], binary)
    return match["begin"] + re.sub(r"(?:^    .*\n(?:\n(?=    ))*)+", lambda block: refreshed(block[0], machine), match["text"], flags=re.MULTILINE)


def main(arguments):
    update = arguments[:1] == ["--update"]
    binary = arguments[update]
    before = README.read_text()
    after, sessions = SESSION.subn(lambda match: refreshed_session(match, binary), before)
    if update:
        README.write_text(after)
    sys.stdout.writelines(difflib.unified_diff(before.splitlines(True), after.splitlines(True), "README.md", "shown now"))
    outside = re.findall(r"^    \$ .*", SESSION.sub("", after), re.MULTILINE)
    print(f"{sessions} sessions, commands outside of one: {outside}")
    return 1 if before != after or outside or not sessions else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
