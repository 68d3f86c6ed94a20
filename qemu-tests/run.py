#!/usr/bin/env python3
"""Boots real distributions in QEMU with vfio-early in their initramfs, and looks at what came of it.

usage: run.py list [sid]           the names of all tests, SYSTEM.CASE
       run.py image SYSTEM IMAGE   makes an image, and what it needs
       run.py case SYSTEM.CASE...  runs tests; 0 when all hold
       run.py table                how the tests of the matrix ended when they were run last
       run.py demo                 shows one boot
"""

import re
import shutil
import sys
import tempfile
import tomllib

import judge
import machine
import systems
from paths import CACHE, HERE, LOGS, RESULTS
from step import StepFailed


def missing_tools():
    """Programs that a test needs and that are not here."""
    tools = ("qemu-system-x86_64", "mmdebstrap", "unshare", "cpio")
    return [tool for tool in tools if not shutil.which(tool)]


def load_cases():
    """The images and the cases of cases.toml."""
    with (HERE / "cases.toml").open("rb") as file:
        data = tomllib.load(file)
    _refuse_unknown_keys(data)
    for case in data["case"]:
        if "machine" in case:
            case["machine"] = data["machines"][case["machine"]]
    cases = [one for case in data["case"] for one in _for_each_iommu(case, data["iommus"])]
    images = {name: data["images"].get(image.get("like"), {}) | image for name, image in data["images"].items()}
    return images, cases


def _for_each_iommu(case, iommus):
    """The case itself, or NAME-IOMMU for each of its `iommus`."""
    if "iommus" not in case:
        return [case]
    return [
        case | {
            "name": f"{case['name']}-{iommu}",
            "machine": case["machine"] | {"kind": iommu, "append": iommus[iommu]["append"]},
            "not_on": iommus[iommu].get("not_on", ""),
        }
        for iommu in case["iommus"]
    ]


KNOWN_KEYS = {
    "machine": {"about", "kind", "devices", "append"},
    "iommu": {"append", "not_on"},
    "image": {"about", "like", "disk"} | {f"{step}{who}" for step in ("prepare", "change") for who in ("", "_initramfs_tools", "_dracut")},
    "case": {"name", "about", "machine", "image", "append", "ini", "keys", "only", "expect", "package", "whole_system", "iommus"},
}


def _refuse_unknown_keys(data):
    """A misspelt expectation would hold for ever."""
    entries = [("machine", entry) for entry in data["machines"].values()]
    entries += [("iommu", entry) for entry in data["iommus"].values()]
    entries += [("image", entry) for entry in data["images"].values()]
    entries += [("case", entry) for entry in data["case"]]
    for kind, entry in entries:
        unknown = set(entry) - KNOWN_KEYS[kind]
        if kind == "case":
            unknown |= set(entry.get("expect", {})) - (judge.KNOWN_KEYS if "machine" in entry else judge.KNOWN_IMAGE_KEYS)
        if unknown:
            sys.exit(f"cases.toml: unknown {', '.join(sorted(unknown))} in {entry.get('name', entry.get('about'))}")


def runs_on(system, case):
    """Whether a case is for a system: one of the regular expressions in its `only` matches the whole name."""
    only = case.get("only", ["debian12", "debian13"])
    is_excluded = re.fullmatch(case.get("not_on", ""), system)
    return not is_excluded and any(re.fullmatch(pattern, system) for pattern in only)


def test_names(of_systems):
    """SYSTEM.CASE for every case on every system it runs on.

    Neighbours are of different systems: two that run at the same time seldom wait for one image.
    """
    _, cases = load_cases()
    return [f"{system}.{case['name']}" for case in cases for system in of_systems if runs_on(system, case)]


def image_of(system, case):
    """The directory with the image of a case."""
    images, _ = load_cases()
    name = case.get("image", "standard")
    return systems.make_image(system, name, images[name])


def boot_case(system, case):
    """Boots the machine of a case; what it left behind."""
    image = image_of(system, case)
    # The system itself up to multi-user, or a small root that tells its story and no more.
    is_whole = case.get("whole_system", False)
    root_disk = image / "disk.ext4" if is_whole else systems.make_real_root()
    mode = "rw" if is_whole else "ro"
    hardware = case["machine"]
    # panic= ends a lost boot at once; it would also end the shell that a case with keys types into.
    panic = "" if "keys" in case else "panic=-1"
    append = f"{mode} {panic} {hardware.get('append', '')} {case.get('append', '')}".strip()
    with tempfile.NamedTemporaryFile(dir=CACHE, suffix=".initrd") as initrd:
        if "ini" in case:
            of_what, log = f"INI of {case['name']} on {system}", LOGS / f"{system}.{case['name']}.cpio.log"
            initrd.write(machine.with_ini(image / "initrd.img", case["ini"], of_what, log))
        else:
            initrd.write((image / "initrd.img").read_bytes())
        initrd.flush()
        command = machine.command_of(
            hardware, image / "kernel", initrd.name, root_disk, append
        )
        return machine.boot(command, log_path(system, case), case.get("keys", ()))


def log_path(system, case):
    """Where a boot's serial line is kept."""
    return LOGS / f"{system}.{case['name']}.log"


