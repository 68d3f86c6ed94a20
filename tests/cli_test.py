#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the binary as a user would, with bad input above all. usage: cli_test.py BINARY"""

import collections
import fcntl
import json
import os
import pathlib
import pty
import re
import resource
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

import machine_tree

BINARY = None
# It stands in the program's place, takes its time, and ends with SIGSEGV itself where no process can be made.
not_under_valgrind = unittest.skipIf("UNDER_VALGRIND" in os.environ, "valgrind is in the way")


class Tree:
    """The laptop of machines/gtx1660ti-laptop.txt, with an INI."""

    def __init__(self, ini=None, **scenario):
        self.temporary = tempfile.TemporaryDirectory()
        unittest.addModuleCleanup(self.temporary.cleanup)
        self.path = pathlib.Path(self.temporary.name)
        machine_tree.build(self.path, {"machine": "gtx1660ti-laptop"} | scenario)
        self.ini = self.path / "etc/vfio-early.ini"
        if ini is not None:
            self.ini.write_bytes(ini.encode() if isinstance(ini, str) else ini)

    def run(self, command, *options, user=None, **process):
        binary = BINARY
        if user is not None:
            binary = shutil.copy(BINARY, self.path)  # where that user can reach it
        start = time.monotonic()
        result = subprocess.run(
            [binary, command, "--root", str(self.path), *options],
            capture_output=True, text=True, check=False, timeout=60, user=user, cwd="/", **process,
        )
        result.seconds = time.monotonic() - start
        result.stderr = result.stderr.replace(str(self.path), "")
        return result

    def read(self, path):
        return (self.path / path).read_text()

    def written(self):
        """What was written into the tree's sysfs: the overrides, and the files that bind and unbind."""
        texts = [self.read(path.relative_to(self.path)) for path in self.path.glob("sys/bus/pci/devices/*/driver_override")]
        texts = [text for text in texts if text != "(null)\n"]
        for name in ("drivers_probe", "drivers/vfio-pci/bind", "drivers/pci-stub/bind"):
            texts.append(self.read("sys/bus/pci/" + name))
        return "".join(texts)


class BadConfiguration(unittest.TestCase):
    """Each error is shown with its place; exit status 2; nothing is written."""

    def check_error(self, tree, message):
        for command in ("check", "bind"):
            result = tree.run(command)
            with self.subTest(command=command):
                self.assertEqual(result.returncode, 2)
                self.assertIn("vfio-early: /etc/vfio-early.ini" + message, result.stderr)
                self.assertEqual(tree.written(), "")
        self.assertIn("vfio-early: ", tree.read("dev/kmsg"))
        report = json.loads(tree.read("run/vfio-early/report.json"))
        self.assertEqual((report["ok"], report["devices"]), (False, []))
        self.assertIn("configuration", report["warnings"][0])

    def test_missing(self):
        self.check_error(Tree(), ": cannot be read: No such file or directory, nothing is bound")

    def test_empty(self):
        self.check_error(Tree(""), ":1: the file is empty")

    def test_directory(self):
        tree = Tree()
        tree.ini.mkdir()
        self.check_error(tree, ": cannot be read: Is a directory, nothing is bound")

    def test_a_link_to_itself(self):
        tree = Tree()
        os.symlink("vfio-early.ini", tree.ini)
        self.check_error(tree, ": cannot be read: ")

    def test_no_permission(self):
        tree = Tree("[bind]\n")
        tree.ini.chmod(0)
        tree.path.chmod(0o755)
        nobody = 65534 if os.geteuid() == 0 else None  # root reads every file
        result = tree.run("check", user=nobody)
        self.assertEqual(result.returncode, 2)
        self.assertIn("/etc/vfio-early.ini: cannot be read: Permission denied, nothing is bound", result.stderr)

    def test_ten_megabytes(self):
        self.check_error(Tree("; comment\n" * (1 << 20)), ": is longer than 65536 bytes, nothing is bound")

    def test_a_fifo_does_not_hang(self):
        tree = Tree()
        os.mkfifo(tree.ini)
        self.check_error(tree, ":1: the file is empty")

    def test_nul_bytes(self):
        self.check_error(Tree(b"[bind]\ngpu = 01:00.0\0\n"), ":2: the line contains a NUL byte")

    def test_utf_16(self):
        self.check_error(Tree("[bind]\ngpu = 01:00.0\n".encode("utf-16")), ":1: the line contains a NUL byte")

    def test_line_of_201_bytes(self):
        self.check_error(Tree("[bind]\n;" + "x" * 200 + "\n"), ":2: the line is 201 bytes long, shorten it to 198 or less")

    def test_section_of_60_letters(self):
        self.check_error(Tree("[" + "s" * 60 + "]\n"), ":1: unknown section '" + "s" * 60 + "'")

    def test_key_without_value(self):
        self.check_error(Tree("[bind]\ngpu\n"), ":2: 'gpu' is neither '[SECTION]' nor 'KEY = VALUE'")
        self.check_error(Tree("[bind]\ngpu =\n"), ":2: 'gpu' has no value")

    def test_same_label_twice(self):
        self.check_error(
            Tree("[bind]\ngpu = 01:00.0\ngpu = 01:00.1\n"), ":3: label 'gpu' is already used on line 2"
        )

    def test_one_device_twice_for_different_drivers(self):
        self.check_error(
            Tree("[bind]\ngpu = 01:00.*\n[stub]\nusb = 01:00.2\n"),
            ":4: 'usb' selects 0000:01:00.2 for [stub], but 'gpu' on line 2 selects it for [bind]",
        )

    def test_bare_selectors(self):
        self.check_error(
            Tree("[bind]\n0000:01:00.0\n"), ":2: '0000:01:00.0' has no label, write it as 'LABEL = 0000:01:00.0'"
        )
        self.check_error(Tree("[bind]\n10de:2191\n"), ":2: '10de:2191' has no label, write it as 'LABEL = 10de:2191'")

    def test_selectors(self):
        for selector in ("0000:01:00", "01:00.8", "1b21", "1b21:xyz", "../../etc", "01:00.0/", "all", "10de:2191 al"):
            self.check_error(Tree(f"[bind]\nx = {selector}\n"), ":2: ")
            result = Tree(f"[bind]\nx = {selector}\n").run("check")
            self.assertIn(f"'{selector.split()[-1]}'", result.stderr)

    def test_more_errors_than_are_shown(self):
        tree = Tree("[bind]\n" + "x = y\n" * 20)
        self.check_error(tree, ": and 4 more")
        self.assertEqual(tree.run("check").stderr.count("'y' is neither"), 16)

    def test_a_path_that_does_not_fit(self):
        tree = Tree("[bind]\n")
        result = tree.run("check", "--config", "/etc/" + "x" * 900)
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, "cannot be read: File ?name too long, nothing is bound")

    def test_escape_sequences_are_not_printed(self):
        result = Tree("[bind]\nx = \x1b[31m\n").run("check")
        self.assertIn("'\\x1b[31m'", result.stderr)
        self.assertNotIn("\x1b", result.stderr)


