#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the verdicts of `vfio-early check` with the kernel's rule of viability, written once more here.

The rule is read off the kernel (iommu_group_claim_dma_owner() in drivers/iommu/iommu.c, vfio_dev_viable() in
drivers/vfio/vfio.c up to 5.18) and applied to what a tree shows, without a look at the product. Both have to agree on every
listed device of random machines, and of every group of the recorded ones. What the kernel groups is never predicted here.

usage: random_machines_test.py BINARY [COUNT [SEED]]   2000 machines from seed 1 on, without more words
"""

import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

import machine_tree

VENDORS = ["8086", "10de", "1022", "1b21", "144d", "10ec"]
ENDPOINT_CLASSES = ["020000", "010802", "030200", "040300", "0c0330", "118000", "058000", "088000", "0b4000", "ff0000"]
HEADER_OF_BRIDGE = {"0604": 1, "0607": 2}
# The last is the address of a function that is not there.
OTHER_MEMBERS = ["MSFT0101:00", "e0800000.ethernet", "00:1f.0", "ffff:ff:1f.7"]
HEADER_TYPE = 0x0E  # in configuration space


# --- random machines


class Machine:
    """Functions, and groups that some of them are in."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.functions = {}  # by address: class, id, driver, group
        self.extra = []  # lines for the program that makes the tree
        self.buses = []
        self.broken = []  # what is done to the tree when it is made

    def chance(self, percent):
        return self.random.randrange(100) < percent

    def domains(self):
        """One or several, of four to eight digits."""
        choices = ["0000", "0000", "0001", "10000", "deadbe", "fedcba9", "89abcdef"]
        return sorted(set(["0000"] + self.random.choices(choices, k=self.random.randrange(3))))

    def add(self, address, kind, driver):
        identifier = f"{self.random.choice(VENDORS)}:{self.random.randrange(0x10000):04x}"
        self.functions[address] = {"class": kind, "id": identifier, "driver": driver, "group": None}

    def fill(self):
        for domain in self.domains():
            self.add(f"{domain}:00:00.0", "060000", self.random.choice(["-", "-", "skx_uncore"]))
            last = 0
            for slot in self.random.sample(range(1, 32), self.random.randrange(1, 6)):
                last = self.fill_slot(domain, 0, slot, last, 0)

    def fill_slot(self, domain, bus, slot, last, depth):
        """What is in one slot: a bridge with what is below it, or a card. Returns the last bus so far."""
        if depth < 4 and last < 200 and self.chance(45):
            return self.fill_bridge(domain, bus, slot, last, depth)
        self.fill_card(domain, bus, slot)
        return last

    def fill_bridge(self, domain, bus, slot, last, depth):
        address = f"{domain}:{bus:02x}:{slot:02x}.0"
        kind = "060700" if self.chance(8) else "060400"
        self.add(address, kind, self.random.choice(["-", "pcieport", "pcieport", "shpchp", "switchtec"]))
        if self.chance(10):
            return last  # one that was not set up has no bus below
        first = last + 1
        last = first
        for below in self.random.sample(range(32), self.random.randrange(3)):
            last = self.fill_slot(domain, first, below, last, depth + 1)
        if not self.chance(5):
            self.buses.append(f"buses\t{address}\t{first}\t{last}")
        return last

    def fill_card(self, domain, bus, slot):
        for function in range(self.random.choice([1, 1, 1, 2, 2, 4, 8])):
            address = f"{domain}:{bus:02x}:{slot:02x}.{function}"
            kind = self.random.choice(ENDPOINT_CLASSES)
            if self.chance(6):
                kind = self.random.choice(["060000", "060100", "060900", "030000", "000000"])
            self.add(address, kind, self.random.choice(["-", "-", "e1000e", "nvme", "vfio-pci", "pci-stub"]))

    def put_into_groups(self):
        numbers = self.random.sample([*range(12), 107, 255, 999, 123456789, 987654321], 8)
        for function in self.functions.values():
            if not self.chance(4):
                function["group"] = self.random.choice(numbers)
        for number in {function["group"] for function in self.functions.values()} - {None}:
            directory = f"sys/kernel/iommu_groups/{number}"
            if self.chance(6):
                self.extra.append(f"empty\t{directory}/devices/{self.random.choice(OTHER_MEMBERS)}")
            if self.chance(5):
                self.extra.append(f"file\t{directory}/name\t{self.random.choice(['vfio-noiommu', 'something'])}")

    def break_something(self):
        """What a real machine would not show: attributes that are missing or contradict each other."""
        for address, function in self.functions.items():
            if not self.chance(3):
                continue
            directory = f"sys/bus/pci/devices/{address}"
            group = f"sys/kernel/iommu_groups/{function['group']}/devices/{address}"
            self.broken.append(
                self.random.choice(
                    [
                        ("remove", f"{directory}/uevent"),
                        ("write", f"{directory}/uevent", "PCI_CLASS=20000\n"),
                        ("write", f"{directory}/uevent", "PCI_CLASS=ZZ\nPCI_ID=8086:1\nPCI_SLOT_NAME=x\n"),
                        ("write", f"{directory}/uevent", ""),
                        ("remove", f"{directory}/config"),
                        ("write", f"{directory}/config", "\0" * HEADER_TYPE),
                        ("write", f"{directory}/config", "\0" * HEADER_TYPE + self.random.choice("\x03\x7f")),
                        ("write", f"{directory}/secondary_bus_number", self.random.choice(["0\n", "256\n", "x\n", ""])),
                        ("remove", f"{directory}/iommu_group"),
                        ("link", f"{directory}/iommu_group", "../../../../kernel/iommu_groups/77"),
                        ("link", f"{directory}/iommu_group", "../../../../kernel/iommu_groups/none"),
                        ("link", f"{directory}/iommu_group", "../../../../kernel/iommu_groups/4294967296"),
                        ("remove", group),
                    ]
                )
            )

    def choose_headers(self):
        """The class does not say it of these."""
        for address, function in self.functions.items():
            if function["class"][:4] in ("0609", "0000"):
                self.extra.append(f"header\t{address}\t{self.random.choice([0, 0, 1])}")

    def choose_displays(self):
        displays = [address for address, function in self.functions.items() if function["class"].startswith("0300")]
        if displays and self.chance(60):
            self.extra.append(f"file\tsys/bus/pci/devices/{self.random.choice(displays)}/boot_vga\t1")

    def lines(self):
        yield f"machine\t{'-' if self.chance(3) else 'dmar0'}"
        yield "driver\tvfio-pci"
        yield "driver\tpci-stub"
        for address, function in self.functions.items():
            group = "-" if function["group"] is None else function["group"]
            yield f"device\t{address}\t{function['id']}\t{function['class']}\t{group}\t{function['driver']}"
        yield from self.buses
        yield from self.extra

    def configuration(self):
        """Whole groups for the most part, and now and then one device of a group is forgotten, or a bridge listed."""
        groups = {}
        for address, function in self.functions.items():
            groups.setdefault(function["group"], []).append(address)
        sections = {"bind": [], "stub": []}
        chosen = self.random.sample(sorted(groups, key=str), self.random.randrange(1, len(groups) + 1))
        for group in chosen:
            for address in groups[group]:
                kind = self.functions[address]["class"][:4]
                if self.chance(4 if kind in ("0604", "0607", "0600") else 93):
                    sections["stub" if self.chance(25) else "bind"].append(address)
        text = ""
        for section, addresses in sections.items():
            text += f"[{section}]\n" + "".join(f"{section}{i} = {address}\n" for i, address in enumerate(addresses[:60]))
        return text


