#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What grows with the functions of a machine, and what does not: system calls, which are the same on every host. And what is said
where there are more functions than fit. usage: scale_test.py BINARY; exit status 77 without strace"""

import json
import os
import re
import shutil
import sys
import tempfile
import unittest

import scale

BINARY = None
MOST = scale.MOST_THAT_FIT
SIZES = [50, 100, 200]


class Scale(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(dir=scale.MEMORY)
        self.addCleanup(scratch.cleanup)
        self.directory = scratch.name

    def calls(self, name, sizes, is_one_group=False):
        """Of the case of this name, on machines of these sizes; and all is bound that is listed."""
        case = next(case for case in [*scale.CASES, scale.ONE_GROUP] if case.name == name)
        counts = []
        for size in sizes:
            directory = f"{self.directory}/{size}"
            if not os.path.exists(directory):
                scale.make(directory, size, is_one_group)
            command = scale.command_of(BINARY, case, directory)
            self.assertEqual(0, scale.run(command).returncode)
            counts.append(scale.calls(command))
        return counts

    def assert_linear(self, counts):
        """The same for each function, but for what is written in pieces of some KiB."""
        few, more, many = counts
        between, after = SIZES[1] - SIZES[0], SIZES[2] - SIZES[1]
        self.assertAlmostEqual((more - few) / between, (many - more) / after, delta=0.1)

    def test_addresses_and_paths_cost_the_same_on_any_machine(self):
        for name in ("`bind`, four addresses", "`bind`, four paths"):
            few, more, many = self.calls(name, SIZES)
            self.assertEqual((few, few), (more, many), name)

    def test_an_id_costs_three_calls_for_each_function(self):
        few, more, many = self.calls("`bind`, four ids", SIZES)
        self.assertEqual(3 * (SIZES[1] - SIZES[0]), more - few)
        self.assertEqual(3 * (SIZES[2] - SIZES[0]), many - few)

    def test_a_list_costs_the_same_for_each_function(self):
        self.assert_linear(self.calls("`list`", SIZES))

    def test_a_large_group_costs_the_same_for_each_member(self):
        self.assert_linear(self.calls(scale.ONE_GROUP.name, SIZES, is_one_group=True))

    def test_a_group_can_hold_as_many_as_fit(self):
        scale.make(self.directory, MOST, is_one_group=True)
        shown = scale.run(scale.command_of(BINARY, scale.ONE_GROUP, self.directory)).stdout
        self.assertTrue(shown.endswith(f"would bind {MOST - 2} of {MOST - 2} listed devices\n"), shown[-200:])

    def test_says_what_it_cannot_say_where_there_are_more_and_binds_all_the_same(self):
        scale.make(self.directory, MOST + 1)
        place = ["--root", self.directory]
        sentence = f"vfio-early: this machine has more than {MOST} PCI functions, so nothing can be said of one of them "
        for words in (["list", "8086:0400"], ["why", "8086:0400"], ["suggest", "8086:0400"], ["suggest", "--from-running"]):
            result = scale.run([BINARY, *words, *place])
            self.assertEqual((1, ""), (result.returncode, result.stdout), words)
            self.assertEqual(1, result.stderr.count("\n"), result.stderr)
            self.assertTrue(result.stderr.startswith(sentence), result.stderr)
        result = scale.run([BINARY, "list", "--all", *place])
        self.assertEqual(0, result.returncode)
        offers = re.findall(r"^GROUP \d+ +(.*)", result.stdout, re.MULTILINE)
        self.assertEqual({"-    only bridges and parts of the board", "NO   there are too many functions to tell"}, set(offers))
        self.assertTrue(result.stderr.startswith(sentence), result.stderr)
        warnings = json.loads(scale.run([BINARY, "list", "--json", *place]).stdout)["warnings"]
        self.assertTrue(f"vfio-early: {warnings[0]}".startswith(sentence), warnings)
        # What reads only what lines select does not mind.
        for case in scale.CASES[:3]:
            result = scale.run(scale.command_of(BINARY, case, self.directory))
            self.assertEqual(0, result.returncode, case.name)
            self.assertIn("\nwould bind 4 of 4 listed devices\n", result.stdout)

    def test_binds_nothing_where_more_are_listed_than_fit(self):
        scale.make(self.directory, MOST + 3, is_one_group=True)
        result = scale.run(scale.command_of(BINARY, scale.ONE_GROUP, self.directory))
        self.assertEqual(1, result.returncode)
        self.assertIn(": refused (unreadable): more than 1024 devices are listed or share a group with one that is\n", result.stdout)
        self.assertTrue(result.stdout.endswith(f"would bind 0 of {MOST} listed devices\n"), result.stdout[-200:])


if __name__ == "__main__":
    if not shutil.which("strace"):
        print("there is no strace")
        sys.exit(77)
    BINARY = sys.argv.pop(1)
    unittest.main()