class GoodConfiguration(unittest.TestCase):
    """What looks odd but is correct."""

    def check_accepted(self, ini):
        result = Tree(ini).run("check")
        self.assertEqual(result.stderr, "")
        self.assertEqual(result.returncode, 0)
        self.assertIn("would bind 1 of 1", result.stdout)

    def test_carriage_returns(self):
        self.check_accepted("[bind]\r\nwifi = 02:00.0\r\n")

    def test_byte_order_mark(self):
        self.check_accepted("\ufeff[bind]\nwifi = 02:00.0\n")

    def test_no_last_newline(self):
        self.check_accepted("[bind]\nwifi = 02:00.0")

    def test_one_device_twice_for_the_same_driver(self):
        self.check_accepted("[bind]\nwifi = 02:00.0\nalso = 8086:2723\n")

    def test_the_sample(self):
        sample = pathlib.Path(__file__).resolve().parent.parent / "etc/vfio-early.ini"
        tree = Tree(sample.read_text())
        result = tree.run("check")
        self.assertEqual(
            (result.returncode, result.stdout.replace(str(tree.path), "")),
            (
                0,
                "no device is listed, nothing to bind: list devices in /etc/vfio-early.ini, "
                "and 'vfio-early check' shows what the next boot does with them\n",
            ),
        )

    def test_without_a_line_the_file_that_was_read_is_named(self):
        tree = Tree()
        (tree.path / "etc/other.ini").write_text("[bind]\n")
        result = tree.run("check", "--config", "/etc/other.ini")
        self.assertIn(f"nothing to bind: list devices in {tree.path}/etc/other.ini, and", result.stdout)

    def test_the_samples_examples_are_right(self):
        sample = pathlib.Path(__file__).resolve().parent.parent / "etc/vfio-early.ini"
        examples = re.sub(r"^; (?=[a-z-]+ += )", "", sample.read_text(), flags=re.MULTILINE)
        result = Tree(examples).run("check")
        self.assertEqual(result.stderr, "")
        self.assertIn("would bind 4 of 8", result.stdout)


class AbsurdSysfs(unittest.TestCase):
    """A device that cannot be understood is refused, and nothing crashes."""

    def test_attributes(self):
        for attribute in ("uevent", "config", "boot_vga", "driver_override", "secondary_bus_number"):
            for content in (b"", b"\0" * 300, b"\xff" * 4096, b"=" * 100000, b"PCI_CLASS=", b"9" * 40):
                tree = Tree("[bind]\ngpu = 01:00.*\nvia = 01:00.0/00.0\n")
                (tree.path / "sys/bus/pci/devices/0000:01:00.0" / attribute).write_bytes(content)
                with self.subTest(attribute=attribute, content=content[:10]):
                    result = tree.run("check", "--json")
                    self.assertEqual(result.returncode, 1)
                    report = json.loads(result.stdout)
                    if attribute == "uevent":
                        self.assertEqual(report["devices"][0]["code"], "unreadable")
                        self.assertEqual(report["devices"][1]["code"], "group-refused")

    def test_links(self):
        for name in ("driver", "iommu_group"):
            for target in ("", "x", "/", "..", "../" * 100 + "etc/passwd", "9" * 200, name):
                tree = Tree("[bind]\ngpu = 01:00.*\n")
                link = tree.path / "sys/bus/pci/devices/0000:01:00.0" / name
                link.unlink(missing_ok=True)
                if target:
                    os.symlink(target, link)
                with self.subTest(name=name, target=target):
                    result = tree.run("check", "--json")
                    self.assertIn(result.returncode, (0, 1))
                    report = json.loads(result.stdout)
                    if name == "iommu_group":
                        self.assertIn(report["devices"][0]["code"], ("unreadable", "no-group"))


class ManyDevices(unittest.TestCase):
    """As many devices in one group as the program knows, each refused with a list of others."""

    @not_under_valgrind
    def test_a_thousand_devices_in_one_group(self):
        tree = Tree("[bind]\nall = 10de:2191 all\n")
        lines = ["machine\tdmar0", "driver\tvfio-pci", "file\tproc/cmdline\tquiet"]
        for i in range(1024):
            address = f"0001:{i // 256:02x}:{i // 8 % 32:02x}.{i % 8}"
            lines.append(f"device\t{address}\t10de:2191\t030000\t99\t-")
            if i % 2:
                lines.append(f"file\tsys/bus/pci/devices/{address}/boot_vga\t1")
        shutil.rmtree(tree.path / "sys")
        subprocess.run([machine_tree.maker(), tree.path], input="\n".join(lines) + "\n", text=True, check=True)
        seconds = []
        for _ in range(3):
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            report = json.loads(tree.run("check", "--json").stdout)
            seconds.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
        self.assertEqual(
            collections.Counter(device["code"] for device in report["devices"]),
            {"boot-display": 512, "group-refused": 512},
        )
        has_sanitizers = b"__asan_" in pathlib.Path(BINARY).read_bytes()
        self.assertLess(min(seconds), 1 if has_sanitizers else 0.1)


