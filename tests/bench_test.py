#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests what measures (../bench) without measuring anything, and that README has the figures of bench/RESULTS.md."""

import pathlib
import sys
import unittest
from xml.dom import minidom

PROJECT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT / "bench"))
sys.path.append(str(PROJECT / "qemu-tests"))

# pylint: disable=wrong-import-position
import boot
import calls
import instructions
import plot
import readme
import run
import size
import tree

LOG = """\
10 execve("/sbin/vfio-early", ["/sbin/vfio-early", "bind"], 0x7ffc /* 2 vars */) = 0
10 openat2(3, "sys/bus/pci/devices/0000:01:00.0/uevent", {flags=O_RDONLY}, 24) = 7
10 read(7, "PCI_CLASS=20000"..., 4096) = 84
10 close(7)                          = 0
10 openat2(3, "sys/kernel/iommu_groups/101/devices/0000:01:00.0", {flags=O_PATH}, 24) = 7
10 close(7)                          = 0
10 clone(child_stack=NULL, flags=SIGCHLD <unfinished ...>
11 openat2(3, "sys/bus/pci/devices/0000:01:00.0/driver", {flags=O_PATH}, 24 <unfinished ...>
10 <... clone resumed>)              = 11
11 <... openat2 resumed>)            = 8
11 readlinkat(8, "", "vfio-pci", 512) = 8
11 close(8)                          = 0
11 execve("//sbin/modprobe", ["modprobe", "vfio-pci"], 0x7ffe /* 1 var */ <unfinished ...>
11 <... execve resumed>)             = 0
11 mkdir("/sys/module/vfio", 0755)   = 0
11 +++ exited with 0 +++
10 --- SIGCHLD {si_signo=SIGCHLD} ---
10 exit_group(0)                     = ?
"""

FIGURES = {
    "calls": {"openat2": 60, "read": 40}, "purposes": {calls.ONCE: 20, "its group, and who else is in it": 80},
    "parts": {"the plan": 1_000_000}, "instructions": 1_200_000, "minimum_us": 1500.4, "median_us": 2000.0, "page_faults": 70, "memory_kib": 300,
}
TREE = {
    "runs": 3,
    "versions": {"dash": "0.5"},
    "endpoints": {
        count: {
            tree.FLOOR: FIGURES | {"calls": {"write": 50}, "instructions": 20_000, "memory_kib": 40},
            tree.OURS: FIGURES,
            tree.BUSYBOX: FIGURES | {"instructions": 700_000, "memory_kib": 2200},
            tree.DASH: FIGURES | {"instructions": 400_000, "memory_kib": 1800},
            tree.DRIVERCTL: FIGURES | {"instructions": 93_000_000},
        }
        for count in ("1", "4", "16")
    },
}
SIZE = {
    "binary": {"plain": 188_000, "packed": 97_000},
    "package": 128_000,
    "files": {"busybox": {"plain": 826_000, "packed": 453_000}},
    "images": size.parse("plain 36000000 0 0\nmodules 36100000 100 90\ndriverctl 36800000 1526134 600\nvfio-early 36200000 201267 110\n"),
}


def boots(milliseconds, bound=16, probed=0):
    return {
        "16": {"runs_ms": [milliseconds, milliseconds], "runs_bound": [bound, bound]},
        str(boot.COUNT_OF_OUTCOME): {"runs_ms": [], "runs_bound": [], "outcome": {"probed": probed, "bound": boot.COUNT_OF_OUTCOME, "said": ""}},
    }


BOOT = {
    "debian13": {
        name: boots(time, bound=16 if boot.CONTESTANTS[name].binds else 0)
        for name, time in {"nothing": 1.0, "floor": 500.0, "vfio-early": 505.0, "recipe": 510.0, "ids": 499.0, "driverctl": 900.0}.items()
    }
}
OF = {"date": "2026-01-01 00:00 UTC", "commit": "abc", "version": "vfio-early 1.0", "host": "a host", "qemu": "QEMU 7", "packages": {"debian13": "busybox 1"}}
PARTS = {part: {"of": OF, "data": data} for part, data in {"boot": BOOT, "tree": TREE, "size": SIZE}.items()}


