"""Builds a directory that looks like a machine's /sys and /proc from a table of its devices.

A line of a table (machines/*.txt) is: group, address, class, vendor:device, name. A scenario can add what a table does not
have: which drivers are bound, where the buses are, what the firmware and the kernel were told.
"""

import os
import pathlib

MACHINES = pathlib.Path(__file__).resolve().parent / "machines"
HEADER_TYPES = {"0604": 1, "0607": 2}


def build(directory, scenario):
    """Makes the tree of scenario["machine"] below `directory`."""
    root = pathlib.Path(directory)
    _write(root / "proc/cmdline", scenario.get("cmdline", "quiet") + "\n")
    _write(root / "proc/cpuinfo", scenario.get("cpuinfo", "flags\t\t: fpu vmx\n"))
    for directory_name in ("dev", "run", "etc", "sys/class/iommu"):
        (root / directory_name).mkdir(parents=True, exist_ok=True)
    _write(root / "dev/kmsg", "")
    for table in scenario.get("acpi_tables", []):
        _write(root / "sys/firmware/acpi/tables" / table, "")
    iommu = scenario.get("iommu", "dmar0")
    if iommu:
        (root / "sys/class/iommu" / iommu).mkdir()
    has_groups = iommu and not scenario.get("groups_appear_late", False)
    _write(root / "sys/bus/pci/drivers_probe", "")
    for driver in ("vfio-pci", "pci-stub"):
        _write(root / "sys/bus/pci/drivers" / driver / "bind", "")
    for line in (MACHINES / (scenario["machine"] + ".txt")).read_text().splitlines():
        group, address, pci_class, ids, *_ = line.split()
        _add_device(root, scenario, group if has_groups else None, address, pci_class, ids)


def _add_device(root, scenario, group, address, pci_class, ids):
    device = root / "sys/bus/pci/devices" / address
    driver = scenario.get("drivers", {}).get(address)
    vga_interface = "00"
    lines = [f"DRIVER={driver}"] if driver else []
    lines += [
        # The kernel prints the class without leading zeros, and ids in upper case.
        f"PCI_CLASS={int(pci_class + vga_interface, 16):X}",
        f"PCI_ID={ids.upper()}",
        "PCI_SUBSYS_ID=1043:8520",
        f"PCI_SLOT_NAME={address}",
    ]
    _write(device / "uevent", "\n".join(lines) + "\n")
    _write(device / "driver_override", "(null)\n")
    config = bytearray(64)
    config[0x0E] = HEADER_TYPES.get(pci_class, 0)
    (device / "config").write_bytes(config)
    if driver:
        (root / "sys/bus/pci/drivers" / driver).mkdir(parents=True, exist_ok=True)
        os.symlink(f"../../drivers/{driver}", device / "driver")
    if address in scenario.get("secondary_bus", {}):
        _write(device / "secondary_bus_number", f"{scenario['secondary_bus'][address]}\n")
    if pci_class == "0300":
        _write(device / "boot_vga", "1\n" if address == scenario.get("boot_vga") else "0\n")
    if group is not None:
        os.symlink(f"../../../../kernel/iommu_groups/{group}", device / "iommu_group")
        members = root / "sys/kernel/iommu_groups" / group / "devices"
        members.mkdir(parents=True, exist_ok=True)
        os.symlink(f"../../../../bus/pci/devices/{address}", members / address)


def _write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