def make_random(directory, seed):
    machine = Machine(seed)
    machine.fill()
    machine.put_into_groups()
    machine.choose_headers()
    machine.choose_displays()
    machine_tree.make(directory, machine.lines())
    machine.break_something()
    for action, path, *text in machine.broken:
        spoil(pathlib.Path(directory) / path, action, *text)
    (pathlib.Path(directory) / "etc/vfio-early.ini").write_text(machine.configuration())


def spoil(path, action, text=None):
    path.unlink(missing_ok=True)
    if action == "write":
        path.write_text(text)
    elif action == "link":
        path.symlink_to(text)


# --- the rule, once more


class Kernel:
    """What a tree shows, as the kernel's rule sees it."""

    def __init__(self, directory):
        self.devices = pathlib.Path(directory) / "sys/bus/pci/devices"
        self.groups = pathlib.Path(directory) / "sys/kernel/iommu_groups"
        self.has_iommu = any((pathlib.Path(directory) / "sys/class/iommu").iterdir())

    def properties(self, address):
        """uevent as a dictionary; None where it does not say what the kernel always says."""
        try:
            lines = (self.devices / address / "uevent").read_text().splitlines()
            found = dict(line.split("=", 1) for line in lines)
            number = int(found["PCI_CLASS"], 16)
            is_whole = found["PCI_SLOT_NAME"] == address and len(found["PCI_ID"]) == 9 and "PCI_SUBSYS_ID" in found
        except (OSError, ValueError, KeyError):
            return None
        return {"class": f"{number:06x}"} if is_whole else None

    def header(self, address, properties):
        """The header type; None where nothing tells."""
        known = HEADER_OF_BRIDGE.get(properties["class"][:4])
        if known is not None:
            return known
        if properties["class"][:4] not in ("0600", "0601") and properties["class"][:2] in ("06", "00"):
            try:
                header = (self.devices / address / "config").read_bytes()[HEADER_TYPE] & 0x7F
                return header if header in (0, 1, 2) else None  # what pci_setup_device() in drivers/pci/probe.c knows
            except (OSError, IndexError):
                return None
        return 0

    def group_of(self, address):
        """The group that a device points to: its number, None for none, or 'contradiction'."""
        link = self.devices / address / "iommu_group"
        if not link.is_symlink():
            return None
        name = os.path.basename(os.readlink(link))
        return int(name) if name.isdigit() else "contradiction"

    def kind(self, address):
        """'endpoint', 'bridge', 'host bridge' or 'unknown'."""
        properties = self.properties(address)
        header = properties and self.header(address, properties)
        group = self.group_of(address)
        if properties is None or header is None or group == "contradiction":
            return "unknown"
        if group is not None and not os.path.lexists(self.groups / str(group) / "devices" / address):
            return "unknown"
        if header in (1, 2):
            return "bridge"
        return "host bridge" if properties["class"].startswith("0600") else "endpoint"

    def is_boot_display(self, address):
        properties = self.properties(address)
        marks = [self.devices / address / name for name in ("boot_vga", "boot_display")]
        return properties["class"].startswith("03") and any(mark.exists() and mark.read_text().strip() == "1" for mark in marks)

    def members(self, number):
        return sorted(path.name for path in (self.groups / str(number) / "devices").iterdir())

    def is_whole(self, number):
        """The group is not VFIO's own, and all that it lists points to it."""
        name = self.groups / str(number) / "name"
        if name.exists() and name.read_text().strip() == "vfio-noiommu":
            return False
        devices = [member for member in self.members(number) if (self.devices / member).is_dir()]
        return all(self.group_of(member) == number for member in devices)

    def may_be_given(self, address):
        """On its own: an endpoint that the firmware did not boot on, in a group that is what it says."""
        group = self.group_of(address)
        return (
            self.kind(address) == "endpoint"
            and group is not None
            and os.path.lexists(self.groups / str(group) / "devices" / address)
            and self.is_whole(group)
            and not self.is_boot_display(address)
        )

    def is_given(self, address, listed):
        """With its whole group: what has a driver that is not VFIO's, or may get one, is in the way."""
        if not self.has_iommu and self.group_of(address) is None:
            return False
        if not self.may_be_given(address):
            return False
        group = self.group_of(address)
        # A listed device that says it is in the group counts, whatever the group lists.
        for member in {*self.members(group), *(other for other in listed if self.group_of(other) == group)}:
            if member in listed:
                if not self.may_be_given(member):
                    return False
            elif not (self.devices / member).is_dir() or self.kind(member) not in ("bridge", "host bridge"):
                return False
        return True