def run_case(name):
    """Runs one test; True when everything holds."""
    system, case_name = name.split(".", 1)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / name).write_text("failed")  # until it has come to its end
    _, cases = load_cases()
    case = next(case for case in cases if case["name"] == case_name)
    try:
        complaints, place = _complaints_of(system, case)
    except StepFailed as failure:
        complaints, place = [str(failure)], "before its end"
    outcome = "failed" if complaints else "passed"
    (RESULTS / name).write_text(outcome)
    print(f"{name}: {outcome} {place}")
    for complaint in complaints:
        print(f"  {complaint}")
    return not complaints


def _complaints_of(system, case):
    """One line for each thing that is not as it should be, and where to look."""
    if case.get("package"):
        return systems.live_with_package(system), "the package was installed, upgraded, removed and purged"
    if "machine" in case:
        evidence = boot_case(system, case)
        place = f"({evidence.seconds:.1f} s), the log is {log_path(system, case)}"
        return judge.complaints(case["expect"], evidence), place
    image = image_of(system, case)
    return judge.image_complaints(case["expect"], image), f"the image is in {image}"


def print_table():
    """System and generator down, IOMMU and case across; '-' where there is no such test, '?' where it was not run."""
    _, cases = load_cases()
    matrix = [case for case in cases if "iommus" in case]
    matrix.sort(key=lambda case: case["iommus"].index(case["machine"]["kind"]))
    heads = [case["name"] for case in matrix] + ["package", "image"]
    print(f"{'':<26}" + " ".join(heads))
    known = set(test_names(systems.SYSTEMS | systems.SID))
    for system in systems.SYSTEMS | systems.SID:
        is_unasked_for = system in systems.SID and not any(RESULTS.glob(f"{system}.*"))
        if is_unasked_for or system in systems.FULL:
            continue
        names = [f"{system}.{head}" for head in heads[:-1]]
        names += [name for name in known if re.fullmatch(rf"{system}\.\w+-in-image", name)]
        cells = [_result_of(name) if name in known else "-" for name in names]
        print(f"{system:<26}" + " ".join(f"{cell:<{len(head)}}" for cell, head in zip(cells, heads)).rstrip())


def _result_of(name):
    path = RESULTS / name
    return path.read_text() if path.exists() else "?"


DEMO_SYSTEM = "debian13"
DEMO_INI = """\
[bind]
nic  = 0000:01:00.0 8086:10d3    ; the card at this address, only if it is this model
nvme = 0000:00:02.0/00.0         ; whatever sits behind this root port
usb  = 1b36:000d                 ; the one device with this id
"""


def demo():
    """Boots a machine with three endpoints and shows what a person would want to see. True when all are bound."""
    with (HERE / "cases.toml").open("rb") as file:
        hardware = tomllib.load(file)["machines"]["three-endpoints"]
    case = {"name": "demo", "machine": hardware, "ini": DEMO_INI}
    print(f"Booting {DEMO_SYSTEM} with {hardware['about']}.", flush=True)
    evidence = boot_case(DEMO_SYSTEM, case)
    if not evidence.reached_real_root:
        print(f"The boot did not reach the real root, the log is {log_path(DEMO_SYSTEM, case)}")
        return False
    devices = evidence.devices.items()
    print("\nIOMMU groups of the machine:")
    for address, device in sorted(devices, key=lambda item: (item[1].group.zfill(4), item[0])):
        print(f"  {device.group:>3}  {address}  {device.name}")
    print("\n/etc/vfio-early.ini:")
    print("".join(f"  {line}\n" for line in DEMO_INI.splitlines()), end="")
    print("\nWhat vfio-early said during the boot:")
    print("".join(f"  {line}\n" for line in evidence.log if "vfio-early: " in line), end="")
    print("\nThe driver that each device ended on, in the real root:")
    for address, device in devices:
        usable = evidence.clients.get(address, "")
        print(f"  {address}  {device.driver:<12} {usable}".rstrip())
    bound = [address for address, device in devices if device.driver == "vfio-pci"]
    probed = [line for address in bound for line in judge.probes_of(address, evidence.log)]
    print(f"\n{len(bound)} devices on vfio-pci, {len(probed)} lines of the log show a host driver probing them.")
    print(f"The whole boot is in {log_path(DEMO_SYSTEM, case)}")
    return len(bound) == 3 and not probed


def main(arguments):
    match arguments:
        case ["list"]:
            print("\n".join(test_names(systems.SYSTEMS)))
        case ["list", "sid"]:
            print("\n".join(test_names(systems.SID)))
        case ["table"]:
            print_table()
        case ["image", system, name]:
            images, _ = load_cases()
            systems.make_image(system, name, images[name])
        case ["demo"]:
            return 0 if demo() else 1
        case ["case", *_] if missing_tools():
            print(f"skipped: {', '.join(missing_tools())} not installed")
            return 77
        case ["case", *names] if names and set(names) <= set(test_names(systems.SYSTEMS | systems.SID)):
            return 0 if all([run_case(name) for name in names]) else 1
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except StepFailed as failed_step:
        sys.exit(str(failed_step))
