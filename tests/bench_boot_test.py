#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests the figures of the boot (../bench/boot.py) without booting: the order of the scripts, times, agreement, the table."""

import pathlib
import sys
import unittest
from unittest import mock

PROJECT = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(PROJECT / "bench"))

import boot  # pylint: disable=wrong-import-position
import contestants  # pylint: disable=wrong-import-position
import machine  # pylint: disable=wrong-import-position

OTHERS = ["00-vfio-early", "all_generic_ide", "keymap", "udev"]
SAID = """\
Loading, please wait...
{between}
@@ log [    2.500000] bench: start
@@ log [    2.600000] VFIO - User Level meta-driver version: 0.3
@@ log [    2.762345] bench: end
@@ log [    3.000000] e1000e 0000:00:03.0 eth0: (PCI Express:2.5GT/s:Width x1) 52:54:00:12:34:56
@@ device 0000:00:02.0 vendor=0x8086 device=0x10d3 class=0x020000 driver=vfio-pci iommu_group=?
@@ device 0000:00:03.0 vendor=0x8086 device=0x10d3 class=0x020000 driver=e1000e iommu_group=?
@@ device 0000:00:04.0 vendor=0x8086 device=0x10d3 class=0x020000 driver=vfio-pci iommu_group=?
@@ shown said sh: write error: No such device
@@ end
"""


def scripts_of(files):
    """The scripts of init-top by their names, as they are run."""
    return [line.split()[0].rpartition("/")[2] for line in files["scripts/init-top/ORDER"].splitlines()
            if line.startswith("/scripts/init-top/")]


def result(*runs, probed=0, bound=4, count=4):
    """What is measured of a contestant with so many endpoints."""
    return {"runs_ms": list(runs), "runs_bound": [count] * len(runs), "outcome": {"probed": probed, "bound": bound, "said": ""}}


class Order(unittest.TestCase):
    """Each image differs in what is timed alone."""

    def files(self, name, goes_on=True):
        return boot.files_of((boot.CONTESTANTS | boot.AS_PASTED)[name], boot.addresses_of(4), OTHERS, goes_on)

    def test_a_contestant_takes_the_first_place(self):
        for name, contestant in boot.CONTESTANTS.items():
            self.assertEqual(scripts_of(self.files(name)), [contestant.place, *OTHERS[1:]], name)

    def test_what_is_pasted_comes_after_udev(self):
        self.assertEqual(scripts_of(self.files("recipe-as-pasted")), [*OTHERS[1:], "vfio-bind"])

    def test_nothing_but_the_script_lies_between_the_marks(self):
        lines = self.files("floor")["scripts/init-top/ORDER"].splitlines()
        start = lines.index("echo 'bench: start' >/dev/kmsg")
        self.assertEqual(lines[start + 1], '/scripts/init-top/00-first "$@" >/run/said 2>&1')
        self.assertEqual(lines[start + 2], "echo 'bench: end' >/dev/kmsg")

    def test_a_run_that_is_timed_alone_ends_when_the_script_has(self):
        files = self.files("floor", goes_on=False)
        self.assertEqual(scripts_of(files), ["00-first"])
        self.assertTrue(files["scripts/init-top/ORDER"].endswith("\n. /scripts/init-premount/ORDER\n"))

    def test_who_was_first_is_told_from_the_start_of_the_boot(self):
        self.assertIn("sed -n 's/^/@@ log /p'", self.files("ids-as-pasted")["scripts/init-premount/ORDER"])
        self.assertIn("sed -n '/bench: start/,$s/^/@@ log /p'", self.files("floor", goes_on=False)["scripts/init-premount/ORDER"])

    def test_all_lists_are_of_the_same_devices(self):
        ini = self.files("vfio-early")["etc/vfio-early.ini"]
        self.assertEqual(ini.splitlines()[:2], ["[bind]", "nic-1 = 0000:00:02.0 8086:10d3"])
        self.assertEqual(self.files("empty")["etc/vfio-early.ini"], "[bind]\n")
        for name in ("floor", "recipe", "driverctl"):
            self.assertIn("0000:00:02.0 0000:00:03.0 0000:00:04.0 0000:00:05.0", self.files(name)["scripts/init-top/00-first"])
        self.assertNotIn("scripts/init-top/00-vfio-early", self.files("vfio-early"))

    def test_what_is_pasted_loads_nothing_itself(self):
        self.assertIn("modprobe vfio-pci", self.files("recipe")["scripts/init-top/00-first"])
        self.assertNotIn("modprobe", self.files("recipe-as-pasted")["scripts/init-top/vfio-bind"])
        self.assertEqual(self.files("recipe-as-pasted")["conf/modules"], contestants.MODULES)


