#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares what `vfio-early list` shows of recorded machines with the files in golden/list/, to the letter, and makes trees of
what `list --json` says, which must say the same again.

usage: list_test.py BINARY            compares
       list_test.py --update BINARY   writes what is shown now; read the diff before you commit it
"""

import difflib
import json
import pathlib
import subprocess
import sys
import tempfile

import golden_test
import machine_tree

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden" / "list"
NAMES = machine_tree.MACHINES / "pci.ids"
# A running system on a board whose chipset has nearly everything in one group.
RUNNING = {
    "machine": "asrock-b450m-pro4",
    "boot_vga": "0000:08:00.0",
    "names": True,
    "ini": "[bind]\nhba = 0000:01:00.0\nsound = 0000:08:00.1\nsound6 = 0000:08:00.6\n",
    "drivers": {
        "0000:01:00.0": "vfio-pci", "0000:02:00.0": "xhci_hcd", "0000:02:00.1": "ahci", "0000:05:00.0": "r8169",
        "0000:06:00.0": "mlx4_core", "0000:07:00.0": "nvme", "0000:08:00.0": "amdgpu", "0000:08:00.1": "snd_hda_intel",
        "0000:09:00.0": "ahci",
    },
    "reset": {"0000:07:00.0": "flr pm bus", "0000:06:00.0": "flr"},
    "attached": {
        "0000:02:00.0": [["keyboard", "input3"], ["input", "input4"]],
        "0000:02:00.1": [["disk", "sda"]],
        "0000:06:00.0": [["interface", "enp6s0"], ["interface", "enx0002c9aabbcc"]],
        "0000:09:00.0": [["disk", f"sd{letter}"] for letter in "gfedcb"],
    },
    "lines": [
        ["block", "pci0000:00/0000:07:00.0/nvme/nvme0/nvme0n1", "259:0"],
        ["mount", "259:0", "/", "/dev/nvme0n1"],
        ["net", "pci0000:00/0000:05:00.0/net/eno1", "0x1003"],
        ["route", "eno1"],
        ["process", "812", "qemu-system-x86", "/dev/vfio/10"],
        ["link", "sys/class/drm/card0", "../../devices/pci0000:00/0000:08:00.0/drm/card0"],
        ["process", "700", "Xorg", "/dev/dri/card0"],
    ],
}
# What is shown, and with which words behind `list`: each machine as it is, and each state that has words of its own.
SHOWN = {
    "asrock-b450m-pro4": ({}, []),
    "asrock-z170-itx": ({"names": True}, []),
    "gtx1660ti-laptop": ({}, []),
    "msi-b450m-mortar": ({}, []),
    "rtx2070-with-bridges": ({"names": True, "boot_vga": "0000:09:00.0"}, []),
    "running": (RUNNING, []),
    "running-all": (RUNNING, ["--all"]),
    "running-anonymous": (RUNNING, ["--anonymous"]),
    "narrowed": (RUNNING, ["0000:08:00.1", "1022:1633"]),
    "no-reset": ({"machine": "asrock-z170-itx", "reset": {"0000:01:00.0": "bus"}}, []),
    "other-member": (
        {"machine": "rtx2070-with-bridges", "files": {"sys/kernel/iommu_groups/2/devices/AMDI0020:00": ""}}, []
    ),
    "no-iommu-group": ({"machine": "gtx1660ti-laptop", "files": {"sys/kernel/iommu_groups/8/name": "vfio-noiommu"}}, []),
    "acs-override": ({"machine": "rtx2070-with-bridges", "cmdline": "quiet pcie_acs_override=downstream"}, []),
    "groups-appear-late": ({"machine": "rtx2070-with-bridges", "iommu": "smmu3.0", "groups_appear_late": True}, []),
    "iommu-absent": ({"machine": "asrock-z170-itx", "iommu": "", "cpuinfo": "flags : fpu"}, []),
    "iommu-off-in-kernel": ({"machine": "asrock-z170-itx", "iommu": "", "acpi_tables": ["DMAR"]}, []),
    "iommu-off-in-firmware": ({"machine": "asrock-z170-itx", "iommu": ""}, ["--all"]),
    "two-lines-disagree": (
        {"machine": "gtx1660ti-laptop", "ini": "[bind]\ngpu = 0000:01:00.0\n[stub]\nparked = 0000:01:00.0\n"}, []
    ),
    "lines-to-correct": (
        {
            "machine": "asrock-b450m-pro4",
            "ini": "[bind]\nhba = 0000:01:00.0 1000:ffff\n[stub]\nnic = 0000:06:00.0\nnvme = 0000:07:00.0\n",
        },
        ["0000:01:00.0", "0000:06:00.0", "0000:07:00.0"],
    ),
    "facts-broken": ({"machine": "gtx1660ti-laptop", "files": {"etc/vfio-early.facts": "no facts"}}, []),
    "no-such-device": ({"machine": "asrock-z170-itx"}, ["0a:00.0"]),
    "another-model": ({"machine": "asrock-z170-itx"}, ["01:00.0 10de:1402"]),
    "not-a-selector": ({"machine": "asrock-z170-itx"}, ["10de:14011"]),
}


class Asked:
    """A machine's tree for as long as it is asked."""

    def __init__(self, binary, build):
        self.binary = binary
        self.directory = tempfile.TemporaryDirectory()
        build(self.directory.name)

    def run(self, command, *words):
        """What is printed, first the errors, and the exit status."""
        result = subprocess.run(
            [self.binary, command, "--root", self.directory.name, *words], capture_output=True, text=True, check=False
        )
        return result.stderr.replace(self.directory.name, "ROOT"), result.stdout, result.returncode

    def json(self, command, *words):
        """What is printed as JSON, parsed."""
        errors, text, _ = self.run(command, "--json", *words)
        assert text, errors
        return json.loads(text)


