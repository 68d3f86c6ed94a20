#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`release` and `bind LABEL` on trees, where no kernel answers: what is refused, said and written. usage: release_test.py BINARY"""

import fcntl
import json
import os
import sys
import unittest

import cli_test
from cli_test import Tree

CARD = ["0000:01:00.0", "0000:01:00.1", "0000:01:00.2", "0000:01:00.3"]
INI = "[bind]\ngpu = 01:00.*\ngone = 3c:00.0\n"
FAILED = "vfio-pci has it again or still, 'dmesg' may say why, does an id of its ids= or new_id fit it?"


def bound_tree(ini=INI, **scenario):
    """The laptop after a boot that bound its card: the links and overrides, and the DRIVER= of each uevent."""
    tree = Tree(ini, **scenario)
    for address in CARD:
        device = tree.path / "sys/bus/pci/devices" / address
        (device / "driver").unlink(missing_ok=True)
        (device / "driver").symlink_to("../../drivers/vfio-pci")
        (device / "driver_override").write_text("vfio-pci\n")
        lines = [line for line in (device / "uevent").read_text().splitlines() if not line.startswith("DRIVER=")]
        (device / "uevent").write_text("\n".join(["DRIVER=vfio-pci", *lines, ""]))
    (tree.path / "proc/1/fd").mkdir(parents=True)
    return tree


def group_of(tree, address):
    return os.path.basename(os.readlink(tree.path / "sys/bus/pci/devices" / address / "iommu_group"))


def let_guest_have(tree, node):
    (tree.path / "proc/812/fd").mkdir(parents=True)
    (tree.path / "proc/812/comm").write_text("qemu-system-x86\n")
    (tree.path / "proc/812/fd/9").symlink_to(node)


def state(tree):
    names = ["devices/" + address + "/driver_override" for address in CARD]
    names += ["drivers_probe", "drivers/vfio-pci/unbind", "drivers/vfio-pci/bind", "drivers/vfio-pci/remove_id"]
    paths = [tree.path / "sys/bus/pci" / name for name in names]
    return [path.read_text() if path.exists() else None for path in paths]


