# SPDX-License-Identifier: MIT
"""A root directory in memory that looks like an initramfs on a machine with PCI devices, for programs that are run on it.

/sys is a tree that tests/make_machine.cpp makes, /proc is the kernel's, /usr that of a Debian root. No kernel is behind the
tree: what is written stays there, but for /sbin/modprobe (modprobe.c), which binds what the overrides name. So a whole bind
runs as it does in a boot, where loading vfio-pci binds. It needs mounts of its own (in_own_mounts() of qemu-tests).
"""

import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent
BUILD = PROJECT / "build" / "bench"
RELEASE = PROJECT / "build" / "release"
sys.path += [str(PROJECT / "tests"), str(PROJECT / "qemu-tests")]

import machine_tree  # pylint: disable=wrong-import-position

ROOT = "debian13-bench"
MOUNT = BUILD / "stage"
# As the release is built, so that what is compared is the work.
COMPILER = ["musl-gcc", "-std=gnu11", "-Os", "-static", "-s", "-Wall", "-Wextra", "-Werror"]
HOST_DRIVER = "i40e"
NO_DRIVER = "(null)\n"
ENVIRONMENT = {"PATH": "/sbin:/usr/sbin:/usr/bin"}


def addresses(count):
    return [f"0000:{bus:02x}:00.0" for bus in range(1, count + 1)]


def lines(count):
    """A machine with so many root ports, each with a NIC, which is alone in its group, and a disk that the host lives on."""
    yield "machine\tdmar0"
    yield f"file\tsys/bus/pci/drivers/{HOST_DRIVER}/unbind\t"
    yield from _function("0000:00:00.0", "8086:1904", "060000", 0, "-")
    yield from _function("0000:00:17.0", "8086:a102", "010601", 1, "-")
    for number, address in enumerate(addresses(count), 1):
        port = f"0000:00:{0x18 + number // 8:02x}.{number % 8}"
        yield from _function(port, "8086:a110", "060400", 1 + number, "pcieport")
        yield f"buses\t{port}\t{number}\t{number}"
        yield from _function(address, "8086:1572", "020000", 100 + number, "-", f"{port}/")
        yield f"file\tdev/vfio/{100 + number}\t"


def _function(address, ids, pci_class, group, driver, above=""):
    directory = f"sys/bus/pci/devices/{address}"
    path = f"pci0000:00/{above}{address}"
    yield f"empty\tsys/devices/{path}/power"
    yield f"link\t{directory}\t../../../devices/{path}"
    yield f"device\t{address}\t{ids}\t{pci_class}\t{group}\t{driver}\t8086:0000\t1"


def compiled(name):
    program = BUILD / name
    BUILD.mkdir(parents=True, exist_ok=True)
    subprocess.run([*COMPILER, "-o", program, HERE / f"{name}.c"], check=True)
    return program


class Stage:
    """The directory with so many endpoints, and what brings it back to where it was before a run."""

    def __init__(self, count, root):
        self.path = MOUNT
        self.devices = addresses(count)
        self.path.mkdir(parents=True, exist_ok=True)
        self._mount("-t", "tmpfs", "-o", "mode=755", "none", self.path)
        machine_tree.make(self.path, lines(count))
        for name in ("usr", "tmp", "sbin"):
            (self.path / name).mkdir()
        for name in ("bin", "lib", "lib64"):
            (self.path / name).symlink_to(f"usr/{name}")
        shutil.copy(root / "etc/ld.so.cache", self.path / "etc")
        (self.path / "init").touch()  # which says that this is an initramfs
        (self.path / "dev/null").touch()
        (self.path / "cmdline").write_text("quiet\n")
        self._mount("--rbind", root / "usr", self.path / "usr")
        self._mount("--bind", "/dev/null", self.path / "dev/null")
        for name in ("modprobe", "writes"):
            shutil.copy(compiled(name), self.path / "sbin")
        shutil.copy(RELEASE / "vfio-early", self.path / "sbin")
        self._configure()
        self._mount("-t", "proc", "none", self.path / "proc")
        self._mount("--bind", self.path / "cmdline", self.path / "proc/cmdline")

    def close(self):
        subprocess.run(["umount", "--recursive", str(self.path)], check=True)

    def _mount(self, *arguments):
        subprocess.run(["mount", *map(str, arguments)], check=True)

    def _configure(self):
        """The same plan for each; for vfio-early with the facts that are recorded when an image is made."""
        devices = "".join(f"nic{number} = {address} 8086:1572\n" for number, address in enumerate(self.devices, 1))
        (self.path / "etc/vfio-early.ini").write_text(f"[bind]\n{devices}")
        record = ["check", "--root", self.path, "--write-facts", "/etc/vfio-early.facts"]
        subprocess.run([RELEASE / "vfio-early", *record], stdout=subprocess.DEVNULL, check=True)
        recipe = (HERE / "recipe.sh").read_text().replace("@DEVS@", " ".join(self.devices))
        (self.path / "recipe").write_text(recipe)
        calls = "".join(f"driverctl set-override {address} vfio-pci\n" for address in self.devices)
        (self.path / "driverctl-of-each").write_text(calls)

    @staticmethod
    def is_ours(command):
        return command[0] == "/sbin/vfio-early"

    @staticmethod
    def is_driverctl(command):
        return "/driverctl-of-each" in command

    def run(self, command):
        """What a program says that runs below the root."""
        command = ["chroot", str(self.path), *command]
        return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False).stdout

    def reset(self, command):
        """As it is before a boot binds. driverctl looks for a driver when it has asked for one, and as no kernel answers, the
        devices have one before: so it unbinds them, as on a running machine."""
        sysfs = self.path / "sys"
        for name in ("bus/pci/drivers/vfio-pci", "module", "../run", "../etc/driverctl.d"):
            shutil.rmtree(sysfs / name, ignore_errors=True)
        (self.path / "run").mkdir()
        (sysfs / "module").mkdir()
        (sysfs / "bus/pci/drivers_probe").write_text("")
        (self.path / "dev/kmsg").write_text("")
        for address in self.devices:
            device = sysfs / "bus/pci/devices" / address
            (device / "driver_override").write_text(NO_DRIVER)
            (device / "driver").unlink(missing_ok=True)
            if self.is_driverctl(command):
                (device / "driver").symlink_to("../../../../bus/pci/drivers/" + HOST_DRIVER)

    def check(self, command):
        """Fails where a run has not done what it is measured for."""
        for address in self.devices:
            device = self.path / "sys/bus/pci/devices" / address
            override = (device / "driver_override").read_text().strip()
            driver = os.path.basename(os.readlink(device / "driver"))
            wanted = HOST_DRIVER if self.is_driverctl(command) else "vfio-pci"
            if (override, driver) != ("vfio-pci", wanted):
                raise SystemExit(f"{' '.join(command)} left {address} with the override {override} and on {driver}")
