#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Asks `vfio-early suggest` for lines for the devices of recorded machines.

For every endpoint of every machine: what is suggested is written as a configuration, and `check` must accept all of it; what
is not suggested must share its group with what the platform cannot do without. What is shown for the devices below is
compared with the files in golden/suggest/, to the letter. The guest's side for libvirt is held against libvirt's own schema.

usage: suggest_test.py BINARY            compares
       suggest_test.py --update BINARY   writes what is shown now; read the diff before you commit it
       suggest_test.py --libvirt BINARY  only libvirt's schema; exit status 77 without virt-xml-validate
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import golden_test
import machine_tree

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden" / "suggest"
LAPTOP = {"machine": "gtx1660ti-laptop"}
# A device of each machine, each guest, and each state that has words of its own: the scenario, and the words.
SHOWN = {
    "asrock-b450m-pro4": ({}, ["06:00.0"]),
    "asrock-b450m-pro4-by-path": ({"machine": "asrock-b450m-pro4", "has_slots": True}, ["06:00.0", "--by-path"]),
    "by-path-unknown": ({"machine": "asrock-b450m-pro4"}, ["08:00.0", "--by-path"]),
    "asrock-z170-itx": ({}, ["01:00.0", "00:14.0", "00:1f.3"]),
    "gtx1660ti-laptop": ({}, ["01:00.*"]),
    "msi-b450m-mortar": ({}, ["38:00.3", "1022:43d5"]),
    "rtx2070-with-bridges": ({}, ["10de:1e84"]),
    "libvirt": (LAPTOP, ["01:00.0", "02:00.0", "--for", "libvirt"]),
    "qemu": (LAPTOP, ["01:00.0", "02:00.0", "--for=qemu"]),
    "proxmox": (LAPTOP, ["01:00.0", "02:00.0", "--for", "proxmox"]),
    "unknown-guest": (LAPTOP, ["01:00.0", "--for", "xen"]),
    "guest-as-json": (LAPTOP, ["01:00.0", "--for", "qemu", "--json"]),
    "lines-that-are-there": (LAPTOP | {"ini": "[bind]\ngpu = 01:00.0\n[stub]\nrest = 10de:1aed\n"}, ["01:00.0"]),
    "emptied-ini": (LAPTOP | {"ini": ""}, ["02:00.0"]),
    "broken-ini": (LAPTOP | {"ini": "[bind]\ngpu = 01:00.0\nnic = 2:00\n"}, ["02:00.0"]),
    "line-under-stub": (LAPTOP | {"ini": "[stub]\ngpu = 01:00.0\n"}, ["01:00.0"]),
    "line-under-stub-for-a-guest": (LAPTOP | {"ini": "[stub]\ngpu = 01:00.0\n"}, ["01:00.0", "--for", "qemu"]),
    "running": (
        LAPTOP | {"drivers": {f"0000:01:00.{i}": "pci-stub" if i == 3 else "vfio-pci" for i in (0, 1, 3)}},
        ["--from-running"],
    ),
    "nothing-running": (LAPTOP, ["--from-running"]),
    "boot-display": (LAPTOP | {"boot_vga": "0000:01:00.0"}, ["01:00.0"]),
    "iommu-off-in-kernel": ({"machine": "asrock-z170-itx", "iommu": "", "acpi_tables": ["DMAR"]}, ["01:00.0"]),
    "groups-appear-late": (
        {"machine": "rtx2070-with-bridges", "iommu": "smmu3.0", "groups_appear_late": True},
        ["09:00.2"],
    ),
    "refused-selectors": ({"machine": "asrock-b450m-pro4"}, ["77:00.0", "1022:1639", "01:00.0 10de:1234", "00:02.1"]),
    "words-on-two-lines": (LAPTOP, ["10de:1401\nall"]),
    "not-a-selector": (LAPTOP, ["1:0"]),
    "no-selector": (LAPTOP, []),
}
DOMAIN = """<domain type='kvm'>
  <name>guest</name>
  <memory>1048576</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
{}  </devices>
</domain>
"""