def machine(binary, scenario):
    """The tree of a scenario of SHOWN."""

    def build(directory):
        machine_tree.build(directory, scenario)
        if "ini" in scenario:
            (pathlib.Path(directory) / "etc/vfio-early.ini").write_text(scenario["ini"])
        if scenario.get("names"):
            path = pathlib.Path(directory) / "usr/share/misc/pci.ids"
            path.parent.mkdir(parents=True)
            path.write_bytes(NAMES.read_bytes())

    return Asked(binary, build)


def without_what_runs(record):
    """A record without what only a running system shows."""
    gone = ("default-route", "guest", "in-use")
    for device in record["devices"]:
        device["uses"] = [
            {"kind": use["kind"], "name": use["name"] if use["kind"] in ("disk", "interface") else None}
            for use in device["uses"] if use["kind"] not in gone
        ]
    return record | {"running": None, "warnings": None}


def check_round_trip(binary, name, scenario):
    """What of a record is another after a tree was made of it."""
    record = machine(binary, scenario).json("list")
    again = Asked(binary, lambda directory: machine_tree.build_from_record(directory, record, scenario.get("ini"))).json("list")
    before, after = (json.dumps(without_what_runs(one), indent=1).splitlines() for one in (record, again))
    return ["\n".join(difflib.unified_diff(before, after, f"record of {name}", "of the tree made of it"))] if before != after else []


def check_golden(binary, update):
    """What differs from the files."""
    found = []
    for name, (scenario, words) in SHOWN.items():
        scenario = {"machine": name} | scenario
        asked = machine(binary, scenario)
        errors, text, status = asked.run("list", *words)
        shown = {".txt": f"{errors}{text}exit status {status}\n"}
        if status == 0:
            shown[".json"] = golden_test.without_version(asked.run("list", "--json", *words)[1])
        found += golden_test.differences(GOLDEN, name, shown, update)
        if status == 0:
            found += check_round_trip(binary, name, scenario)
    return found


def main(arguments):
    update = arguments[:1] == ["--update"]
    found = check_golden(arguments[update], update)
    print("\n".join(found))
    print(f"{len(SHOWN)} scenarios, {len(found)} are not as they should be")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
