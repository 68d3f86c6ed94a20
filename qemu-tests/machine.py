# SPDX-License-Identifier: MIT
"""One boot of one machine in QEMU: what it is made of, what it was told, and what it said."""

import dataclasses
import os
import pathlib
import re
import selectors
import shlex
import subprocess
import tempfile
import time

from paths import CACHE
from step import run_step

# Kinds of machine.
KINDS = {
    "intel": "-M q35,kernel-irqchip=split -device intel-iommu,intremap=on",
    "amd": "-M q35,kernel-irqchip=split -device amd-iommu,intremap=on",
    "virtio": "-M q35 -device virtio-iommu-pci",
    "plain": "-M q35",
}
# What the root disk is attached to where the machine does not say: out of the way of what a case puts on the bus.
ROOT_CONTROLLER = "-device virtio-blk-pci,drive=root,addr=1d.0"
# A script for the guest, which finds it in /sys/firmware/qemu_fw_cfg: that adds no device to the machine.
LIVE_SCRIPT = "-fw_cfg name=opt/vfio-early/live,file={}"
# What the real root asks vfio-early, in this order.
COMMANDS = ("status", "check", "list")
# Files of /etc for a real root that has none of its own, as OEM strings: they add no device to the machine either.
OEM_STRING = "-smbios type=11,path={}"
# no_timer_check: behind an IOMMU that remaps interrupts, a guest that gets too little of the processor can take its timer
# for dead, and panic.
COMMAND_LINE = "no_timer_check console=ttyS0 loglevel=5 net.ifnames=0"


@dataclasses.dataclass
class Device:
    """A PCI function as the real root found it."""

    vendor: str
    device: str
    pci_class: str
    driver: str
    group: str

    @property
    def name(self):
        """Class and id, in words where this harness knows the class."""
        words = {
            "0x0600": "host bridge", "0x0601": "ISA bridge", "0x0604": "PCI bridge", "0x0106": "SATA controller",
            "0x0108": "NVMe controller", "0x0100": "disk", "0x0200": "NIC", "0x0c03": "USB controller",
            "0x0c05": "SMBus", "0x0300": "display",
        }
        return f"{words.get(self.pci_class[:6], self.pci_class)} {self.vendor[2:]}:{self.device[2:]}"


@dataclasses.dataclass
class Evidence:
    """What a boot left behind. `reached_real_root` is False unless the real root told its story to the end."""

    reached_real_root: bool = False
    devices: dict = dataclasses.field(default_factory=dict)
    clients: dict = dataclasses.field(default_factory=dict)
    report: str = ""
    said: dict = dataclasses.field(default_factory=dict)  # by command of vfio-early: its JSON
    exits: dict = dataclasses.field(default_factory=dict)  # and its exit status
    shown: dict = dataclasses.field(default_factory=dict)
    log: list = dataclasses.field(default_factory=list)
    seconds: float = 0.0


def with_files(initrd, files, of_what, log):
    """The image with a second archive behind it that holds these files, by their paths; what begins with '#!' can be run.

    The kernel unpacks both archives, and the later one wins.
    """
    with tempfile.TemporaryDirectory(dir=CACHE) as directory, tempfile.TemporaryFile(dir=CACHE) as archive:
        for name, text in files.items():
            path = pathlib.Path(directory) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(0o755 if text.startswith("#!") else 0o644)
        command = ["sh", "-c", "find * | cpio --quiet -o -H newc -R 0:0"]
        run_step("cpio", of_what, command, log, cwd=directory, stdout=archive)
        archive.seek(0)
        image = initrd.read_bytes()
        return image + b"\0" * (-len(image) % 4) + archive.read()


