#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What stands under [handover], on trees: what the boot leaves, and what hooks get. usage: handover_test.py BINARY"""

import json
import sys
import unittest

import cli_test
from cli_test import Tree
from release_test import CARD, bound_tree, state

WIFI = "0000:02:00.0"
INI = "[bind]\ngpu = 01:00.0\nrest = 01:00.*\nwifi = 02:00.0\n[handover]\nrest = display-manager.service\n"


class Handover(unittest.TestCase):
    def check_silent(self, tree, *arguments):
        before = state(tree)
        result = tree.run(*arguments)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""), arguments)
        self.assertEqual(state(tree), before)
        for report in ("report.json", "live.json"):
            self.assertFalse((tree.path / "run/vfio-early" / report).exists())

    def overrides(self, tree):
        names = [*CARD, WIFI]
        return [tree.read(f"sys/bus/pci/devices/{name}/driver_override").strip() for name in names]

    def test_a_bind_without_words_leaves_the_whole_group(self):
        tree = Tree(INI)
        result = tree.run("bind")
        self.assertIn("gpu 0000:01:00.0: stays with the host until 'vfio-early bind gpu' (10de:2191, group ", result.stdout)
        self.assertEqual(self.overrides(tree)[:4], ["(null)"] * 4)
        outcomes = [device["outcome"] for device in json.loads(tree.read("run/vfio-early/report.json"))["devices"]]
        self.assertEqual(outcomes[:4], ["handover"] * 4)
        self.assertNotEqual(outcomes[4], "handover")

    def test_a_boot_with_nothing_else_loads_nothing_and_is_well(self):
        tree = Tree("[bind]\ngpu = 01:00.*\n[handover]\ngpu = x.service\n")
        result = tree.run("bind")
        self.assertEqual(result.returncode, 0)
        self.assertIn("every listed device stays with the host until 'bind LABEL', nothing to bind\n", result.stdout)
        self.assertTrue(json.loads(tree.run("check", "--json").stdout)["ok"])

    def test_what_is_not_handed_over_is_passed_over(self):
        for words in (["wifi"], [WIFI], ["0000:77:00.0"], ["nothing"], []):
            self.check_silent(Tree(INI), "bind", "--handover", *words)
            self.check_silent(bound_tree(INI.split("[handover]", maxsplit=1)[0]), "release", "--handover", *words, CARD[0])

    def test_for_a_program_nothing_is_an_empty_list(self):
        for command in ("bind", "release"):
            result = Tree(INI).run(command, "--handover", WIFI, "--json")
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            told = json.loads(result.stdout)
            self.assertEqual((told["command"], told["ok"], told["devices"]), (command, True, []))

    def test_one_address_or_label_is_the_whole_group(self):
        for word in (CARD[0], CARD[3], "gpu", "rest"):
            tree = Tree(INI)
            devices = json.loads(tree.run("bind", "--handover", WIFI, word, "--json").stdout)["devices"]
            self.assertEqual([device["address"] for device in devices], CARD, word)
            tree = bound_tree(INI)
            devices = json.loads(tree.run("release", "--handover", WIFI, word, "--json").stdout)["devices"]
            self.assertEqual([device["address"] for device in devices], CARD, word)
            self.assertEqual(self.overrides(tree)[:4], [""] * 4)

    def test_a_line_whose_device_another_one_lists_is_a_name_for_it(self):
        for ini in ("[bind]\ncard = 01:00.*\ngpu = 01:00.0\n", "[bind]\ncard = 01:00.*\ngpu = 01:00.0\n[handover]\ngpu = x.service\n"):
            devices = json.loads(Tree(ini).run("bind", "gpu", "--json").stdout)["devices"]
            self.assertEqual([device["address"] for device in devices], CARD)

    def test_a_record_that_no_line_owns_is_told(self):
        for words in (["--handover", CARD[0]], [CARD[0]]):
            tree = bound_tree(INI.split("[handover]", maxsplit=1)[0])
            record = tree.path / "run/vfio-early/handover-rest"
            record.parent.mkdir(exist_ok=True)
            record.write_text("display-manager.service\n")
            result = tree.run("release", *words)
            self.assertEqual(result.returncode, 1)
            self.assertIn("/run/vfio-early/handover-rest has what was stopped for a guest", result.stderr)
            self.assertIn("run 'vfio-early release rest'", result.stderr)

    def test_without_a_configuration_nothing_is_handed_over(self):
        tree = bound_tree(INI)
        (tree.path / "etc/vfio-early.ini").unlink()
        for command in ("bind", "release"):
            self.check_silent(tree, command, "--handover", CARD[0])

    def test_what_is_refused_is_not_passed_over(self):
        result = Tree("[bind]\ngpu = 01:00.0\n[handover]\ngpu = x.service\n").run("bind", "--handover", CARD[0])
        self.assertEqual(result.returncode, 1)
        self.assertIn("gpu 0000:01:00.0: refused (shared-group)", result.stdout)

    def test_what_is_named_and_not_bound_for_the_command_line_is_no_success(self):
        for value in ("0", "check"):
            for words in (["gpu"], ["wifi"], ["--handover", CARD[0]]):
                tree = Tree(INI, cmdline=f"rd.vfio_early={value}")
                before = self.overrides(tree)
                result = tree.run("bind", *words)
                self.assertEqual(result.returncode, 1, (value, words))
                self.assertIn("rd.vfio_early= on the kernel command line forbids it, nothing is bound", result.stderr)
                self.assertEqual(self.overrides(tree), before)
            self.check_silent(Tree(INI, cmdline=f"rd.vfio_early={value}"), "bind", "--handover", WIFI)

    def test_a_broken_configuration_is_told(self):
        for command in ("bind", "release"):
            result = Tree("[bind]\ngpu = x\n").run(command, "--handover", CARD[0])
            self.assertEqual(result.returncode, 2, command)
            self.assertIn(":2: 'x'", result.stderr)

    def test_the_option_is_for_these_commands(self):
        result = Tree(INI).run("check", "--handover")
        self.assertEqual((result.returncode, result.stderr),
                         (2, "vfio-early: option --handover goes with 'bind and release' only\n"))


if __name__ == "__main__":
    cli_test.BINARY = sys.argv.pop(1)
    unittest.main()