class Boot(unittest.TestCase):
    """`bind` in a tree; what needs a kernel is tried in QEMU."""

    def test_kill_switch(self):
        tree = Tree("[bind]\nwifi = 02:00.0\n", cmdline="quiet rd.vfio_early=0")
        result = tree.run("bind")
        self.assertEqual(result.returncode, 0)
        self.assertEqual(tree.written(), "")
        self.assertFalse((tree.path / "run/vfio-early").exists())
        self.assertIn("switched off", tree.read("dev/kmsg"))

    def test_check_switch(self):
        tree = Tree("[bind]\nwifi = 02:00.0\n", cmdline="rd.vfio_early=check")
        self.assertEqual(tree.run("bind").returncode, 0)
        self.assertEqual(tree.written(), "")
        report = json.loads(tree.read("run/vfio-early/report.json"))
        self.assertEqual((report["command"], report["devices"][0]["outcome"]), ("check", "would-bind"))

    def test_crash_kernel(self):
        tree = Tree("[bind]\nwifi = 02:00.0\n")
        (tree.path / "proc/vmcore").write_text("memory\n")
        result = tree.run("bind")
        self.assertEqual(result.returncode, 0)
        self.assertEqual(tree.written(), "")
        self.assertFalse((tree.path / "run/vfio-early").exists())
        self.assertIn("started to save a crash", tree.read("dev/kmsg"))

    def test_live_run_keeps_the_report_of_the_boot(self):
        for ini, status in (("[bind]\nwifi = 02:00.0\n", 1), ("[bind\n", 2)):
            tree = Tree(ini)
            (tree.path / "proc/self").mkdir()
            (tree.path / "proc/self/mountinfo").write_text("22 1 8:1 / / rw - ext4 /dev/sda1 rw\n")
            (tree.path / "run/vfio-early").mkdir()
            (tree.path / "run/vfio-early/report.json").write_text("of the boot")
            with self.subTest(ini=ini):
                self.assertEqual(tree.run("bind").returncode, status)
                self.assertEqual(tree.read("run/vfio-early/report.json"), "of the boot")
                self.assertEqual(json.loads(tree.read("run/vfio-early/live.json"))["command"], "bind")

    def test_a_command_line_of_any_length_is_obeyed(self):
        for length in (5000, 40000):
            tree = Tree("[bind]\nwifi = 02:00.0\n", cmdline="x" * length + " rd.vfio_early=0")
            self.assertIn("switched off", tree.run("bind").stdout)
            self.assertEqual(tree.written(), "")
            self.assertIn("while it stays there, nothing is bound", tree.run("check").stdout)

    def test_without_a_command_line_check_and_bind_bind_nothing(self):
        warning = "/proc/cmdline cannot be read, so nothing is bound: rd.vfio_early=0 may be on it"
        for text in (None, "x" * 100000):
            for command in ("check", "bind"):
                tree = Tree("[bind]\nwifi = 02:00.0\n")
                (tree.path / "proc/cmdline").unlink()
                if text:
                    (tree.path / "proc/cmdline").write_text(text)
                with self.subTest(command=command, text=text and text[:3]):
                    result = tree.run(command)
                    self.assertEqual((result.returncode, result.stdout, result.stderr), (
                        1, f"warning: {warning}\nnothing is bound\n", ""))
                    result = tree.run(command, "--json")
                    report = json.loads(result.stdout)
                    self.assertEqual((report["ok"], report["warnings"], report["devices"]), (False, [warning], []))
                    self.assertEqual(result.returncode, 1)
                    self.assertEqual(tree.written(), "")
            self.assertIn(warning, tree.read("dev/kmsg"))
            self.assertEqual(json.loads(tree.read("run/vfio-early/report.json")), report)

    def test_check_warns_of_a_switch_that_stays(self):
        for cmdline, is_told in (("rd.vfio_early=0", True), ("rd.vfio_early=check", True), ("rd.vfio_early=1", False)):
            with self.subTest(cmdline=cmdline):
                result = Tree("[bind]\nwifi = 02:00.0\n", cmdline=cmdline).run("check")
                self.assertEqual("while it stays there, nothing is bound" in result.stdout, is_told)

    def test_unknown_switch_means_off(self):
        tree = Tree("[bind]\nwifi = 02:00.0\n", cmdline="rd.vfio_early=off")
        tree.run("bind")
        self.assertEqual(tree.written(), "")
        self.assertIn("rd.vfio_early='off' is not one of 0, 1 and check", tree.read("dev/kmsg"))

    def test_bind_says_what_check_says(self):
        ini = "[bind]\ngpu = 01:00.0\nwifi = 02:00.0 8086:9999\n"
        checked = json.loads(Tree(ini).run("check", "--json").stdout)
        bound = json.loads(Tree(ini).run("bind", "--json").stdout)
        self.assertEqual(bound["command"], "bind")
        self.assertEqual(checked["devices"], bound["devices"])

    def test_without_standard_files(self):
        for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            tree = Tree("[bind]\nwifi = 02:00.0\n")
            subprocess.run(["sh", "-c", f'"$0" bind --root "$1" {closed}', BINARY, tree.path], check=False)
            report = json.loads(tree.read("run/vfio-early/report.json"))
            self.assertEqual(report["devices"][0]["code"], "bind-failed", closed)

    def test_broken_configuration_is_logged_once(self):
        tree = Tree("[bind]\nx = y\n")
        tree.run("bind")
        self.assertEqual(len(tree.read("dev/kmsg").splitlines()), 2)
        self.assertEqual(json.loads(tree.read("run/vfio-early/report.json"))["iommu"], "on")

    @not_under_valgrind
    def test_time_limit(self):
        tree = Tree("[bind]\ngpu = 01:00.*\nwifi = 02:00.0\n[options]\ntimeout = 1\n")
        override = tree.path / "sys/bus/pci/devices/0000:02:00.0/driver_override"
        override.unlink()
        os.mkfifo(override)  # opening it for writing blocks for good, as sysfs can
        result = tree.run("bind")
        self.assertEqual(result.returncode, 1)
        self.assertTrue(1.0 <= result.seconds < 3.0, result.seconds)
        report = json.loads(tree.read("run/vfio-early/report.json"))
        self.assertEqual({device["code"] for device in report["devices"]}, {"timeout"})
        self.assertIn("did not return from setting its driver_override", report["devices"][-1]["detail"])
        # What had been written to the others is taken back, by a process that nobody waits for.
        override_of_gpu = "sys/bus/pci/devices/0000:01:00.0/driver_override"
        for _ in range(100):
            if tree.read(override_of_gpu) == "\n":
                break
            time.sleep(0.05)
        self.assertEqual(tree.read(override_of_gpu), "\n")
        # Lets that process come to its end.
        reader = os.open(override, os.O_RDONLY | os.O_NONBLOCK)
        time.sleep(0.5)
        os.close(reader)