def listed_in(directory):
    """The addresses of a configuration that has nothing else."""
    lines = (pathlib.Path(directory) / "etc/vfio-early.ini").read_text().splitlines()
    return {line.split(" = ")[1] for line in lines if " = " in line}


def disagreements(binary, directory):
    """Every listed device on which check and the rule differ, and how many were compared."""
    run = subprocess.run([binary, "check", "--root", directory, "--json"], capture_output=True, text=True, check=False)
    if run.returncode not in (0, 1):
        return [f"exit status {run.returncode}: {run.stderr}"], 0
    listed = listed_in(directory)
    kernel = Kernel(directory)
    found = []
    compared = 0
    for device in json.loads(run.stdout)["devices"]:
        address = device["address"]
        expected = (kernel.devices / address).is_dir() and kernel.is_given(address, listed) if address else False
        shown = device["outcome"] == "would-bind"
        compared += 1
        if shown != expected:
            found.append(f"{device['selector']}: check says {device['outcome']} ({device['code']}), the rule {expected}")
    if compared < len(listed):
        found.append(f"{len(listed)} lines, and verdicts on {compared}")
    return found, compared


# --- recorded machines


def build_recorded(directory, path):
    """The machine of a table or of what `list --json` said, without what is known of its host. Returns the members of each of its
    groups."""
    if path.suffix == ".txt":
        machine_tree.build(directory, {"machine": path.stem})
        members = [line.split()[:2] for line in path.read_text().splitlines()]
    else:
        record = json.loads(path.read_text())
        machine_tree.build_from_record(directory, record)
        (pathlib.Path(directory) / "etc/vfio-early.facts").unlink(missing_ok=True)
        members = [(device["group"], device["address"]) for device in record["devices"] if device["group"] is not None]
    groups = {}
    for group, address in members:
        groups.setdefault(group, []).append(address)
    return groups