class Said(unittest.TestCase):
    """What a boot says."""

    def setUp(self):
        self.evidence = machine.read_evidence(SAID)

    def test_the_time_is_that_between_the_marks(self):
        self.assertEqual(boot.milliseconds_of(self.evidence.log), 262.345)

    def test_a_host_driver_that_was_at_work_is_counted(self):
        outcome = boot.outcome_of(self.evidence, boot.addresses_of(3))
        self.assertEqual(outcome, {"probed": 1, "bound": 2, "said": "sh: write error: No such device\n"})

    def test_a_console_that_was_not_silent_is_noticed(self):
        log = self.evidence.log
        self.assertEqual(boot.lines_between_marks(SAID.format(between="[    2.4] earlier"), log), [])
        loud = "[    2.600000] vfio-pci: loud"
        self.assertEqual(boot.lines_between_marks(SAID.format(between=loud), log), [loud])


class Agreement(unittest.TestCase):
    """Two runs within 2 % count, and others are told as they are."""

    def test_two_runs_agree_or_do_not(self):
        self.assertEqual(boot.agreeing([100.0, 102.0]), (100.0, 102.0))
        self.assertIsNone(boot.agreeing([100.0, 102.1]))
        self.assertIsNone(boot.agreeing([100.0]))
        self.assertEqual(boot.agreeing([100.0, 110.0, 109.0]), (110.0, 109.0))

    def runs_of(self, *times, count=1):
        """What is measured where the boots take so many milliseconds."""
        logs = [mock.Mock(log=[f"[ 1.000000] {boot.START}", f"[ {1 + time / 1000:.6f}] {boot.END}"]) for time in times]
        with mock.patch.object(boot, "boot", side_effect=logs) as boots, \
                mock.patch.object(boot, "bound_in", return_value=count), \
                mock.patch.object(boot, "outcome_of", return_value="what became of them"):
            measured = boot.measure_one("debian13", count, "floor")
        self.assertEqual(measured["runs_bound"], [count] * len(measured["runs_ms"]))
        return measured, [call.args[3] for call in boots.call_args_list]

    def test_boots_until_two_agree(self):
        self.assertEqual(self.runs_of(100, 110, 109, 500)[0]["runs_ms"], [100.0, 110.0, 109.0])

    def test_gives_up_after_four(self):
        self.assertEqual(self.runs_of(100, 110, 120, 130, 140)[0]["runs_ms"], [100.0, 110.0, 120.0, 130.0])

    def test_one_boot_of_one_count_goes_on_for_the_outcome(self):
        measured, goes_on = self.runs_of(100, 101, count=boot.COUNT_OF_OUTCOME)
        self.assertEqual((measured["outcome"], goes_on), ("what became of them", [True, False]))
        measured, goes_on = self.runs_of(100, 101)
        self.assertEqual((measured.get("outcome"), goes_on), (None, [False, False]))


class Table(unittest.TestCase):
    """The section of the results."""

    def setUp(self):
        data = {"debian13": {
            "floor": {"1": result(100.0, 101.0, count=1), "4": result(200.0, 200.0)},
            "vfio-early": {"1": result(102.0, 103.0, count=1), "4": result(202.0, 202.0), "16": result(300.0, 400.0, count=16)},
            "ids": {"1": result(9.0, 9.0, count=0)},
            "empty": {"1": result(7.0, 7.0, count=0)},
            "recipe-as-pasted": {"4": result(probed=4, bound=0)},
        }}
        self.rows = {line.split(" | ")[0][2:]: line for line in boot.markdown(data).splitlines() if line.startswith("| ")}

    def test_has_means_and_ratios(self):
        self.assertEqual(
            self.rows["vfio-early"],
            "| vfio-early | 102.5 | 1.020 | 202.0 | 1.010 | runs differ: 300.0, 400.0 |  | none | 4 of 4 |",
        )

    def test_has_no_time_for_what_was_not_bound(self):
        self.assertIn(" | bound: 0, 0 |  | ", self.rows["`vfio-pci.ids=`, and `modprobe` first of all"])
        self.assertIn(" | 7.0 | 0.070 | ", self.rows["vfio-early with an empty INI"])

    def test_says_what_was_not_run(self):
        self.assertIn("| 200.0 | 1.000 | not run |  | none", self.rows["the floor: the overrides written, then `modprobe`"])
        self.assertTrue(self.rows["what driverctl does, as a shell script"].endswith("| not run |  | not run |  |"))

    def test_shows_who_was_first(self):
        self.assertTrue(self.rows["the recipe as it is pasted"].endswith("| **4 of 4** | 0 of 4 |"))

    def test_has_a_row_for_each_contestant(self):
        self.assertEqual(len(self.rows) - 2, len(boot.CONTESTANTS) + len(boot.AS_PASTED))


if __name__ == "__main__":
    unittest.main()