class Asked:
    """A machine's tree for as long as questions are asked."""

    def __init__(self, binary, scenario):
        self.binary = binary
        self.directory = tempfile.TemporaryDirectory()
        self.tree = pathlib.Path(self.directory.name)
        self.ini = self.tree / "etc/vfio-early.ini"
        self.buses = {f"{first:02x}" for first, _ in machine_tree.buses_of(scenario).values()}  # below bridges
        machine_tree.build(self.directory.name, scenario)
        if scenario.get("has_slots"):
            put_into_slots(self.tree, scenario)
        if "ini" in scenario:
            self.ini.write_text(scenario["ini"])

    def ask(self, *words):
        """Standard output, standard error, exit status."""
        command = [self.binary, *words, "--root", self.directory.name]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        return result.stdout, result.stderr.replace(self.directory.name, "ROOT"), result.returncode


def put_into_slots(tree, scenario):
    """Makes the list of devices one of links to where each of them sits, as the kernel does."""
    buses = {first: address for address, (first, _) in machine_tree.buses_of(scenario).items()}

    def place(address):
        above = buses.get(int(address[5:7], 16))
        return (place(above) if above else pathlib.Path(f"pci{address[:7]}")) / address

    devices = tree / "sys/bus/pci/devices"
    for device in sorted(devices.iterdir()):
        target = tree / "sys/devices" / place(device.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        for entry in list(device.iterdir()):  # a bridge may have devices below it already
            target.mkdir(exist_ok=True)
            if entry.is_symlink() and entry.name == "iommu_group":
                (target / entry.name).symlink_to(f"/sys/kernel/iommu_groups/{entry.readlink().name}")
            elif not entry.is_symlink():
                shutil.move(entry, target / entry.name)
        shutil.rmtree(device)
        device.symlink_to(f"../../../devices/{place(device.name)}")


def endpoints(machine):
    """The addresses of a table that are no bridges, each with the classes of its group."""
    lines = [line.split() for line in (machine_tree.MACHINES / f"{machine}.txt").read_text().splitlines()]
    for group, address, pci_class, *_ in lines:
        if pci_class not in ("0600", "0604"):
            yield address, {other[2] for other in lines if other[0] == group}


def check_round_trip(binary):
    """One line for each endpoint of which `check` says something else than `suggest`, and how many there were."""
    found, count = [], 0
    for machine in sorted(path.stem for path in machine_tree.MACHINES.glob("*.txt")):
        for has_slots in (False, True):
            asked = Asked(binary, {"machine": machine, "has_slots": has_slots})
            for address, classes in endpoints(machine):
                count += 1
                found += check_endpoint(asked, machine, address, classes, ["--by-path"] if has_slots else [])
    return found, count


def check_endpoint(asked, machine, address, classes, options):
    """What is wrong with the suggestion for one endpoint."""
    asked.ini.unlink(missing_ok=True)
    lines, errors, status = asked.ask("suggest", address, *options)
    what = f"{machine} {address} {' '.join(options)}"
    is_of_platform = bool(classes & {"0601", "0c05"})  # ISA bridge, SMBus
    if status == (0 if is_of_platform else 1):
        return [f"{what}: exit status {status} of suggest: {lines}{errors}"]
    if status == 1:
        return [f"{what}: refused, and lines for it"] if lines or "platform's own group" not in errors else []
    asked.ini.write_text(lines)
    report, _, status = asked.ask("check", "--json")
    devices = json.loads(report)["devices"]
    if status != 0 or address not in [device["address"] for device in devices] or "0000:" in errors:
        return [f"{what}: check does not accept {lines}{report}{errors}"]
    if options and "/" not in lines and address[5:7] in asked.buses:
        return [f"{what}: no path in {lines}"]
    # What has lines already needs no others.
    again, _, status = asked.ask("suggest", address, *options)
    if status != 0 or any(line and line[0] not in ";[" for line in again.splitlines()):
        return [f"{what}: suggested once more: {again}"]
    return []


def check_advice(binary):
    """What is wrong with the lines that `check` advises for a device that is listed alone."""
    found, count = [], 0
    for machine in sorted(path.stem for path in machine_tree.MACHINES.glob("*.txt")):
        asked = Asked(binary, {"machine": machine})
        for address, _ in endpoints(machine):
            asked.ini.write_text(f"[bind]\nthis = {address}\n")
            text, _, _ = asked.ask("check")
            _, is_advised, rest = text.partition("  add:\n")
            if not is_advised:
                continue
            count += 1
            advice = "".join(line for line in rest.splitlines(True) if line.startswith("    "))
            asked.ini.write_text(asked.ini.read_text() + advice)
            text, _, status = asked.ask("check")
            if status != 0:
                found.append(f"{machine} {address}: the advice is not accepted:\n{advice}{text}")
    return found if count else ["no device of any machine was advised on"]


def check_memory(binary):
    """What is wrong where a line that is there meant another card when it was recorded."""
    asked = Asked(binary, LAPTOP | {"ini": "[bind]\ngpu = 01:00.0\n"})
    facts = asked.tree / "etc/vfio-early.facts"
    asked.ask("check", "--write-facts", "/etc/vfio-early.facts")
    facts.write_text(facts.read_text().replace("10de:2191", "10de:2190"))
    lines, errors, status = asked.ask("suggest", "01:00.1")
    asked.ini.write_text(asked.ini.read_text() + lines)
    devices = json.loads(asked.ask("check", "--json")[0])["devices"]
    codes = {device["address"] or device["label"]: device["code"] for device in devices}
    expected = {"gpu": "changed"} | {f"0000:01:00.{i}": None for i in range(4)}
    return [] if status == 0 and codes == expected else [f"a line that is remembered: {lines}{errors}{codes}"]


def check_golden(binary, update):
    """The same for each file that differs."""
    found = []
    for name, (scenario, words) in SHOWN.items():
        asked = Asked(binary, {"machine": name} | scenario)
        output, errors, status = asked.ask("suggest", *words)
        shown = {".txt": f"{output}{errors}exit status {status}\n"}
        if status != 2 and not any(word.startswith("--for") for word in words):
            shown[".json"] = golden_test.without_version(asked.ask("suggest", "--json", *words)[0])
            json.loads(shown[".json"])
        found += golden_test.differences(GOLDEN, name, shown, update)
    return found


def check_libvirt(binary):
    """What libvirt's schema has against what its guests are given."""
    if not shutil.which("virt-xml-validate"):
        print("virt-xml-validate is not here")
        return None
    found = []
    for words in (["01:00.0"], ["02:00.0"], ["01:00.0", "02:00.0"]):
        lines, _, _ = Asked(binary, LAPTOP).ask("suggest", "--for", "libvirt", *words)
        with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
            file.write(DOMAIN.format(lines))
            file.flush()
            result = subprocess.run(["virt-xml-validate", file.name], capture_output=True, text=True, check=False)
        if result.returncode != 0 or lines.count("<hostdev ") != lines.count("managed='no'") or not lines:
            found.append(f"{words}: {lines}{result.stdout}{result.stderr}")
    return found


def main(arguments):
    flag = arguments[0] if arguments[0].startswith("--") else ""
    binary = arguments[-1]
    if flag == "--libvirt":
        found = check_libvirt(binary)
        if found is None:
            return 77
    else:
        found, count = check_round_trip(binary)
        found += check_advice(binary) + check_memory(binary) + check_golden(binary, flag == "--update")
        print(f"{count} endpoints, {len(SHOWN)} scenarios")
    print("\n".join(found))
    print(f"{len(found)} are not as they should be")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