class Counting(unittest.TestCase):
    """What strace and callgrind wrote."""

    def test_calls_are_counted_up_to_modprobe(self):
        names = calls.count(LOG)["names"]
        self.assertEqual(names, {"execve": 2, "openat2": 3, "read": 1, "close": 3, "clone": 1, "readlinkat": 1, "exit_group": 1})

    def test_calls_are_told_by_what_they_are_for(self):
        purposes = calls.count(LOG)["purposes"]
        self.assertEqual(
            purposes,
            {
                "that it is there, and what it is": 3, "its group, and who else is in it": 2,
                "which driver has it, before and after": 3, calls.ONCE: 4,
            },
        )

    def test_instructions_are_those_of_all_dumps(self):
        self.assertEqual(instructions.total_of(["summary: 1\ntotals: 40\n", "totals: 2\n"]), 42)

    def test_what_the_worker_begins_with_counts_once(self):
        tables = [
            "107,107 (34.96%)  ???:vfio_early::(anonymous namespace)::read_config(Job&, int) [/sbin/vfio-early]\n"
            "121,241 (39.58%)  ???:vfio_early::save_report(vfio_early::Root const&) [/sbin/vfio-early]\n",
            "107,107 (10.00%)  ???:vfio_early::(anonymous namespace)::read_config(Job&, int) [/sbin/vfio-early]\n",
        ]
        self.assertEqual(instructions.parts_of(tables), {"the configuration": 107_107, "the report": 121_241})


class Sections(unittest.TestCase):
    """The tables of a small set of figures."""

    def test_tree_has_ratios_to_the_c_program(self):
        self.assertIn("| 16 | vfio-early | 1,200,000 | 60 | 100 | 2.00 | 70 | 300 | 1,500 | 2,000 |", tree.markdown(TREE))

    def test_tree_tells_which_targets_are_missed(self):
        text = tree.markdown(TREE)
        self.assertIn("| instructions of its own | 1,200,000 | 1,000,000 | missed: 1.20 times the limit |", text)
        self.assertIn("| memory in KiB, below that of busybox sh | 300 | 2,200 | met |", text)

    def test_tree_tells_where_the_instructions_are(self):
        self.assertIn("| the plan | 1,000,000 | 1,000,000 | 0 |\n| the rest | 200,000 | 200,000 | 0 |", tree.markdown(TREE))

    def test_size_has_what_an_image_grows_by(self):
        self.assertIn(f"| {size.DRIVERCTL} | 1,526,134 | 600 | 700,000 |", size.markdown(SIZE))

    def test_results_have_every_part_and_what_it_is_of(self):
        text = run.results(PARTS)
        for words in ("## In the boot", "## What is ours", "## Size", "| tree | 2026-01-01 00:00 UTC | 1.0, abc | a host |", "QEMU 7."):
            self.assertIn(words, text)

    def test_results_say_what_was_not_measured(self):
        self.assertIn("Not measured: boot, size.", run.results({"tree": PARTS["tree"]}))


class Plot(unittest.TestCase):
    """boot.svg"""

    def test_it_is_xml_with_a_bar_for_each(self):
        bars = minidom.parseString(plot.svg(BOOT)).getElementsByTagName("rect")
        self.assertEqual(len(bars), len(BOOT["debian13"]))
        lengths = [float(bar.getAttribute("width")) for bar in bars]
        self.assertEqual(max(lengths), plot.BARS)

    def test_it_says_where_host_drivers_were_first(self):
        late = BOOT["debian13"] | {"recipe": boots(510.0, probed=boot.COUNT_OF_OUTCOME)}
        self.assertIn("510, host drivers first", plot.svg({"debian13": late}))


class Readme(unittest.TestCase):
    """The figures in README."""

    def test_rows_are_made_of_the_results(self):
        rows = readme.rows_of(run.results(PARTS))
        self.assertEqual(rows[readme.IN_BOOT], readme.IN_BOOT + "| 1.010 | 0.998 | 1.800 | 1.020 |")
        self.assertEqual(rows[readme.INSTRUCTIONS], readme.INSTRUCTIONS + "| 1,200,000 | – | 93,000,000 | 400,000 |")
        self.assertEqual(rows[readme.IN_IMAGE], readme.IN_IMAGE + "| 201,267 | – | 1,526,134 | – |")

    def test_what_was_not_measured_has_no_row(self):
        self.assertEqual(list(readme.rows_of(run.results({"size": PARTS["size"]}))), [readme.IN_IMAGE])

    def test_the_plot_comes_with_its_figures_and_goes_with_them(self):
        text = (PROJECT / "README.md").read_text()
        whole, part = run.results(PARTS), run.results({"size": PARTS["size"]})
        self.assertEqual(readme.updated(text, whole).count(readme.PLOT), 1)
        self.assertEqual(readme.updated(readme.updated(text, whole), whole), readme.updated(text, whole))
        self.assertNotIn(readme.PLOT, readme.updated(readme.updated(text, whole), part))

    def test_readme_has_the_figures_of_the_results(self):
        text = (PROJECT / "README.md").read_text()
        results = (PROJECT / "bench/RESULTS.md").read_text()
        self.assertEqual(text, readme.updated(text, results))
        self.assertTrue(readme.rows_of(results))


if __name__ == "__main__":
    unittest.main()
