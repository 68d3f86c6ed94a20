#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Asks `vfio-early status` what a boot did and what of it still holds, on a recorded machine to which something happens after
the boot, and compares what it shows with the files in golden/status/, to the letter.

usage: status_test.py BINARY            compares
       status_test.py --update BINARY   writes what is shown now; read the diff before you commit it
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import golden_test
import machine_tree

GOLDEN = golden_test.GOLDEN / "status"
REPORT = "run/vfio-early/report.json"
CARD = [f"0000:01:00.{function}" for function in range(4)]
INI = "[bind]\ngpu = 0000:01:00.0 10de:2191\ngpu-rest = 0000:01:00.*\nwlan = 0000:02:00.0\n"


class Machine:
    """The tree of a laptop whose graphics card and wireless card the boot bound, for as long as questions are asked."""

    def __init__(self, binary, ini=INI):
        self.binary = binary
        self.directory = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.directory.name)
        machine_tree.build(self.root, {"machine": "gtx1660ti-laptop"})
        self.write("etc/vfio-early.ini", ini)
        for address in [*CARD, "0000:02:00.0"]:
            self.bind(address, "vfio-pci")
        self.boot()

    def write(self, path, text):
        """Writes a file below the root."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def device(self, address):
        """Its directory in sysfs."""
        return self.root / "sys/bus/pci/devices" / address

    def bind(self, address, driver, override=None):
        """Puts a device on a driver, or on none, with an override as it is read from the kernel."""
        link = self.device(address) / "driver"
        link.unlink(missing_ok=True)
        if driver:
            (self.root / "sys/bus/pci/drivers" / driver).mkdir(parents=True, exist_ok=True)
            os.symlink(f"../../drivers/{driver}", link)
        self.write(link.parent.relative_to(self.root) / "driver_override", (override or "(null)") + "\n")

    def boot(self, **changes):
        """Writes the report of a boot that bound what `check` would bind, but for what is changed of each device, by label."""
        report = json.loads(self.run("check", "--json").stdout)
        report["command"] = "bind"
        for device in report["devices"]:
            if device["outcome"] == "would-bind":
                device |= {"outcome": "bound", "driver": device["target"], "viable": True}
            device |= changes.get(device["label"].replace("-", "_"), {})
        self.write(REPORT, json.dumps(report))

    def run(self, *words):
        """The result of a command."""
        command = [self.binary, *words, "--root", self.root]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    def status(self, *words):
        """What is printed, with the exit status."""
        result = self.run("status", *words)
        shown = (result.stdout + result.stderr).replace(str(self.root), "ROOT")
        return shown if "--json" in words else shown + f"exit status {result.returncode}\n"


def good_boot(_):
    """Nothing happens."""


def driverctl(machine):
    """driverctl gives a device to its host driver, now and at every boot; its neighbour follows by hand."""
    machine.bind(CARD[0], "nouveau", "nouveau")
    machine.write(f"etc/driverctl.d/pci-{CARD[0]}", "nouveau\n")
    machine.bind(CARD[1], "snd_hda_intel", "snd_hda_intel")


def driverctl_of_another_mind(machine):
    """What driverctl keeps is not what is set now."""
    machine.bind(CARD[0], "nouveau", "nouveau")
    machine.write(f"etc/driverctl.d/pci-{CARD[0]}", "vfio-pci\n")


def unbound_by_hand(machine):
    """Two writes into sysfs, and one device that a host driver then takes."""
    machine.bind(CARD[0], "", "vfio-pci")
    machine.bind("0000:02:00.0", "iwlwifi")


def shifted(machine):
    """Another device is where the boot bound one, and on the same driver."""
    uevent = machine.device("0000:02:00.0") / "uevent"
    uevent.write_text(uevent.read_text().replace("8086:2723", "10EC:8168"))


def gone(machine):
    """A device is not there any more; the configuration names it by address and by id."""
    (machine.root / "sys/kernel/iommu_groups/9/devices/0000:02:00.0").unlink()
    path = machine.device("0000:02:00.0")
    path.unlink() if path.is_symlink() else shutil.rmtree(path)


def moved(machine):
    """The line meant another address when it was recorded; its guest may name that one."""
    machine.write("etc/vfio-early.ini", INI.replace("wlan = 0000:02:00.0", "wlan = 8086:2723"))
    machine.run("accept")
    facts = machine.root / "etc/vfio-early.facts"
    facts.write_text(facts.read_text().replace("address = 0000:02:00.0", "address = 0000:05:00.0"))
    machine.boot()


def accepted(machine):
    """The same, and the line means what is there now."""
    moved(machine)
    machine.run("accept")


def refused(machine):
    """Three kinds of devices that the boot did not bind: one is bound since."""
    because = {"outcome": "refused", "code": "shared-group", "detail": "group 9 also holds a NUL \x00, \u00e9 and \x1b"}
    machine.boot(wlan=because, gpu={"outcome": "failed", "code": "bind-failed", "detail": "binding it failed"}, gpu_rest=because)
    machine.bind(CARD[0], "")
    machine.bind(CARD[1], "snd_hda_intel")


def planned_only(machine):
    """rd.vfio_early=check was on the command line."""
    machine.write(REPORT, machine.run("check", "--json").stdout)
    for address in CARD:
        machine.bind(address, "")


def handed_over(machine):
    """A device that is bound on the running machine only."""
    machine.boot(wlan={"outcome": "handover", "driver": "iwlwifi", "viable": None})
    machine.bind("0000:02:00.0", "iwlwifi")


def handed_over_since(machine):
    """The line became one for the running machine only, and under another name."""
    machine.bind("0000:02:00.0", "iwlwifi")
    machine.write("etc/vfio-early.ini", INI.replace("wlan", "wifi") + "[handover]\nwifi = iwlwifi\n")


def newer_ini(machine):
    """A line is new, one is gone, one was corrected and leads to the same device."""
    machine.bind("0000:02:00.0", "iwlwifi")
    machine.boot(wlan={"outcome": "refused", "code": "in-use", "detail": "the running system uses it now"})
    machine.write("etc/vfio-early.ini", INI.replace("wlan = 0000:02:00.0", "wifi = 8086:2723").replace("00.0 10de:2191", "00.0"))


def newer_line_that_is_bound(machine):
    """Somebody listed a device and bound it at once."""
    machine.write(REPORT, machine.run("check", "--json").stdout)
    machine.boot()
    machine.write("etc/vfio-early.ini", INI.replace("wlan", "wifi"))


def second_line_for_a_device(machine):
    """Two lines list one device; the first one speaks for it."""
    machine.write("etc/vfio-early.ini", INI + "card = 0000:01:00.0\n")
    machine.boot()


def line_is_gone(machine):
    """What no line lists any more is no failure."""
    machine.bind("0000:02:00.0", "iwlwifi")
    machine.write("etc/vfio-early.ini", INI.replace("wlan = 0000:02:00.0\n", ""))


def host_driver_in_group(machine):
    """A function that appeared in the group, and that a host driver took."""
    machine_tree.make(machine.root, ["device\t0000:01:00.4\t10de:1aee\t0c8000\t8\tnvidia"])


def bridge_in_group(machine):
    """A bridge of the group has a driver that newer kernels do not let guests have its group beside."""
    machine_tree.make(machine.root, ["device\t0000:00:01.0\t8086:1901\t060400\t8\tshpchp", "header\t0000:00:01.0\t1"])


def broken_ini(machine):
    """The configuration has an error by now: the next boot binds nothing."""
    machine.write("etc/vfio-early.ini", INI + "[bnd]\n")


def no_ini(machine):
    """It is gone."""
    (machine.root / "etc/vfio-early.ini").unlink()


def no_report(machine):
    """The boot wrote none."""
    (machine.root / REPORT).unlink()


def broken_report(machine):
    """It ends in the middle."""
    machine.write(REPORT, (machine.root / REPORT).read_text()[:-20])


def broken_at_boot(machine):
    """The configuration had an error at the boot, which somebody corrected since."""
    machine.write("etc/vfio-early.ini", INI + "[bnd]\n")
    machine.write(REPORT, machine.run("check", "--json").stdout.replace('"check"', '"bind"'))
    machine.write("etc/vfio-early.ini", INI)
    for address in [*CARD, "0000:02:00.0"]:
        machine.bind(address, "")


def nothing_listed(machine):
    """A configuration without a line."""
    machine.write("etc/vfio-early.ini", "[bind]\n")
    machine.boot()


def nothing_listed_and_no_report(machine):
    """The image was made before vfio-early was installed, and nothing is listed so far."""
    nothing_listed(machine)
    no_report(machine)


# What happens after the boot, and the words behind `status`.
SHOWN = {
    "good-boot": (good_boot, []),
    "good-boot-label": (good_boot, ["wlan"]),
    "unknown-label": (good_boot, ["gpu", "wlam"]),
    "label-with-several-devices": (driverctl, ["gpu-rest"]),
    "driverctl": (driverctl, []),
    "driverctl-of-another-mind": (driverctl_of_another_mind, []),
    "driverctl-other-label": (driverctl, ["wlan"]),
    "unbound-by-hand": (unbound_by_hand, []),
    "shifted": (shifted, []),
    "gone": (gone, []),
    "moved": (moved, []),
    "moved-label": (moved, ["wlan"]),
    "moved-label-accepted": (accepted, ["wlan"]),
    "refused": (refused, []),
    "planned-only": (planned_only, []),
    "handed-over": (handed_over, []),
    "handed-over-label": (handed_over, ["wlan"]),
    "handed-over-since": (handed_over_since, []),
    "newer-ini": (newer_ini, []),
    "newer-ini-label": (newer_ini, ["wifi"]),
    "newer-line-that-is-bound": (newer_line_that_is_bound, []),
    "second-line-label": (second_line_for_a_device, ["card"]),
    "line-is-gone": (line_is_gone, []),
    "host-driver-in-group": (host_driver_in_group, []),
    "bridge-in-group": (bridge_in_group, []),
    "broken-ini": (broken_ini, []),
    "broken-ini-label": (broken_ini, ["gpu"]),
    "no-ini": (no_ini, []),
    "no-report": (no_report, []),
    "broken-report": (broken_report, []),
    "broken-at-boot": (broken_at_boot, []),
    "nothing-listed": (nothing_listed, []),
    "nothing-listed-and-no-report": (nothing_listed_and_no_report, []),
    "wait-too-long": (good_boot, ["--wait", "3601"]),
    "wait-for-what": (good_boot, ["--wait", "soon"]),
}
# Those whose JSON is a golden file too; of all the others only what it must agree with the text in is looked at.
JSON = {"good-boot", "driverctl", "gone", "moved-label", "newer-ini", "host-driver-in-group", "refused"}


def check_json(name, machine, words, found):
    """The JSON says `ok` where the exit status does, and has the shape that is promised. It returns the JSON."""
    result = machine.run("status", "--json", *words)
    if result.returncode > 1 and not result.stdout:
        return ""
    report = json.loads(result.stdout)
    assert list(report) == ["vfio_early", "command", "ok", "iommu", "warnings", "devices", "unlisted"], name
    for device in report["devices"]:
        assert list(device) == [*golden_test.KEYS, "now", "now_detail"], name
    if report["ok"] != (result.returncode == 0):
        found.append(f"{name}: exit status {result.returncode}, and ok is {report['ok']}")
    return golden_test.without_version(result.stdout)


def check_shown(binary, update):
    """What differs from the golden files."""
    found = []
    for name, (happens, words) in SHOWN.items():
        machine = Machine(binary)
        happens(machine)
        shown = {".txt": machine.status(*words)}
        text = check_json(name, machine, words, found)
        if name in JSON:
            shown[".json"] = text
        found += golden_test.differences(GOLDEN, name, shown, update)
    return found


def timed(machine, *words):
    """The exit status, and how many seconds it took."""
    start = time.monotonic()
    status = machine.run("status", *words).returncode
    return status, time.monotonic() - start


def check_waiting(binary):
    """--wait ends as soon as what was waited for is there, and when the time is up."""
    found = []
    for name, happens, mend in [
        ("a device", unbound_by_hand, lambda machine: (machine.bind(CARD[0], "vfio-pci"), machine.bind("0000:02:00.0", "vfio-pci"))),
        ("the report", no_report, lambda machine: machine.boot()),
        ("a whole report", broken_report, lambda machine: machine.boot()),
    ]:
        machine = Machine(binary)
        happens(machine)
        before = machine.status()
        later = threading.Timer(1, mend, [machine])
        later.start()
        status, seconds = timed(machine, "--wait", "30")
        later.join()
        if status != 0 or not 0.5 < seconds < 15:
            found.append(f"waiting for {name}: exit status {status} after {seconds:.1f} s; before:\n{before}")
    for happens, expected in [(unbound_by_hand, 1), (no_report, 3)]:
        machine = Machine(binary)
        happens(machine)
        status, seconds = timed(machine, "--wait=1")
        if status != expected or not 1 <= seconds < 10:
            found.append(f"waiting after {happens.__name__}: exit status {status} after {seconds:.1f} s, and not {expected} after 1")
        status, seconds = timed(machine, "--wait", "0")
        if status != expected or seconds > 0.9:
            found.append(f"not waiting after {happens.__name__}: exit status {status} after {seconds:.1f} s")
    machine = Machine(binary)
    status, seconds = timed(machine, "--wait", "30", "wlam")
    if status != 2 or seconds > 10:
        found.append(f"waiting for a label that is nowhere: exit status {status} after {seconds:.1f} s")
    return found


def check_hostile(binary):
    """A report that is cut anywhere, or has any byte replaced, ends with an exit status of its own and never with a signal."""
    found = []
    machine = Machine(binary, "[bind]\nwlan = 0000:02:00.0\n")
    refused(machine)
    whole = (machine.root / REPORT).read_bytes()
    broken = [whole[:end] for end in range(0, len(whole) - 1, 7)]
    broken += [whole[:place] + byte + whole[place + 1 :] for place in range(0, len(whole), 11) for byte in (b'"', b"\\", b"{", b"\0")]
    broken += [b"[" * 100000, b'{"a":' * 100000, whole + b"x", b"", b"\0" * 100, whole * 2, b" " * 5000000]
    for text in broken:
        (machine.root / REPORT).write_bytes(text)
        result = machine.run("status")
        if result.returncode not in (0, 1, 2, 3) or (result.returncode == 3 and "report" not in result.stderr):
            found.append(f"exit status {result.returncode} for {text[:100]}: {result.stderr}")
    os.remove(machine.root / REPORT)
    os.mkfifo(machine.root / REPORT)
    if machine.run("status").returncode != 3:
        found.append("a pipe counts as a report")
    return found


def main(arguments):
    update = arguments[:1] == ["--update"]
    binary = os.path.abspath(arguments[update])
    found = check_shown(binary, update) + check_waiting(binary) + check_hostile(binary)
    print("\n".join(found))
    print(f"{len(SHOWN)} scenarios, {len(found)} are not as they should be")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