class OneAtATime(unittest.TestCase):
    """No two of them bind or give back devices at the same time."""

    ANOTHER = (
        "nothing is bound, /run/vfio-early/lock: another vfio-early is still binding or giving back devices, "
        "try again later, or reboot if it does not end"
    )

    def live(self, tree):
        for directory in ("proc/self", "sys/class/block", "sys/class/net"):
            (tree.path / directory).mkdir(parents=True)
        (tree.path / "proc/self/mountinfo").write_text("22 1 0:20 / / rw - tmpfs tmpfs rw\n")
        (tree.path / "proc/swaps").write_text("")

    def test_another_holds_the_lock(self):
        tree = Tree("[bind]\nwifi = 02:00.0\n")
        (tree.path / "run/vfio-early").mkdir()
        with open(tree.path / "run/vfio-early/lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            result = tree.run("bind")
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            self.assertEqual(result.stderr, f"vfio-early: {self.ANOTHER}\n")
            self.assertIn(self.ANOTHER, tree.read("dev/kmsg"))
            self.assertEqual(tree.written(), "")
            self.assertFalse((tree.path / "run/vfio-early/report.json").exists())
            self.assertIn("would bind 1 of 1", tree.run("check").stdout)
        self.assertNotIn(self.ANOTHER, tree.run("bind").stderr)
        self.assertNotEqual(tree.written(), "")

    def test_nobody_else_can_hold_it(self):
        tree = Tree("[bind]\nwifi = 02:00.0\n")
        tree.run("bind")
        self.assertEqual(stat.S_IMODE((tree.path / "run/vfio-early/lock").stat().st_mode), 0o600)

    def test_where_run_cannot_be_written_only_the_boot_goes_on(self):
        for is_live in (False, True):
            tree = Tree("[bind]\nwifi = 02:00.0\n")
            (tree.path / "run").rmdir()
            (tree.path / "run").write_text("")
            if is_live:
                self.live(tree)
            with self.subTest(is_live=is_live):
                result = tree.run("bind")
                self.assertEqual(result.returncode, 1)
                self.assertEqual(tree.written() == "", is_live)
                said = "nothing is bound, /run/vfio-early/lock: Not a directory"
                self.assertEqual(said in result.stderr, is_live)

    def left_behind(self, tree):
        """The first argument of each process that works below this root still."""
        names = []
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                arguments = path.read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            if str(tree.path) in arguments:
                names.append(arguments[0])
        return names

    @not_under_valgrind
    def test_a_late_undo_keeps_others_from_binding(self):
        for is_live in (False, True):
            tree = Tree("[bind]\nwifi = 02:00.0\n[options]\ntimeout = 1\n")
            if is_live:
                self.live(tree)
            override = tree.path / "sys/bus/pci/devices/0000:02:00.0/driver_override"
            override.unlink()
            os.mkfifo(override)
            with self.subTest(is_live=is_live):
                self.assertIn("within 1 s", tree.run("bind").stdout)
                names = self.left_behind(tree)
                self.assertTrue(names)
                # systemd spares what begins with '@' when it leaves the initramfs, and nothing else is to.
                self.assertEqual(any(name.startswith("@") for name in names), not is_live)
                self.assertIn(self.ANOTHER, tree.run("bind").stderr)
                reader = os.open(override, os.O_RDONLY | os.O_NONBLOCK)
                for _ in range(100):
                    if not self.left_behind(tree):
                        break
                    time.sleep(0.05)
                self.assertEqual(self.left_behind(tree), [])
                os.close(reader)
                override.unlink()
                override.write_text("(null)\n")
                self.assertNotIn(self.ANOTHER, tree.run("bind").stderr)


class Facts(unittest.TestCase):
    """What the lines mean is recorded, by `check --write-facts` for an image that is made and by `accept`."""

    INI = "[bind]\nwifi = 02:00.0\ngpu = 10de:2191\n"
    FILE = "/etc/vfio-early.facts"

    def tree(self, ini=INI):
        tree = Tree(ini)
        tree.facts = tree.path / "etc/vfio-early.facts"
        return tree

    def recorded_tree(self):
        """Both lines were recorded, and since then two other cards took the place of theirs."""
        tree = self.tree()
        tree.run("check", "--write-facts", self.FILE)
        for address in ("0000:02:00.0", "0000:01:00.0"):
            uevent = tree.path / "sys/bus/pci/devices" / address / "uevent"
            uevent.write_text(uevent.read_text().replace("8086:2723", "8086:9999").replace("10DE:2191", "10DE:9999"))
        return tree

    def ids(self, tree):
        return re.findall(r"^id = (\S{9})", tree.facts.read_text(), re.MULTILINE)

    def test_check_writes_them_where_it_is_told_to(self):
        tree = self.tree()
        result = tree.run("check", "--write-facts", self.FILE)
        self.assertEqual((result.returncode, result.stderr), (1, ""))
        self.assertEqual(result.stdout, tree.run("check").stdout)
        self.assertEqual(self.ids(tree), ["8086:2723", "10de:2191"])
        self.assertEqual([path.name for path in tree.facts.parent.iterdir() if "facts" in path.name], [tree.facts.name])

    def test_nothing_else_writes_them(self):
        tree = self.tree()
        for command in ("check", "bind"):
            tree.run(command)
            self.assertFalse(tree.facts.exists())
        for command in ("bind", "accept"):
            result = tree.run(command, "--write-facts=" + self.FILE)
            self.assertEqual(result.stderr, "vfio-early: option --write-facts goes with 'check' only\n")
            self.assertEqual(result.returncode, 2)
            self.assertFalse(tree.facts.exists())

    def test_a_directory_that_is_missing(self):
        tree = self.tree("[bind]\nwifi = 02:00.0\n")
        result = tree.run("check", "--write-facts", "/nowhere/facts")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, "vfio-early: /nowhere/facts cannot be written: No such file or directory, "
                                        "so a shift of addresses will not be noticed\n")
        self.assertIn("would bind 1 of 1", result.stdout)
        result = tree.run("check", "--write-facts", "/nowhere/\x1b[31m")
        self.assertIn("vfio-early: /nowhere/\\x1b[31m cannot be written", result.stderr)

    def test_check_keeps_what_it_knew(self):
        tree = self.recorded_tree()
        before = tree.facts.read_text()
        tree.ini.write_text("[bind]\nnet = 0000:02:00.0\nvga = 10DE:2191\n")
        result = tree.run("check", "--write-facts", self.FILE)
        self.assertIn("net 0000:02:00.0: refused (changed)", result.stdout)
        self.assertEqual(tree.facts.read_text(), before)

    def test_accept_records_what_is_there_now(self):
        tree = self.recorded_tree()
        tree.run("accept")
        self.assertEqual(self.ids(tree), ["8086:9999"])
        self.assertIn("selector = 10de:2191\n\n", tree.facts.read_text())  # nothing has that id now

    def test_accept_of_one_line_leaves_the_other(self):
        tree = self.recorded_tree()
        result = tree.run("accept", "wifi")
        self.assertIn("wifi 0000:02:00.0: would bind", result.stdout)
        self.assertEqual(sorted(self.ids(tree)), ["10de:2191", "8086:9999"])

    def test_accept_without_facts_records_all(self):
        tree = self.tree()
        tree.run("accept", "wifi")
        self.assertEqual(self.ids(tree), ["8086:2723", "10de:2191"])

    def test_accept_of_a_label_that_is_on_no_line(self):
        tree = self.recorded_tree()
        before = tree.facts.read_text()
        for labels, message in (
            (["wify"], "/etc/vfio-early.ini has no label 'wify', did you mean 'wifi'?"),
            (["wifi", "something"], "/etc/vfio-early.ini has no label 'something'"),
        ):
            result = tree.run("accept", *labels)
            self.assertEqual((result.returncode, result.stdout, result.stderr), (2, "", f"vfio-early: {message}\n"))
            self.assertEqual(tree.facts.read_text(), before)

    def test_an_ini_with_an_error_changes_nothing(self):
        tree = self.recorded_tree()
        before = tree.facts.read_text()
        # The second is found when the devices are known.
        for ini in ("[bind]\nwifi = 02:00\n", "[bind]\nwifi = 02:00.0\none = 01:00.1\n[stub]\nother = 10de:1aeb\n"):
            tree.ini.write_text(ini)
            for arguments in (["check", "--write-facts", self.FILE], ["accept"], ["accept", "wifi"]):
                with self.subTest(ini=ini, arguments=arguments):
                    result = tree.run(*arguments)
                    self.assertEqual(result.returncode, 2)
                    self.assertNotIn("facts", result.stderr)
                    self.assertEqual(tree.facts.read_text(), before)

    def test_facts_that_are_not_whole_are_warned_of_and_recorded_anew(self):
        tree = self.recorded_tree()
        tree.facts.write_text(tree.facts.read_text()[:-5])
        result = tree.run("check", "--write-facts", self.FILE)
        self.assertIn("/etc/vfio-early.facts is not whole", result.stdout)
        self.assertEqual(self.ids(tree), ["8086:9999"])
        self.assertNotIn("not whole", tree.run("check").stdout)

    @not_under_valgrind
    def test_a_run_that_was_cut_short_leaves_them_as_they_are(self):
        tree = self.recorded_tree()
        before = tree.facts.read_text()
        for path in (tree.path, tree.facts.parent):
            path.chmod(0o777)
        for arguments in (["check", "--write-facts", self.FILE], ["accept"]):
            result = tree.run(  # a user that can have no other process, so that none can be started for the work
                *arguments, user=65534 if os.geteuid() == 0 else None, env={"ASAN_OPTIONS": "detect_leaks=0"},
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NPROC, (0, 0)),
            )
            self.assertEqual((result.returncode, result.stderr), (
                1, "vfio-early: /etc/vfio-early.facts is left as it is: not all could be found out\n"
            ))
            self.assertEqual(tree.facts.read_text(), before)