def compare_recorded(binary, directory, path):
    """Each device of each group on its own, and each group whole."""
    groups = build_recorded(directory, path)
    ini = pathlib.Path(directory) / "etc/vfio-early.ini"
    found = []
    compared = 0
    for group in groups.values():
        for chosen in [[address] for address in group] + [group, [a for a in group if Kernel(directory).kind(a) == "endpoint"]]:
            ini.write_text("[bind]\n" + "".join(f"d{i} = {address}\n" for i, address in enumerate(chosen)))
            differences, count = disagreements(binary, directory)
            found += [f"{path.stem}: {chosen}: {text}" for text in differences]
            compared += count
    return found, compared


def main(arguments):
    binary = arguments[0]
    count = int(arguments[1]) if len(arguments) > 1 else 2000
    first = int(arguments[2]) if len(arguments) > 2 else 1
    found = []
    compared = given = 0
    # In memory where that can be: on a disk each file that is written through takes its time.
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as scratch:
        recorded = sorted([*machine_tree.MACHINES.glob("*.txt"), *machine_tree.MACHINES.glob("*/*.json")])
        for path in recorded:
            differences, devices = compare_recorded(binary, os.path.join(scratch, path.stem), path)
            found += differences
            compared += devices
        print(f"{len(recorded)} recorded machines: {compared} verdicts compared")
        compared = 0
        for seed in range(first, first + count):
            directory = os.path.join(scratch, "random")
            make_random(directory, seed)
            differences, devices = disagreements(binary, directory)
            found += [f"seed {seed}: {text}" for text in differences]
            compared += devices
            kernel = Kernel(directory)
            given += sum(kernel.is_given(a, listed_in(directory)) for a in listed_in(directory) if (kernel.devices / a).is_dir())
            shutil.rmtree(directory)
    print("\n".join(found[:40]))
    print(f"{count} random machines: {compared} verdicts compared, {given} of them to bind; {len(found)} differ")
    return 1 if found or not given else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
