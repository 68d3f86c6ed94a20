#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares what `vfio-early check` says of every endpoint of every recorded machine, listed on its own and with all endpoints
of its group, with the files in golden/verdicts/. Machines are the tables in machines/, and those of the boots in QEMU
(machines/qemu), as `list --json` told of them there.

usage: verdicts_test.py BINARY            compares
       verdicts_test.py --update BINARY   writes what is said now; read the diff before you commit it
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import machine_tree
from golden_test import GOLDEN, differences

VERDICTS = GOLDEN / "verdicts"
# Classes of what is no endpoint: bridges, but for those that are endpoints for all that.
BRIDGES = ("0600", "0601", "0604", "0607", "0609")


def machines():
    """For each recorded machine its name, and what makes its tree below a directory."""
    for path in sorted(machine_tree.MACHINES.glob("*.txt")):
        scenario = {"machine": path.stem}
        yield path.stem, lambda directory, scenario=scenario: machine_tree.build(directory, scenario)
    for path in sorted((machine_tree.MACHINES / "qemu").glob("*.json")):
        record = json.loads(path.read_text())
        yield f"qemu-{path.stem}", lambda directory, record=record: machine_tree.build_from_record(directory, record)


def verdict(binary, directory, address, endpoints):
    """What check says of one endpoint where these are listed: its code or its outcome."""
    ini = pathlib.Path(directory) / "etc/vfio-early.ini"
    ini.write_text("[bind]\n" + "".join(f"n{number} = {place}\n" for number, place in enumerate(endpoints)))
    result = subprocess.run([binary, "check", "--json", "--root", directory], capture_output=True, text=True, check=False)
    device = next(device for device in json.loads(result.stdout)["devices"] if device["address"] == address)
    return device["code"] or device["outcome"]


def verdicts(binary, directory):
    """One line for each endpoint of the machine below a directory."""
    root = pathlib.Path(directory)
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc/vfio-early.ini").write_text("")
    result = subprocess.run([binary, "list", "--json", "--root", directory], capture_output=True, text=True, check=True)
    endpoints = [device for device in json.loads(result.stdout)["devices"] if device["class"][:4] not in BRIDGES]
    lines = []
    for device in endpoints:
        group = [other["address"] for other in endpoints if other["group"] == device["group"]]
        group = group if device["group"] is not None else [device["address"]]
        alone = verdict(binary, directory, device["address"], [device["address"]])
        whole = verdict(binary, directory, device["address"], group)
        number = "-" if device["group"] is None else device["group"]
        lines.append(f"{device['address']} {device['class'][:4]} group {number}: alone {alone}, with its group {whole}\n")
    return "".join(lines)


def main(arguments):
    update = arguments[:1] == ["--update"]
    (binary,) = arguments[update:]
    found, count, endpoints = [], 0, 0
    for name, make in machines():
        with tempfile.TemporaryDirectory() as directory:
            make(directory)
            said = verdicts(binary, directory)
        found += differences(VERDICTS, name, {".txt": said}, update)
        count, endpoints = count + 1, endpoints + said.count("\n")
    print("\n".join(found))
    print(f"{count} machines, {endpoints} endpoints, {len(found)} files differ")
    return 1 if found or not endpoints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