def add_modules(tree, kernel, dep="", builtin="", under="lib"):
    """What depmod and the build of a kernel list; None for a list that is missing."""
    directory = tree.path / under / "modules" / kernel
    directory.mkdir(parents=True)
    for name, text in (("modules.dep", dep), ("modules.builtin", builtin)):
        if text is not None:
            (directory / name).write_text(text)


class Modules(unittest.TestCase):
    """Whether vfio-pci can be loaded is read from the lists of a kernel's modules; no program is run."""

    WIFI = "[bind]\nwifi = 02:00.0\n"
    OTHERS = "kernel/drivers/vfio/vfio.ko:\nkernel/a/not-vfio-pci.ko: kernel/drivers/vfio/pci/vfio-pci.ko\n"

    def tree(self, ini=WIFI):
        tree = Tree(ini)
        for driver in ("vfio-pci", "pci-stub"):
            shutil.rmtree(tree.path / "sys/bus/pci/drivers" / driver)
        return tree

    def device(self, tree, *options):
        """Its outcome, its code, and what is said of the driver."""
        report = json.loads(tree.run("check", "--json", *options).stdout)
        device = report["devices"][0]
        return device["outcome"], device["code"], [text for text in report["warnings"] if "vfio-pci" in text]

    def test_no_program_of_another_root_is_run(self):
        for command in ("check", "bind"):
            tree = self.tree()
            modprobe = tree.path / "sbin/modprobe"
            modprobe.parent.mkdir()
            modprobe.write_text(f"#!/bin/sh\ntouch {tree.path}/was-run\n")
            modprobe.chmod(0o755)
            (tree.path / "sys/firmware/acpi/tables").mkdir(parents=True, exist_ok=True)
            (tree.path / "sys/firmware/acpi/tables/VIOT").write_text("")
            shutil.rmtree(tree.path / "sys/class/iommu", ignore_errors=True)
            tree.run(command)
            self.assertFalse((tree.path / "was-run").exists(), command)

    def test_found(self):
        for suffix in ("", ".xz", ".zst", ".gz"):
            for name in ("vfio-pci", "vfio_pci"):
                tree = self.tree()
                line = f"kernel/drivers/vfio/pci/{name}.ko{suffix}"
                add_modules(tree, "6.1.0", dep=self.OTHERS + line + ": kernel/drivers/vfio/vfio.ko\n")
                self.assertEqual(self.device(tree), ("would-bind", None, []), line)
        tree = self.tree()
        add_modules(tree, "6.1.0", dep=self.OTHERS, builtin="kernel/drivers/vfio/pci/vfio-pci.ko\n")
        self.assertEqual(self.device(tree), ("would-bind", None, []))

    def test_found_where_lib_is_a_link(self):
        tree = self.tree()
        add_modules(tree, "6.1.0", dep="updates/vfio-pci.ko.zst:", under="usr/lib")
        os.symlink("/usr/lib", tree.path / "lib")
        self.assertEqual(self.device(tree), ("would-bind", None, []))

    def test_not_found(self):
        tree = self.tree()
        add_modules(tree, "6.1.0", dep=self.OTHERS, builtin="kernel/fs/ext4/ext4.ko\n")
        self.assertEqual(self.device(tree), ("refused", "module-missing", []))

    def test_unknown(self):
        which = "it is not known whether vfio-pci can be loaded: "
        several = which + "/lib/modules has not just one kernel, '--kernel VERSION' names another"
        unread = which + "/lib/modules has no lists of modules of 6.1.0, '--kernel VERSION' names another"
        tree = self.tree()
        self.assertEqual(self.device(tree), ("would-bind", None, [several]))
        self.assertEqual(tree.run("check").returncode, 0)
        add_modules(tree, "6.1.0", dep=None)
        self.assertEqual(self.device(tree), ("would-bind", None, [unread]))
        (tree.path / "lib/modules/6.1.0/modules.dep").write_text("")
        (tree.path / "lib/modules/6.1.0/modules.builtin").unlink()
        self.assertEqual(self.device(tree), ("would-bind", None, [unread]))
        add_modules(tree, "6.2.0")
        self.assertEqual(self.device(tree), ("would-bind", None, [several]))

    def test_of_the_kernel_that_is_named(self):
        tree = Tree(self.WIFI)  # the driver is there, and this says nothing of another kernel
        add_modules(tree, "6.1.0", dep=self.OTHERS)
        add_modules(tree, "6.2.0", dep="kernel/drivers/vfio/pci/vfio-pci.ko:\n")
        self.assertEqual(self.device(tree), ("would-bind", None, []))
        self.assertEqual(self.device(tree, "--kernel", "6.1.0"), ("refused", "module-missing", []))
        self.assertEqual(self.device(tree, "--kernel=6.2.0"), ("would-bind", None, []))
        outcome, code, warnings = self.device(tree, "--kernel", "6\x1b3")
        self.assertEqual((outcome, code), ("would-bind", None))
        self.assertIn("lists of modules of 6\\x1b3, ", warnings[0])


