# SPDX-License-Identifier: MIT
"""Builds a directory that looks like a machine's /sys and /proc from a table of its devices.

A line of a table (machines/*.txt) is: group, address, class, vendor:device, name. A scenario can add what a table does not
have: which drivers are bound, where the buses are, what the firmware and the kernel were told.
"""

import functools
import os
import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
MACHINES = HERE / "machines"
MAKER = HERE.parent / "build" / "make_machine"
SOURCES = [HERE / "make_machine.cpp", HERE / "fake_machine.h"]


@functools.cache
def maker():
    """The program that writes the tree, compiled when it is older than its sources: what it writes the unit tests share."""
    if not MAKER.exists() or MAKER.stat().st_mtime < max(source.stat().st_mtime for source in SOURCES):
        MAKER.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=MAKER.parent) as directory:
            new = os.path.join(directory, MAKER.name)
            subprocess.run(["g++", "-std=c++20", "-Wall", "-Wextra", "-Werror", "-o", new, SOURCES[0]], check=True)
            os.replace(new, MAKER)  # tests run at the same time
    return MAKER


def build(directory, scenario):
    """Makes the tree of scenario["machine"] below `directory`."""
    subprocess.run([maker(), directory], input="\n".join(lines_of(scenario)) + "\n", text=True, check=True)
    for path in scenario.get("older", []):
        os.utime(os.path.join(directory, path), (1000, 1000))


def lines_of(scenario):
    """The same as lines for the program that makes it."""
    iommu = scenario.get("iommu", "dmar0")
    has_groups = iommu and not scenario.get("groups_appear_late", False)
    yield f"machine\t{iommu or '-'}"
    yield f"file\tproc/cmdline\t{scenario.get('cmdline', 'quiet')}"
    if "cpuinfo" in scenario:
        yield f"file\tproc/cpuinfo\t{scenario['cpuinfo']}"
    for table in scenario.get("acpi_tables", []):
        yield f"file\tsys/firmware/acpi/tables/{table}\t"
    yield "driver\tvfio-pci"
    yield "driver\tpci-stub"
    for line in (MACHINES / (scenario["machine"] + ".txt")).read_text().splitlines():
        group, address, pci_class, ids, *_ = line.split()
        driver = scenario.get("drivers", {}).get(address, "-")
        yield f"device\t{address}\t{ids}\t{pci_class}00\t{group if has_groups else '-'}\t{driver}"
    for address, bus in scenario.get("secondary_bus", {}).items():
        yield f"file\tsys/bus/pci/devices/{address}/secondary_bus_number\t{bus}"
    for path, text in scenario.get("files", {}).items():
        yield f"file\t{path}\t{text}"
    if "boot_vga" in scenario:
        yield f"file\tsys/bus/pci/devices/{scenario['boot_vga']}/boot_vga\t1"