def command_of(hardware, kernel, initrd, disks, append, live=None, strings=(), snapshot="on"):
    """The QEMU command of a machine. TCG unless QEMU_ACCEL says otherwise: /dev/kvm may exist and hang.

    Each of `disks` is a drive that the machine's devices can name; with `snapshot` nothing that is written stays.
    `live` is the path of a script for the guest, `strings` those of files with NAME=TEXT for it.
    """
    root = "" if "root=" in append else "root=/dev/vda"
    drives = [f"if=none,id={name},format=raw,snapshot={snapshot},file={path}" for name, path in disks.items()]
    return (
        ["qemu-system-x86_64", "-accel", os.environ.get("QEMU_ACCEL", "tcg")]
        + shlex.split(KINDS[hardware["kind"]])
        + ["-m", "1024", "-nodefaults", "-no-reboot", "-display", "none"]
        + ([] if "-vga" in hardware["devices"] else ["-vga", "none"])
        + [word for drive in drives for word in ("-drive", drive)]
        + shlex.split(hardware["devices"])
        + ([] if "drive=root" in hardware["devices"] else shlex.split(ROOT_CONTROLLER))
        + (shlex.split(LIVE_SCRIPT.format(live)) if live else [])
        + [word for path in strings for word in OEM_STRING.format(path).split()]
        + ["-serial", "stdio", "-kernel", str(kernel), "-initrd", str(initrd)]
        + ["-append", " ".join(f"{COMMAND_LINE} {root} {append}".split())]
    )


def boot(command, log_path, keys=(), limit_seconds=240):
    """Runs QEMU until the real root has told its story. Each of `keys` is [text to wait for, what to type then]."""
    start = time.monotonic()
    evidence = read_evidence(run(command, log_path, b"@@ end", keys, limit_seconds))
    evidence.seconds = time.monotonic() - start
    return evidence


def run(command, log_path, last=None, keys=(), limit_seconds=1200):
    """Runs QEMU until it has printed `last`, or until it ends; all that it printed, which is kept in a file too."""
    start = time.monotonic()
    output = bytearray()
    waiting = [(text.encode(), typed.encode()) for text, typed in keys]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0
    )
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        seen = 0
        while time.monotonic() - start < limit_seconds:
            if not selector.select(timeout=1):
                continue
            chunk = process.stdout.read(65536)
            if not chunk:
                break
            output += chunk
            if last and last in output:
                break
            if waiting and waiting[0][0] in output[seen:]:
                seen = len(output)
                process.stdin.write(waiting.pop(0)[1])
    process.kill()
    process.wait()
    log_path.parent.mkdir(parents=True, exist_ok=True)
    log_path.write_bytes(shlex.join(command).encode() + b"\n" + bytes(output))
    return bytes(output).decode(errors="replace")


def read_evidence(text):
    """What the lines of the real root say."""
    evidence = Evidence()
    report = []
    said = {}
    for line in text.splitlines():
        match = re.match(r"@@ (\w+) ?(.*)", line.strip("\r"))
        if not match:
            continue
        key, rest = match.groups()
        if key == "device":
            address, *facts = rest.split()
            fact = dict(fact.split("=", 1) for fact in facts)
            evidence.devices[address] = Device(
                fact["vendor"], fact["device"], fact["class"], fact["driver"], fact["iommu_group"]
            )
        elif key == "client":
            address, outcome = rest.split(" ", 1)
            evidence.clients[address] = outcome
        elif key == "report":
            report.append(rest)
        elif key in COMMANDS:
            said.setdefault(key, []).append(rest)
        elif key.removesuffix("_exit") in COMMANDS:
            evidence.exits[key.removesuffix("_exit")] = int(rest)
        elif key == "log":
            evidence.log.append(re.sub(r"^<\d+>", "", rest))  # the priority
        elif key == "shown":
            tool, _, text_of_tool = rest.partition(" ")
            evidence.shown[tool] = evidence.shown.get(tool, "") + text_of_tool + "\n"
        elif key == "end":
            evidence.reached_real_root = True
    evidence.report = "\n".join(report)
    evidence.said = {command: "\n".join(lines) for command, lines in said.items()}
    return evidence