class Output(unittest.TestCase):
    """What cannot be written is a failure of the command, and of nothing else."""

    def run_into(self, output, *arguments):
        return subprocess.run([BINARY, *arguments], stdout=output, stderr=subprocess.PIPE, text=True, check=False)

    def closed_pipe(self):
        reading, writing = os.pipe()
        os.close(reading)
        return open(writing, "w")

    def test_it_is_told(self):
        tree = Tree("[bind]\nwifi = 02:00.0\n")
        for arguments in (["check", "--root", tree.path], ["check", "--json", "--root", tree.path], ["--help"], ["--version"]):
            for output, why in ((open("/dev/full", "w"), "No space left on device"), (self.closed_pipe(), "Broken pipe")):
                with output:
                    result = self.run_into(output, *arguments)
                self.assertEqual((result.returncode, result.stderr), (
                    1, f"vfio-early: standard output cannot be written: {why}\n"))

    def test_who_reads_the_beginning_alone_is_told_nothing(self):
        tree = Tree()
        for arguments in (["list", "--all"], ["list", "--json"], ["why", "01:00.0"], ["suggest", "01:00.0"]):
            with self.closed_pipe() as output:
                result = self.run_into(output, *arguments, "--root", tree.path)
            self.assertEqual(result.returncode, -signal.SIGPIPE)
            self.assertNotIn("standard output", result.stderr)
            with open("/dev/full", "w") as output:
                result = self.run_into(output, *arguments, "--root", tree.path)
            self.assertEqual(result.returncode, 1)
            self.assertIn("standard output cannot be written: No space left on device", result.stderr)

    def test_an_error_stays_what_it_is(self):
        with open("/dev/full", "w") as output:
            self.assertEqual(self.run_into(output, "check", "--json", "--root", Tree("x\n").path).returncode, 2)

    def test_it_changes_nothing_at_the_boot(self):
        trees = [Tree("[bind]\nwifi = 02:00.0\n") for _ in range(2)]
        trees[0].run("bind")
        with self.closed_pipe() as output:
            self.run_into(output, "bind", "--root", trees[1].path)
        self.assertEqual(trees[0].read("run/vfio-early/report.json"), trees[1].read("run/vfio-early/report.json"))
        self.assertEqual(trees[0].written(), trees[1].written())
        self.assertEqual(trees[0].read("dev/kmsg"), trees[1].read("dev/kmsg"))


class Foreign(unittest.TestCase):
    """No byte that someone else chose steers the terminal or forges a line of the log."""

    RAW = "e\x1b[31m\rx"

    def shown(self, tree, *arguments):
        result = subprocess.run([BINARY, *arguments, "--root", tree.path], capture_output=True, check=False)
        return result.stdout + result.stderr

    def test_names_are_quoted(self):
        tree = Tree(
            "[bind]\ngpu = 09:00.*\n", machine="rtx2070-with-bridges", cmdline=f"rd.vfio_early=che{self.RAW}",
            drivers={"0000:00:03.1": "one", "0000:09:00.0": "two"},
        )
        for address in ("0000:00:03.1", "0000:09:00.0"):
            device = tree.path / "sys/bus/pci/devices" / address
            (device / "driver").unlink()
            os.symlink(f"../../drivers/{self.RAW}", device / "driver")
            uevent = device / "uevent"
            uevent.write_bytes(re.sub(b"DRIVER=.*", b"DRIVER=" + self.RAW.encode(), uevent.read_bytes()))
        settings = tree.path / "etc/modprobe.d"
        (settings / f"a{self.RAW}.conf").mkdir(parents=True)
        (settings / f"b{self.RAW}.conf").write_text("options vfio-pci ids=10de:1ad8\n")
        for lists in ("dep", "builtin"):
            path = tree.path / f"lib/modules/6.1.0/modules.{lists}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("vfio-pci.ko:\n" if lists == "dep" else "")
        shutil.rmtree(tree.path / "sys/bus/pci/drivers/vfio-pci")
        shown = self.shown(tree, "bind")
        (tree.path / "proc/cmdline").write_text("quiet")
        shown += self.shown(tree, "check") + self.shown(tree, "check", "--json")
        shown += self.shown(tree, "bind") + self.shown(tree, "bind", "--json")
        tree.ini.write_bytes(b"[bind]\n10de:2191\rall\nx:10de:2191\rall\n\xa0 = x\r\x1by\nx = 01:00.0\ry\n")
        shown += self.shown(tree, "bind", "--config", f"{self.RAW}.ini") + self.shown(tree, "bind", "--json")
        shown += (tree.path / "dev/kmsg").read_bytes() + (tree.path / "run/vfio-early/report.json").read_bytes()
        quoted = r"'e\x1b[31m\x0dx'"
        for told in (
            f"now on {quoted}", f"is driven by {quoted}", r"rd.vfio_early='chee\x1b[31m'",
            r"write it as 'LABEL = 10de:2191\x0dall'", r"write it as 'x = 10de:2191\x0dall'",
            r"such as /etc/modprobe.d/ae\x1b[31m\x0dx.conf",
        ):
            self.assertIn(told, shown.decode())
        self.assertEqual([byte for byte in set(shown) if not 32 <= byte < 127 and byte != 10], [])


class NextBoot(unittest.TestCase):
    """What `check` says beside the plan."""

    STALE = [
        "kernel 6.1.0: its initramfs /boot/initrd.img-6.1.0 is older than /etc/vfio-early.ini, and the boot goes by the copy in there",
        "'dracut -f --kver 6.1.0' makes it anew",
    ]

    @staticmethod
    def tree(ini="[bind]\nwifi = 02:00.0\n"):
        files = {"boot/initrd.img-6.1.0": "", "usr/bin/dracut": "", "etc/driverctl.d/pci-0000:02:00.0": "iwlwifi",
                 "lib/modules/6.1.0/modules.dep": "vfio-pci.ko:", "lib/modules/6.1.0/modules.builtin": ""}
        return Tree(ini, files=files, older=["boot/initrd.img-6.1.0"])

    def warnings(self, tree, command, *options):
        """Those of images and of driverctl, in text and in JSON, which must agree."""
        text = [line.removeprefix("warning: ") for line in tree.run(command, *options).stdout.splitlines()]
        told = [warning for warning in json.loads(tree.run(command, "--json", *options).stdout)["warnings"]
                if re.search("initramfs|dracut|driverctl", warning)]
        self.assertEqual([line for line in text if re.search("initramfs|dracut|driverctl", line)], told)
        return told

    def test_a_stale_image_and_a_saved_override(self):
        told = self.warnings(self.tree(), "check")
        self.assertEqual(told[1:], self.STALE)
        self.assertIn("'driverctl set-override iwlwifi' in /etc/driverctl.d/pci-0000:02:00.0", told[0])

    def test_a_stale_image_that_would_bind_what_is_listed_no_more(self):
        self.assertEqual(self.warnings(self.tree("[bind]\n"), "check"), self.STALE)

    def test_nothing_of_images_while_one_is_made(self):
        for options in (["--kernel", "6.1.0"], ["--write-facts", "/etc/vfio-early.facts"]):
            self.assertEqual(len(self.warnings(self.tree(), "check", *options)), 1)
        self.assertEqual(len(self.warnings(self.tree(), "accept")), 1)

    def test_nothing_in_the_report_of_a_boot(self):
        tree = self.tree()
        tree.run("bind")
        self.assertNotRegex(tree.read("run/vfio-early/report.json"), "initramfs|driverctl")

    def test_no_image_without_a_plan(self):
        result = self.tree("[bind]\nwifi\n").run("check")
        self.assertEqual(result.returncode, 2)
        self.assertNotIn("initramfs", result.stdout + result.stderr)


