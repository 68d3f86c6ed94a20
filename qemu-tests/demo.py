# SPDX-License-Identifier: MIT
"""One boot for a person to look at: the machine, what was asked for, what was said, and where each device ended."""

import cases
import judge
from trial import boot_case, log_path

SYSTEM = "debian13"
INI = """\
[bind]
nic  = 0000:01:00.0 8086:10d3    ; the card at this address, only if it is this model
nvme = 0000:00:02.0/00.0         ; whatever sits behind this root port
usb  = 1b36:000d                 ; the one device with this id
"""


def demo():
    """Boots a machine with three endpoints and shows what a person would want to see. True when all are bound."""
    hardware = cases.machine_named("three-endpoints")
    case = {"name": "demo", "machine": hardware, "ini": INI}
    print(f"Booting {SYSTEM} with {hardware['about']}.", flush=True)
    evidence = boot_case(SYSTEM, case)
    if not evidence.reached_real_root:
        print(f"The boot did not reach the real root, the log is {log_path(SYSTEM, case)}")
        return False
    devices = evidence.devices.items()
    print("\nIOMMU groups of the machine:")
    for address, device in sorted(devices, key=lambda item: (item[1].group.zfill(4), item[0])):
        print(f"  {device.group:>3}  {address}  {device.name}")
    print("\n/etc/vfio-early.ini:")
    print("".join(f"  {line}\n" for line in INI.splitlines()), end="")
    print("\nWhat vfio-early said during the boot:")
    print("".join(f"  {line}\n" for line in evidence.log if "vfio-early: " in line), end="")
    print("\nThe driver that each device ended on, in the real root:")
    for address, device in devices:
        usable = evidence.clients.get(address, "")
        print(f"  {address}  {device.driver:<12} {usable}".rstrip())
    bound = [address for address, device in devices if device.driver == "vfio-pci"]
    probed = [line for address in bound for line in judge.probes_of(address, evidence.log)]
    print(f"\n{len(bound)} devices on vfio-pci, {len(probed)} lines of the log show a host driver probing them.")
    print(f"The whole boot is in {log_path(SYSTEM, case)}")
    return len(bound) == 3 and not probed
