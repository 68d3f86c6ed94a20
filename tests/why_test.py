#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Asks `vfio-early why` for what joins the groups of recorded machines.

What it must find on some boards was written down by hand (machines/joints.toml). What it shows for the devices below is
compared with the files in golden/why/, to the letter.

usage: why_test.py BINARY            compares
       why_test.py --update BINARY   writes what is shown now; read the diff before you commit it
"""

import json
import pathlib
import shlex
import subprocess
import sys
import tempfile
import tomllib

import golden_test
import machine_tree

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden" / "why"
JOINTS = tomllib.loads((machine_tree.MACHINES / "joints.toml").read_text())
# A device of each machine, and each state that is told in words of its own: the scenario, and what is asked.
SHOWN = {
    "asrock-b450m-pro4": ({}, "0000:06:00.0"),
    "asrock-b450m-pro4-root": ({"machine": "asrock-b450m-pro4", "root": True}, "06:00.0"),
    "asrock-z170-itx": ({}, "0000:00:1f.3"),
    "asrock-z170-itx-root": ({"machine": "asrock-z170-itx", "root": True}, "0000:03:00.0"),
    "gtx1660ti-laptop": ({}, "0000:01:00.0"),
    "msi-b450m-mortar": ({}, "0000:15:00.1"),
    "rtx2070-with-bridges": ({}, "0000:09:00.0"),
    "acs-override": ({"machine": "rtx2070-with-bridges", "cmdline": "quiet pcie_acs_override=downstream"}, "09:00.0"),
    "groups-appear-late": ({"machine": "rtx2070-with-bridges", "iommu": "smmu3.0", "groups_appear_late": True}, "09:00.0"),
    "iommu-off-in-kernel": ({"machine": "asrock-z170-itx", "iommu": "", "acpi_tables": ["DMAR"]}, "01:00.0"),
    "by-id": ({"machine": "asrock-z170-itx"}, "1b21:1242"),
    "by-path": ({"machine": "asrock-z170-itx"}, "0000:00:1c.6/00.0"),
    "several-devices": ({"machine": "asrock-b450m-pro4"}, "1022:43c7"),
    "no-word": ({"machine": "asrock-z170-itx"}, ""),
    "two-words": ({"machine": "asrock-z170-itx"}, "01:00.0 01:00.1"),
    "no-such-device": ({"machine": "asrock-z170-itx"}, "0a:00.0"),
    "another-model": ({"machine": "asrock-z170-itx"}, "'01:00.0 10de:9999'"),
    "not-an-address": ({"machine": "asrock-z170-itx"}, "1:0"),
}


class Asked:
    """A machine's tree for as long as questions are asked."""

    def __init__(self, binary, scenario):
        self.binary = binary
        self.directory = tempfile.TemporaryDirectory()
        machine_tree.build(self.directory.name, scenario)
        if scenario.get("root"):
            show_to_root(pathlib.Path(self.directory.name), scenario)

    def why(self, *words):
        """What is printed, and the exit status."""
        command = [self.binary, "why", "--root", self.directory.name, *words]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        return (result.stdout + result.stderr).replace(self.directory.name, "ROOT"), result.returncode


def show_to_root(tree, scenario):
    """Adds what only root can read: the capabilities of the ports, of which none has Access Control Services and all but
    AMD's internal ones have a slot, and a table of slots."""
    table = b""
    for number, (address, _) in enumerate(machine_tree.buses_of(scenario).items()):
        path = tree / "sys/bus/pci/devices" / address / "config"
        config = bytearray(path.read_bytes()).ljust(4096, b"\0")
        config[0x06], config[0x34] = 0x10, 0x40
        has_slot = not address.startswith("0000:00:08.")
        config[0x40:0x44] = bytes([0x10, 0, 0x42, has_slot])
        path.write_bytes(config)
        bus, device, function = (int(part, 16) for part in address[5:].replace(".", ":").split(":"))
        slot = bytes([1, 0xA5, 0x0D, 4, 4, number, 0, 4, 1, 0, 0, bus, device << 3 | function])
        table += bytes([9, 4 + len(slot), number, 0]) + slot + f"PCIEX{number}\0\0".encode()
    tables = tree / "sys/firmware/dmi/tables"
    tables.mkdir(parents=True)
    (tables / "DMI").write_bytes(table)


def check_joints(binary):
    """One line for each device of which something else is found than was written down."""
    found = []
    for machine, devices in JOINTS.items():
        asked = Asked(binary, {"machine": machine})
        for address, expected in devices.items():
            text, status = asked.why("--json", address)
            answer = json.loads(text) if status == 0 else {}
            seen = {key: answer[key]["address"] for key in ("joint", "boundary") if answer.get(key)}
            if answer.get("is_shared"):
                seen["shared"] = True
            for member in answer.get("members", []):
                if member["tie"] != "joint":
                    seen.setdefault(member["tie"], []).append(member["address"])
            if answer.get("places"):
                seen["places"] = [place["address"] for place in answer["places"]]
            if seen != expected:
                found.append(f"{machine} {address}: found {seen}, and by hand {expected}")
    return found


def check_golden(binary, update):
    """The same for each file that differs."""
    found = []
    for name, (scenario, words) in SHOWN.items():
        asked = Asked(binary, {"machine": name} | scenario)
        text, status = asked.why(*shlex.split(words))
        shown = {".txt": f"{text}exit status {status}\n"}
        if status == 0:
            shown[".json"] = golden_test.without_version(asked.why("--json", *shlex.split(words))[0])
            json.loads(shown[".json"])
        found += golden_test.differences(GOLDEN, name, shown, update)
    return found


def main(arguments):
    update = arguments[:1] == ["--update"]
    binary = arguments[update]
    found = check_joints(binary) + check_golden(binary, update)
    print("\n".join(found))
    print(f"{sum(map(len, JOINTS.values()))} joints, {len(SHOWN)} scenarios, {len(found)} are not as they should be")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