class OthersIds(unittest.TestCase):
    """What an ids= names for a driver that we load, and no line does."""

    def tree(self, ini, files=(), **scenario):
        """vfio-pci is not there yet, and can be loaded."""
        tree = Tree(ini, **scenario)
        drivers = tree.path / "sys/bus/pci/drivers"
        shutil.rmtree(drivers / "vfio-pci")
        add_modules(tree, "6.1.0", dep="kernel/drivers/vfio/pci/vfio-pci.ko:\n")
        for name, text in files:
            (tree.path / name).parent.mkdir(parents=True, exist_ok=True)
            (tree.path / name).write_text(text)
        return tree

    def warnings(self, tree, command):
        """What is warned of, beside that nothing is recorded of the lines."""
        warnings = json.loads(tree.run(command, "--json").stdout)["warnings"]
        return [warning for warning in warnings if not warning.startswith("/etc/vfio-early.facts")]

    def test_is_told(self):
        tree = self.tree(
            "[bind]\nwifi = 02:00.0\n",
            [("etc/modprobe.d/vfio.conf", "options vfio-pci ids=10de:2191\n")],
            cmdline="vfio-pci.ids=10de:1aeb,8086:2723",
        )
        self.assertEqual(self.warnings(tree, "check"), [
            "0000:01:00.0 is named by 'options vfio-pci ids=' in /etc/modprobe.d/vfio.conf:1 and by no line here, "
            "so it stays with its host driver, add it under [bind]",
            "0000:01:00.1 is named by vfio-pci.ids= and by no line here, "
            "so it stays with its host driver, add it under [bind]",
            "'vfio-pci.ids=' on the kernel command line is not needed, and may take these even when vfio-early refuses them or "
            "is switched off, take it out: wifi 0000:02:00.0",
        ])
        self.assertEqual(json.loads(tree.run("check", "--json").stdout)["unlisted"], [])

    def test_is_not_told_where_we_load_nothing(self):
        for command in ("check", "bind"):
            for ini in ("[bind]\n", "[bind]\nwifi = 02:00.0 10de:2191\n", "[stub]\nwifi = 02:00.0\n"):
                with self.subTest(command=command, ini=ini):
                    tree = self.tree(ini, cmdline="vfio-pci.ids=10de:1aeb")
                    self.assertEqual(self.warnings(tree, command), [])

    def test_is_not_told_of_a_driver_that_is_built_in(self):
        tree = Tree("[bind]\nwifi = 02:00.0\n", cmdline="vfio-pci.ids=10de:1aeb")
        self.assertEqual(self.warnings(tree, "check"), [])
        # On the running machine it can have been loaded by us, and the next boot will do so again.
        initstate = tree.path / "sys/module/vfio_pci/initstate"
        initstate.parent.mkdir(parents=True)
        initstate.write_text("live\n")
        self.assertEqual(len(self.warnings(tree, "check")), 1)

    def test_what_is_on_vfio_pci_without_a_line(self):
        for command in ("check", "bind"):
            tree = Tree("[bind]\nwifi = 02:00.0\n", drivers={"0000:01:00.1": "vfio-pci", "0000:01:00.2": "vfio-pci"})
            with self.subTest(command=command):
                report = json.loads(tree.run(command, "--json").stdout)
                self.assertEqual(report["unlisted"], ["0000:01:00.1", "0000:01:00.2"])
                self.assertIn("0000:01:00.2 is on vfio-pci already and no line here selects it, "
                              "so nothing of it was checked", report["warnings"])

    def test_a_driver_that_the_kernel_must_not_load(self):
        tree = self.tree("[bind]\nwifi = 02:00.0\n", cmdline="module_blacklist=vfio_pci")
        device = json.loads(tree.run("check", "--json").stdout)["devices"][0]
        self.assertEqual((device["code"], device["detail"]), (
            "module-missing",
            "vfio-pci cannot be loaded, module_blacklist= on the kernel command line forbids vfio_pci, take it out there",
        ))


class CommandLine(unittest.TestCase):
    """Usage errors: exit status 2 and one line."""

    def run_binary(self, *arguments):
        return subprocess.run([BINARY, *arguments], capture_output=True, text=True, check=False)

    def check_error(self, arguments, message):
        result = self.run_binary(*arguments)
        self.assertEqual((result.returncode, result.stderr), (2, f"vfio-early: {message}\n"))

    def test_errors(self):
        self.check_error(["chekc"], "unknown command 'chekc', did you mean 'check'?")
        self.check_error(["frobnicate"], "unknown command 'frobnicate', see 'vfio-early --help'")
        self.check_error(["check", "--jsno"], "unknown option '--jsno', did you mean '--json'?")
        self.check_error(["check", "-x"], "unknown option '-x', see 'vfio-early --help'")
        self.check_error(["check", "--root"], "option --root needs a value")
        self.check_error(["check", "--json=yes"], "option --json takes no value, but was given 'yes'")
        self.check_error(["bind", "--kernel", "6.1.0"], "option --kernel goes with 'check' only")
        self.check_error(["accept", "--write-facts", "x"], "option --write-facts goes with 'check' only")
        self.check_error(["check", "now"], "unexpected argument 'now', see 'vfio-early --help'")
        self.check_error(["check", "--root", "/nowhere"], "--root '/nowhere' cannot be opened: No such file or directory")

    def test_a_root_whose_path_does_not_fit(self):
        with tempfile.TemporaryDirectory() as directory:
            machine_tree.build(directory, {"machine": "gtx1660ti-laptop"})
            # 511 bytes that name the tree, and three more that lead elsewhere.
            path = directory + "/" * (511 - len(directory)) + "etc"
            for config in ([], ["--config", f"{directory}/etc/vfio-early.ini"]):
                result = self.run_binary("check", "--root", path, *config)
                self.assertEqual(result.returncode, 2)
                self.assertRegex(result.stderr, r"^vfio-early: --root '/.*'\.* cannot be opened: File ?name too long\n$")

    def test_a_current_directory_that_does_not_fit(self):
        with tempfile.TemporaryDirectory() as directory:
            deep = pathlib.Path(directory, *["d" * 200] * 3)
            deep.mkdir(parents=True)
            (deep / "my.ini").write_text("[bind]\n")
            result = subprocess.run(
                [BINARY, "check", "--config", "my.ini"], cwd=deep, capture_output=True, text=True, check=False
            )
            self.assertEqual(result.returncode, 2)
            self.assertRegex(result.stderr, "my.ini: cannot be read: File ?name too long, nothing is bound")

    def test_the_machine_by_another_name(self):
        for root in ("//", "/.", "/proc/self/root", "/tmp/.."):
            with tempfile.TemporaryDirectory() as directory:
                (pathlib.Path(directory) / "my.ini").write_text("[bnid]\n")
                result = subprocess.run(
                    [BINARY, "check", "--root", root, "--config", "my.ini"],
                    cwd=directory, capture_output=True, text=True, check=False,
                )
                self.assertRegex(result.stderr, "^vfio-early: my.ini:1: ", root)

    def test_nothing(self):
        result = self.run_binary()
        self.assertEqual(result.returncode, 2)
        self.assertIn("usage: vfio-early COMMAND", result.stderr)

    def test_help_and_version(self):
        for arguments in (["--help"], ["check", "--help"], ["bind", "--help"]):
            result = self.run_binary(*arguments)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn("usage: vfio-early COMMAND", result.stdout)
        self.assertRegex(self.run_binary("--version").stdout, r"^vfio-early \d+\.\d+\.\d+\n$")

    def test_help_names_every_command_and_option(self):
        source = pathlib.Path(__file__).resolve().parent.parent / "src/cli"
        commands = re.findall(r'^    \{"(\w+)", run_', (source / "main.cpp").read_text(), re.MULTILINE)
        options = re.findall(r'^    \{"(--[\w-]+)", (?:"([\w ]+)"|\{\})', (source / "options.cpp").read_text(), re.MULTILINE)
        text = self.run_binary("--help").stdout
        self.assertEqual(re.findall(r"^  (\w+) ", text, re.MULTILINE), commands)
        shown = re.findall(r"^  (--[\w-]+)(?: [A-Z]+)? +(?:([\w ]+): )?", text, re.MULTILINE)
        self.assertEqual(sorted(shown), sorted(options))

    def test_every_configuration_in_the_manuals_is_valid(self):
        project = pathlib.Path(__file__).resolve().parent.parent
        manual = (project / "docs/vfio-early.ini.5").read_text()
        lines = re.findall(r"^\.Dl (.*)$", manual, re.MULTILINE)
        self.assertGreater(len(lines), 5)
        template = (project / "etc/vfio-early.ini").read_text()
        blocks = [
            *re.findall(r"^```ini\n(.*?)^```", (project / "README.md").read_text(), re.MULTILINE | re.DOTALL),
            *re.findall(r"^\.Bd -literal\n(.*?)^\.Ed", manual, re.MULTILINE | re.DOTALL),
            template, re.sub(r"^; (?=[a-z-]+ +=)", "", template, flags=re.MULTILINE),
            *(f"[bind]\n{line}\n" for line in lines),
        ]
        self.assertGreater(len(blocks), 4 + 5)
        with tempfile.TemporaryDirectory() as directory:
            config = pathlib.Path(directory) / "my.ini"
            for block in blocks:
                config.write_text(block)
                result = self.run_binary("check", "--config", str(config))
                with self.subTest(block=block):
                    self.assertNotEqual(result.returncode, 2, result.stderr)

    def test_config_relative_to_here(self):
        with tempfile.TemporaryDirectory() as directory:
            (pathlib.Path(directory) / "my.ini").write_text("[bind]\n")
            result = subprocess.run(
                [BINARY, "check", "--config", "my.ini"], cwd=directory, capture_output=True, text=True, check=False
            )
            self.assertEqual((result.returncode, result.stderr), (0, ""))


