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
import tomllib
import zlib

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
    make(directory, lines_of(scenario))
    for path in scenario.get("older", []):
        os.utime(os.path.join(directory, path), (1000, 1000))


def build_from_record(directory, record, ini=None):
    """Makes the tree of what `vfio-early list --json` said of a machine, parsed, below `directory`, with this text as its
    configuration. It is no running system: what the host lives on is in its facts, and what was in use besides is not
    there."""
    make(directory, lines_of_record(record))
    devices = record["devices"]
    files = {"etc/vfio-early.facts": facts_of(devices), "usr/share/misc/pci.ids": names_of(devices), "etc/vfio-early.ini": ini}
    for name, text in files.items():
        if text is not None:
            path = pathlib.Path(directory) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


def make(directory, lines):
    """The tree of these lines (make_machine.cpp)."""
    subprocess.run([maker(), directory], input="\n".join(lines) + "\n", text=True, check=True)


def buses_of(scenario):
    """The first and the last bus below each bridge: those of the machine, with those of the scenario in their place."""
    known = tomllib.loads((MACHINES / "buses.toml").read_text()).get(scenario["machine"], {})
    return known | {address: (bus, bus) for address, bus in scenario.get("secondary_bus", {}).items()}


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
    for address, (first, last) in buses_of(scenario).items():
        yield f"buses\t{address}\t{first}\t{last}"
    for path, text in scenario.get("files", {}).items():
        yield f"file\t{path}\t{text}"
    for address, text in scenario.get("reset", {}).items():
        yield f"file\tsys/bus/pci/devices/{address}/reset_method\t{text}"
    for address, things in scenario.get("attached", {}).items():
        for kind, name in things:
            yield from lines_of_attached(f"pci0000:00/{address}", kind, name)
    yield from ("\t".join(line) for line in scenario.get("lines", []))
    if "boot_vga" in scenario:
        yield f"file\tsys/bus/pci/devices/{scenario['boot_vga']}/boot_vga\t1"


def lines_of_attached(where, kind, name):
    """A disk, an interface or an input device on a function, by the directory of the function below /sys/devices."""
    if kind == "disk":
        yield f"block\t{where}/block/{name}\t8:{zlib.crc32(name.encode()) % 1000}"
    elif kind == "interface":
        yield f"net\t{where}/net/{name}\t0x1003"
    elif kind in ("keyboard", "input"):
        yield f"link\tsys/class/input/{name}\t../../devices/{where}/input/{name}"
        keys = "10000 0 fffffffffffffffe" if kind == "keyboard" else "70000 0 0 0 0"
        yield f"file\tsys/devices/{where}/input/{name}/capabilities/key\t{keys}"


def lines_of_record(record):
    """What `list --json` said as lines for the program that makes a tree."""
    yield f"machine\t{record['iommu_unit'] or '-'}"
    yield f"file\tproc/cmdline\tquiet{' pcie_acs_override=downstream' if record['acs_is_overridden'] else ''}"
    if record["iommu_state"] == "absent":
        yield "file\tproc/cpuinfo\tflags\t\t: fpu"
    table = {"off-in-kernel": "DMAR", "no-driver": "VIOT"}.get(record["iommu_state"])
    if table:
        yield f"file\tsys/firmware/acpi/tables/{table}\t"
    if record["kernel"]:
        yield f"file\tproc/sys/kernel/osrelease\t{record['kernel']}"
    yield "driver\tvfio-pci"
    yield "driver\tpci-stub"
    placed = set()
    for device in record["devices"]:
        yield from lines_of_device(device)
        where = device["path"] or f"pci0000:00/{device['address']}"
        for number, use in enumerate(device["uses"]):
            name = use["name"] or f"{'input' if use['kind'] in ('keyboard', 'input') else 'eth'}{device['address'][5:]}{number}"
            if (use["kind"], name) not in placed:
                placed.add((use["kind"], name))
                yield from lines_of_attached(where, use["kind"], name)
    for group in record["groups"]:
        directory = f"sys/kernel/iommu_groups/{group['number']}"
        for other in group["others"]:
            yield f"empty\t{directory}/devices/{other}"
        if group["no_iommu"]:
            yield f"file\t{directory}/name\tvfio-noiommu"


def lines_of_device(device):
    """One function, with the bridge that it may be."""
    directory = f"sys/bus/pci/devices/{device['address']}"
    if device["path"]:
        yield f"empty\tsys/devices/{device['path']}/power"
        yield f"link\t{directory}\t../../../devices/{device['path']}"
    group = "-" if device["group"] is None else device["group"]
    yield "\t".join(
        ["device", device["address"], device["id"] or "ffff:ffff", device["class"] or "000000", str(group)]
        + [device["driver"] or "-", device["subsystem"] or "ffff:ffff", str(int(device["express"]))]
    )
    if not device["id"]:
        yield f"empty\t{directory}/uevent"
    if device["header"] is not None:
        yield f"header\t{device['address']}\t{device['header']}"
    if device["secondary_bus"]:
        yield f"buses\t{device['address']}\t{device['secondary_bus']}\t{device['last_bus']}"
    if device["hotplug_controller"]:
        yield f"hotplug\t{device['address']}"
    if device["reset"]:
        yield f"file\t{directory}/reset_method\t{device['reset']}"
    if device["boot_display"]:
        yield f"file\t{directory}/{'boot_vga' if device['class'].startswith('0300') else 'boot_display'}\t1"


def facts_of(devices):
    """What the host lives on as the text of its facts; None where that is nothing."""
    facts = ""
    count = 0
    for device in devices:
        for key, spare in (("needed_for", ""), ("one_of_several", "spare = yes\n")):
            if device[key]:
                facts += f"\n[host]\nwhy = {device[key]}\n{spare}"
                facts += f"address = {device['address']}\nid = {device['id']}:{device['subsystem']}\n"
                count += 1
    return f"version = 1\n{facts}\n[end]\nentries = {count}\n" if count else None


def names_of(devices):
    """The names as a list of them in the format of pci.ids; None where there are none."""
    vendors = {}
    for device in devices:
        if device["vendor"]:
            vendor, number = device["id"].split(":")
            vendors.setdefault((vendor, device["vendor"]), {})[number] = device["name"]
    lines = []
    for (vendor, name), models in sorted(vendors.items()):
        lines.append(f"{vendor}  {name}")
        lines += [f"\t{number}  {model}" for number, model in sorted(models.items()) if model]
    return "".join(line + "\n" for line in lines) or None
