#!/usr/bin/env python3
"""Tests what boots real distributions (../qemu-tests) without booting any."""

import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

PROJECT = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(PROJECT / "qemu-tests"))

import cases  # pylint: disable=wrong-import-position
import judge  # pylint: disable=wrong-import-position
import machine  # pylint: disable=wrong-import-position
import systems  # pylint: disable=wrong-import-position

# Stand-ins for the programs that make an image: each does the least that the harness goes on with.
STAND_INS = {
    "sudo": 'exec "$@"',
    "mmdebstrap": 'for root; do :; done; mkdir -p "$root"',
    "cpack": "touch vfio-early.deb",
    # The last argument of build-image.sh is its output, and 1 KB of zeros is a kernel without a payload.
    "unshare": 'for output; do :; done; touch "$output/initrd.img"; head -c 1024 /dev/zero >"$output/vmlinuz"',
    "mke2fs": "",
    "cpio": "",
    "qemu-system-x86_64": 'echo "@@ end"',
}
BREAKS = "echo 'it was a quiet night'; echo 'no space left on the moon' >&2; exit 9"


class FailingStep(unittest.TestCase):
    """A step that fails is told in a few lines, wherever it is, and by none of Python's own."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        # The harness in a project of its own: it makes everything below build/ of that.
        self.project = pathlib.Path(directory.name) / "project"
        self.programs = pathlib.Path(directory.name) / "programs"
        for name in ("qemu-tests", "tests", "etc", "hooks", "packaging"):
            shutil.copytree(PROJECT / name, self.project / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(PROJECT / "install.cmake", self.project)
        for name in ("vfio-early", "qemu-tests/real_root", "qemu-tests/vfio-client"):
            (self.project / "build/release" / name).parent.mkdir(parents=True, exist_ok=True)
            (self.project / "build/release" / name).write_text("")
        self.programs.mkdir()
        for name, script in STAND_INS.items():
            self.stand_in(name, script)

    def stand_in(self, name, script):
        """Puts a program in front of the one that the host has."""
        program = self.programs / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def run_harness(self, *arguments):
        """run.py with the stand-ins: exit status and all that it prints."""
        result = subprocess.run(
            [sys.executable, self.project / "qemu-tests/run.py", *arguments],
            env=os.environ | {"PATH": f"{self.programs}:{os.environ['PATH']}"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )
        return result.returncode, result.stdout

    def assert_told(self, output, step, of_what):
        """One line says what failed, the log is named and is there, and its end is shown."""
        self.assertNotIn("Traceback", output)
        told = [line for line in output.splitlines() if f"{of_what}: {step} failed" in line]
        self.assertEqual(len(told), 1, output)
        log = pathlib.Path(told[0].split("the log is ")[1].split(",")[0])
        self.assertIn("no space left on the moon", log.read_text())
        self.assertIn("no space left on the moon", output)

    def test_stand_ins_are_enough_for_a_boot(self):
        status, output = self.run_harness("demo")
        self.assertEqual(status, 1)
        self.assertIn("0 devices on vfio-pci", output)

    def test_demo_tells_which_step_failed(self):
        for program, step, of_what in (
            ("mmdebstrap", "mmdebstrap", "root file system of debian13"),
            ("cpack", "cpack", "package"),
            ("unshare", "build-image.sh", "image standard of debian13"),
            ("mke2fs", "mke2fs", "disk of the real root"),
            ("cpio", "cpio", "INI of demo on debian13"),
        ):
            with self.subTest(program):
                self.stand_in(program, BREAKS)
                status, output = self.run_harness("demo")
                self.assertEqual(status, 1)
                self.assert_told(output, step, of_what)
            self.stand_in(program, STAND_INS[program])

    def test_step_of_a_script_is_named(self):
        self.stand_in("unshare", 'shift; exec "$@"')
        self.stand_in("mount", BREAKS)
        status, output = self.run_harness("demo")
        self.assertEqual(status, 1)
        self.assert_told(output, "mount the overlay", "image standard of debian13")

    def test_failed_step_is_a_failed_test(self):
        self.stand_in("unshare", BREAKS)
        status, output = self.run_harness("case", "debian13.missing-ini", "debian13.package")
        self.assertEqual(status, 1)
        self.assert_told(output, "build-image.sh", "image without-ini of debian13")
        self.assert_told(output, "package-life.sh", "life of the package in debian13")
        for name in ("debian13.missing-ini", "debian13.package"):
            self.assertIn(f"{name}: failed", output)


class OwnMounts(unittest.TestCase):
    """What an image is made with stays out of sight of others, also where `/` is no mount point, as in a chroot."""

    def options(self, mount_table):
        with tempfile.NamedTemporaryFile("w") as table:
            table.write(mount_table)
            table.flush()
            with mock.patch.object(systems, "MOUNT_TABLE", pathlib.Path(table.name)):
                command = systems.in_own_mounts(["true"])
        return command[command.index("unshare") + 1 : -1]

    def test_mounts_are_private(self):
        self.assertEqual(self.options("27 1 254:0 / / rw - ext4 /dev/vda rw\n"), ["--mount"])

    def test_propagation_is_left_alone_where_root_is_no_mount_point(self):
        self.assertEqual(
            self.options("22 27 0:21 / /proc rw - proc proc rw\n"), ["--mount", "--propagation", "unchanged"])


class BoundDevice(unittest.TestCase):
    """`bound`: the driver is vfio-pci, a client can use the device, and no host driver touched it. Each of the three counts."""

    ADDRESS = "0000:01:00.0"

    def complaints(self, driver="vfio-pci", client="ok viable, mapped BAR 0 of 4096 bytes", line=""):
        evidence = machine.Evidence(
            reached_real_root=True, devices={self.ADDRESS: machine.Device("0x8086", "0x10d3", "0x020000", driver, "1")},
            clients={self.ADDRESS: client} if client else {}, log=["[    1.0] vfio-pci 0000:01:00.0: ready", line],
        )
        return judge.complaints({"bound": [self.ADDRESS], "report": False}, evidence)

    def test_holds(self):
        self.assertEqual(self.complaints(), [])

    def test_driver_is_vfio_pci(self):
        self.assertEqual(self.complaints(driver="pci-stub"), [f"{self.ADDRESS} is on pci-stub and should be on vfio-pci"])

    def test_client_can_use_it(self):
        self.assertEqual(self.complaints(client="failed: the group is not viable"),
                         [f"{self.ADDRESS} should be usable by a VFIO client: failed: the group is not viable"])
        self.assertEqual(self.complaints(client=""),
                         [f"{self.ADDRESS} should be usable by a VFIO client: was not on vfio-pci"])

    def test_no_host_driver_touched_it(self):
        line = "[    0.9] e1000e 0000:01:00.0: Interrupt Throttling Rate (ints/sec) set to dynamic"
        self.assertEqual(self.complaints(line=line), [f"a host driver touched {self.ADDRESS}: {line}"])

    def test_device_is_there(self):
        complaints = judge.complaints({"bound": ["0000:02:00.0"], "report": False}, machine.Evidence(reached_real_root=True))
        self.assertIn("0000:02:00.0 is not there", complaints)


class Words(unittest.TestCase):
    """The words of cases.toml: those that are known are explained at its head, and others are refused."""

    def explained(self):
        """The words of each kind at the head of cases.toml, with what is said about them."""
        head = (PROJECT / "qemu-tests/cases.toml").read_text().split("\n\n", 1)[0]
        kinds, kind = {}, None
        for line in head.splitlines():
            if match := re.match(r"# \[+(?:case\.)?(\w+)[^]]*\]+( of an? \w+)?: ", line):
                kind = kinds.setdefault(match[1] + (match[2] or ""), {})
            elif match := re.match(r"#   (\w+)( +)(\S.*)", line):
                kind[match[1]] = (len(match[1] + match[2]), match[3])
        return kinds

    def test_head_of_the_file_has_the_words_that_are_known(self):
        self.assertEqual({kind: set(words) for kind, words in self.explained().items()}, cases.KNOWN_WORDS)

    def test_explanations_are_in_line(self):
        for kind, words in self.explained().items():
            longest = max(map(len, words))
            self.assertEqual({column for column, _ in words.values()}, {longest + 2}, kind)

    def refusal(self, **entries):
        """What is said of a file with these entries."""
        data = {"machines": {}, "iommus": {}, "images": {}, "case": []} | entries
        with self.assertRaises(SystemExit) as refused:
            cases.refuse_unknown_words(data)
        return str(refused.exception)

    def test_word_that_is_not_known_is_refused(self):
        known = "the head of the file has the words that are known"
        case = {"name": "one"}
        for said, entries in {
            "nic: unknown device": {"machines": {"nic": {"device": ""}}},
            "arm: unknown only": {"iommus": {"arm": {"only": ""}}},
            "plain: unknown disc": {"images": {"plain": {"disc": True}}},
            "one: unknown machin": {"case": [case | {"machin": "nic"}]},
            "one: unknown files, usabel": {"case": [case | {"machine": "nic", "expect": {"files": [], "usabel": [], "ok": True}}]},
            "one: unknown usable": {"case": [case | {"expect": {"usable": [], "files": []}}]},
        }.items():
            with self.subTest(said):
                self.assertEqual(self.refusal(**entries), f"cases.toml: {said}, {known}")


if __name__ == "__main__":
    unittest.main()