class List(unittest.TestCase):
    """What golden files cannot see: where the list goes."""

    def on_terminal(self, columns, **environment):
        """What is printed on a terminal of so many columns."""
        tree = Tree()
        (tree.path / "usr/share/misc").mkdir(parents=True)
        (tree.path / "usr/share/misc/pci.ids").write_text(f"10de  NVIDIA Corporation\n\t2191  {'TU116M ' * 15}\n")
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        known = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        subprocess.run(
            [BINARY, "list", "--root", str(tree.path)], stdout=theirs, stderr=subprocess.DEVNULL, check=True,
            env=known | environment,
        )
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 65536):
                shown += chunk
        except OSError:  # there is nobody at the other end any more
            pass
        os.close(ours)
        return shown.decode().replace("\r\n", "\n")

    def test_fits_the_terminal(self):
        for columns in (70, 80, 120):
            lines = self.on_terminal(columns).splitlines()
            card = next(line for line in lines if "10de:2191" in line)
            self.assertEqual((len(card), card[-1]), (columns, "~"))
        card = next(line for line in self.on_terminal(0).splitlines() if "10de:2191" in line)
        self.assertEqual(len(card), 80)

    def test_colour_on_a_terminal_alone(self):
        self.assertIn("\033[32mYES\033[0m", self.on_terminal(80))
        self.assertIn("\033[32mYES\033[0m", self.on_terminal(80, NO_COLOR=""))
        self.assertNotIn("\033", self.on_terminal(80, NO_COLOR="1"))
        self.assertNotIn("\033", Tree().run("list").stdout)

    def test_tells_of_a_configuration_that_was_named_and_is_not_there(self):
        tree = Tree()
        for words in (["list"], ["list", "--json"], ["why", "01:00.0"], ["suggest", "01:00.0"]):
            result = tree.run(*words, "--config", "/typo")
            self.assertEqual((result.returncode, result.stdout, result.stderr), (
                2, "", "vfio-early: /typo: cannot be read: No such file or directory, nothing is bound\n"))
            self.assertEqual(tree.run(*words).returncode, 0)

    def test_all_tell_of_broken_facts_and_a_missing_driver(self):
        tree = Tree()
        (tree.path / "etc/vfio-early.facts").write_text("no facts\n")
        add_modules(tree, "6.1", dep="kernel/x.ko:\n", builtin="kernel/y.ko\n")
        shutil.rmtree(tree.path / "sys/bus/pci/drivers/vfio-pci")
        for words in (["list"], ["why", "01:00.0"], ["suggest", "01:00.0"]):
            errors = tree.run(*words).stderr
            self.assertEqual(errors.count("/etc/vfio-early.facts is not whole"), 1, errors)
            self.assertEqual(errors.count("vfio-pci cannot be loaded, it must be in the kernel"), 1, errors)

    def test_changes_nothing(self):
        tree = Tree("[bind]\ngpu = 0000:01:00.*\n")
        before = {path: path.read_bytes() for path in tree.path.rglob("*") if path.is_file()}
        self.assertEqual(tree.run("list").returncode, 0)
        self.assertEqual(tree.run("list", "--json").returncode, 0)
        self.assertEqual(before, {path: path.read_bytes() for path in tree.path.rglob("*") if path.is_file()})

    def test_tells_where_there_is_no_sysfs(self):
        with tempfile.TemporaryDirectory() as directory:
            result = subprocess.run([BINARY, "list", "--root", directory], capture_output=True, text=True, check=False)
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            self.assertIn("/sys/bus/pci is not there", result.stderr)

    def test_more_devices_than_fit(self):
        tree = Tree()
        lines = [f"device\t{number >> 8:04x}:{number & 255:02x}:00.0\t8086:1533\t020000\t-\t-" for number in range(256, 1400)]
        machine_tree.make(tree.path, lines)
        result = tree.run("list")
        self.assertEqual(result.returncode, 0)
        self.assertIn("vfio-early: this machine has more than 1024 PCI functions", result.stderr)
        self.assertNotIn("YES", result.stdout)

    def test_an_option_of_another_command(self):
        self.assertEqual(Tree().run("check", "--all").returncode, 2)


if __name__ == "__main__":
    BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main()