class Release(unittest.TestCase):
    def check_untouched(self, tree, *words, status, said):
        before = state(tree)
        result = tree.run("release", *words)
        self.assertIn(said, result.stdout + result.stderr)
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        self.assertEqual(state(tree), before)
        return result

    def test_writes_what_a_release_writes(self):
        tree = bound_tree()
        unbind = tree.path / "sys/bus/pci/drivers/vfio-pci/unbind"
        unbind.write_text("")
        result = tree.run("release", "gpu")
        # No kernel answers: the links stay as they are, and that is what is told.
        self.assertEqual(result.returncode, 1)
        for address in CARD:
            self.assertIn(f"gpu {address}: failed (release-failed): {FAILED}", result.stdout)
            self.assertEqual(tree.read(f"sys/bus/pci/devices/{address}/driver_override"), "\n")
        self.assertIn("gave back 0 of 4 devices", result.stdout)
        self.assertIn(unbind.read_text(), CARD)

    def test_a_device_that_loses_its_driver_is_told_so(self):
        tree = bound_tree()
        for address in CARD:
            (tree.path / "sys/bus/pci/devices" / address / "driver").unlink()
        result = tree.run("release")
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("gpu 0000:01:00.0: given back, and no driver of the host took it (10de:2191, group ", result.stdout)
        self.assertIn("gave back 4 of 4 devices", result.stdout)
        self.assertEqual(tree.read("sys/bus/pci/drivers_probe"), CARD[0])  # the last group member that was undone

    def test_the_report_is_that_of_a_live_run(self):
        tree = bound_tree()
        result = tree.run("release", "0000:01:00.1", "--json")
        report = json.loads(result.stdout)
        self.assertEqual(json.loads(tree.read("run/vfio-early/live.json")), report)
        self.assertFalse((tree.path / "run/vfio-early/report.json").exists())
        self.assertEqual((report["command"], report["ok"]), ("release", False))
        self.assertEqual([device["label"] for device in report["devices"]], ["gpu"])

    def test_what_no_line_selects_has_no_label(self):
        tree = bound_tree("[bind]\n")
        device = json.loads(tree.run("release", "01:00.1", "--json").stdout)["devices"][0]
        self.assertEqual((device["label"], device["selector"], device["address"]), (None, "01:00.1", CARD[1]))
        self.assertIn(f"\n0000:01:00.1: failed", "\n" + tree.run("release", "01:00.1").stdout)

    def test_needs_no_configuration(self):
        tree = bound_tree()
        tree.ini.unlink()
        self.assertIn("0000:01:00.1: failed", tree.run("release", "01:00.1").stdout)

    def test_nothing_is_there_to_give_back(self):
        self.check_untouched(
            Tree(INI), status=0, said="nothing to give back, no listed device is on vfio-pci or pci-stub\n"
        )

    def test_a_guest_has_the_group(self):
        tree = bound_tree()
        group = group_of(tree, CARD[0])
        let_guest_have(tree, f"/dev/vfio/{group}")
        who = f"process 812 (qemu-system-x86) has /dev/vfio/{group} open"
        self.check_untouched(
            tree, "01:00.1", status=1, said=f"gpu 0000:01:00.1: refused (in-use): the running system uses it: {who}, "
        )
        self.assertIn(FAILED, tree.run("release", "--force", "01:00.1").stdout)

    def test_what_a_process_has_open_cannot_be_read(self):
        tree = bound_tree()
        (tree.path / "proc/9").mkdir()
        (tree.path / "proc/9/fd").write_text("no directory")
        self.check_untouched(tree, status=1, said="refused (in-use): the running system uses it: what process 9 has open")

    def test_words_that_mean_nothing(self):
        for word, status, said in (
            ("gpx", 2, "has no label 'gpx', did you mean 'gpu'?"),
            ("zz:00.0", 2, "'zz:00.0' is not an address"),
            ("10de:2191", 2, "'10de:2191' is neither a label nor an address"),
            ("3d:00.0", 1, "3d:00.0: refused (not-found): no device matches '3d:00.0'"),
            ("gone", 1, "gone: refused (not-found): "),
        ):
            with self.subTest(word=word):
                self.check_untouched(bound_tree(), word, status=status, said=said)

    def test_a_configuration_with_an_error(self):
        self.check_untouched(bound_tree("[bind]\ngpu = xyz\n"), "gpu", status=2, said="has an error, so nothing is given back")

    def test_another_one_is_at_work(self):
        tree = bound_tree()
        (tree.path / "run/vfio-early").mkdir()
        with (tree.path / "run/vfio-early/lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.check_untouched(tree, status=1, said="nothing is given back, /run/vfio-early/lock: another vfio-early")

    def test_force_goes_with_release_only(self):
        result = bound_tree().run("bind", "--force")
        self.assertEqual((result.returncode, result.stderr), (2, "vfio-early: option --force goes with 'release' only\n"))


class BindLabel(unittest.TestCase):
    def test_binds_the_group_of_a_label_and_reports_no_other(self):
        tree = bound_tree()
        result = tree.run("bind", "gpu")
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("bound 4 of 4 listed devices", result.stdout)
        self.assertNotIn("gone", result.stdout)
        self.assertEqual(tree.run("bind").returncode, 1)

    def test_a_label_takes_its_whole_group(self):
        tree = bound_tree("[bind]\ngpu = 01:00.0\nrest = 01:00.*\n")
        result = tree.run("bind", "gpu")
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("rest 0000:01:00.3: bound to vfio-pci", result.stdout)

    def test_what_check_refuses_is_refused(self):
        tree = bound_tree("[bind]\ngpu = 01:00.0\nother = 3c:00.0\n")
        result = tree.run("bind", "gpu")
        self.assertEqual(result.returncode, 1)
        self.assertIn("gpu 0000:01:00.0: refused (shared-group)", result.stdout)

    def test_a_label_that_is_on_no_line(self):
        result = bound_tree().run("bind", "gpx")
        self.assertEqual(result.returncode, 2)
        self.assertIn("has no label 'gpx', did you mean 'gpu'?", result.stderr)


if __name__ == "__main__":
    cli_test.BINARY = sys.argv.pop(1)
    unittest.main()
