#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests what boots real distributions (../qemu-tests) without booting any."""

import collections
import contextlib
import io
import json
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
import choice  # pylint: disable=wrong-import-position
import judge  # pylint: disable=wrong-import-position
import machine  # pylint: disable=wrong-import-position
import systems  # pylint: disable=wrong-import-position
import table  # pylint: disable=wrong-import-position
import trial  # pylint: disable=wrong-import-position

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
        for name in ("vfio-early", "qemu-tests/real_root", "qemu-tests/vfio-client", "qemu-tests/inject"):
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
            ("cpio", "cpio", "files of demo on debian13"),
        ):
            with self.subTest(program):
                self.stand_in(program, BREAKS)
                status, output = self.run_harness("demo")
                self.assertEqual(status, 1)
                self.assert_told(output, step, of_what)
            self.stand_in(program, STAND_INS[program])

    def test_step_of_a_script_is_named(self):
        self.stand_in("unshare", 'until [ "$1" = sh ]; do shift; done; exec "$@"')
        self.stand_in("mount", BREAKS)
        status, output = self.run_harness("demo")
        self.assertEqual(status, 1)
        self.assert_told(output, "mount the overlay", "image standard of debian13")

    def test_image_has_kernel_modules_as_they_are_now(self):
        source = self.project / "qemu-tests/modules/slow_bus.c"
        in_image = self.project / "build/qemu/debian12-modules/image-kernel-modules/modules/slow_bus.c"
        for text in (source.read_text(), "// slower\n"):
            source.write_text(text)
            status, output = self.run_harness("image", "debian12-modules", "kernel-modules")
            self.assertEqual((status, in_image.read_text()), (0, text), output)

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
    """`bound`: the driver is vfio-pci, a client can use the device, and no host driver touched it. Each of these counts."""

    ADDRESS = "0000:01:00.0"

    def complaints(self, driver="vfio-pci", client="ok viable, mapped BAR 0 of 4096 bytes", line=""):
        evidence = machine.Evidence(
            reached_real_root=True, devices={self.ADDRESS: machine.Device("0x8086", "0x10d3", "0x020000", driver, "1")},
            clients={self.ADDRESS: client} if client else {}, exits={"status": 3}, log=["[    1.0] vfio-pci 0000:01:00.0: ready", line],
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
        nothing = machine.Evidence(reached_real_root=True)
        complaints = judge.complaints({"bound": ["0000:02:00.0"], "report": False}, nothing)
        self.assertIn("0000:02:00.0 is not there", complaints)


class Status(unittest.TestCase):
    """What `status` says has to be what the report says, and what sysfs shows."""

    ADDRESS = "0000:01:00.0"

    def complaints(self, outcome="bound", driver="vfio-pci", now="bound", ok=True, status_exit=0, expect=None):
        device = {"label": "nic", "address": self.ADDRESS, "target": "vfio-pci", "outcome": outcome, "code": None, "moved": None}
        report = {"ok": outcome == "bound", "devices": [device], "warnings": []}
        evidence = machine.Evidence(
            reached_real_root=True, devices={self.ADDRESS: machine.Device("0x8086", "0x10d3", "0x020000", driver, "1")},
            report=json.dumps(report), exits={"status": status_exit},
            said={"status": json.dumps(report | {"ok": ok, "devices": [device | {"now": now}]}),
                  "check": json.dumps({"devices": [device | {"outcome": "would-bind" if outcome == "bound" else outcome}]})},
        )
        return judge.complaints(expect or {}, evidence)

    def test_agrees(self):
        self.assertEqual(self.complaints(), [])
        self.assertEqual(self.complaints("refused", "e1000e", "not-bound", False, 1), [])
        self.assertEqual(self.complaints("bound", "e1000e", "lost", False, 1, {"now": {"nic": "lost"}}), [])

    def test_what_is_handed_over_later_is_well(self):
        self.assertEqual(self.complaints("handover", "bochs-drm", "not-bound", True, 0), [])

    def test_disagrees_with_sysfs(self):
        self.assertIn(f"{self.ADDRESS} is on e1000e, and status has it as bound", self.complaints(driver="e1000e"))
        self.assertIn(f"{self.ADDRESS} is on vfio-pci, and status has it as lost", self.complaints(now="lost", ok=False, status_exit=1))

    def test_disagrees_with_the_report(self):
        self.assertEqual(self.complaints("bound", "e1000e", "lost", False, 1),
                         [f"nic {self.ADDRESS} is lost by status, and should be bound"])

    def test_disagrees_with_itself(self):
        self.assertEqual(self.complaints(status_exit=1), ["status says ok: True with exit status 1, and ok should be True"])
        self.assertEqual(self.complaints(ok=False), ["status says ok: False with exit status 0, and ok should be True"])

    def test_without_a_report(self):
        nothing = machine.Evidence(reached_real_root=True, exits={"status": 1})
        self.assertEqual(judge.complaints({"report": False}, nothing), ["there is no report, and status ends with 1"])

    def test_is_read_from_the_serial_line(self):
        evidence = machine.read_evidence('@@ status {"a":\r\n@@ status 1}\r\n@@ status_exit 3\n@@ check {}\n@@ end\n')
        self.assertEqual((evidence.said, evidence.exits), ({"status": '{"a":\n1}', "check": "{}"}, {"status": 3}))


class Check(unittest.TestCase):
    """What `check` foretells has to be what `status` says of the boot."""

    def complaints(self, foretold, became, expect=None):
        """For each device what is said of it: its outcome, or the code for which it is refused."""
        def said(outcomes):
            devices = []
            for label, what in outcomes.items():
                is_code = what not in ("would-bind", "bound", "failed")
                devices.append({"label": label, "address": None, "outcome": "refused" if is_code else what,
                                "code": what if is_code else "timeout" if what == "failed" else None})
            return json.dumps({"devices": devices})
        evidence = machine.Evidence(report="{}", said={"check": said(foretold), "status": said(became)})
        found = []
        judge.compare_check(expect or {}, evidence, found)
        return found

    def test_agrees(self):
        self.assertEqual(self.complaints({"nic": "would-bind", "gpu": "boot-display"}, {"nic": "bound", "gpu": "boot-display"}), [])

    def test_disagrees(self):
        told = "it should be {}: of the boot, status says {}"
        for before, after in (("would-bind", "shared-group"), ("shared-group", "bound"), ("shared-group", "boot-display")):
            wanted = {"bound": "would-bind"}.get(after, after)
            self.assertEqual(self.complaints({"nic": before}, {"nic": after}),
                             [f"check has nic - as {before}, and {told.format(wanted, wanted)}"])

    def test_tells_of_other_lines(self):
        self.assertEqual(self.complaints({"nic": "would-bind"}, {}), ["nic - is told by check or by status, and not by both"])

    def test_cannot_foretell_what_fails(self):
        self.assertEqual(self.complaints({"nic": "would-bind"}, {"nic": "failed"}), [])
        self.assertTrue(self.complaints({"nic": "shared-group"}, {"nic": "failed"}))

    def test_is_another_where_the_case_says_so(self):
        expect = {"foretold": {"nic": "would-bind"}}
        self.assertEqual(self.complaints({"nic": "would-bind"}, {"nic": "group-refused"}, expect), [])
        self.assertTrue(self.complaints({"nic": "group-refused"}, {"nic": "group-refused"}, expect))

    def test_is_said_at_all(self):
        found = []
        judge.compare_check({}, machine.Evidence(report="{}"), found)
        self.assertIn("is no JSON", found[0])


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
        expect = {"files": [], "usabel": [], "ok": True}
        for said, entries in {
            "nic: unknown device": {"machines": {"nic": {"device": ""}}},
            "arm: unknown only": {"iommus": {"arm": {"only": ""}}},
            "plain: unknown disc": {"images": {"plain": {"disc": True}}},
            "one: unknown machin": {"case": [case | {"machin": "nic"}]},
            "one: unknown files, usabel": {"case": [case | {"machine": "nic", "expect": expect}]},
            "one: unknown usable": {"case": [case | {"expect": {"usable": [], "files": []}}]},
        }.items():
            with self.subTest(said):
                self.assertEqual(self.refusal(**entries), f"cases.toml: {said}, {known}")

    def refusal_of_touches(self, case):
        """What is said of a case that does not say what it can see."""
        with self.assertRaises(SystemExit) as refused:
            cases.refuse_unknown_touches({"case": [case]})
        return str(refused.exception)

    def test_case_says_what_it_touches(self):
        must = "must be one of plan, hook, kernel, host, or a list of them"
        for touches in ("plan", ["hook", "kernel"], "host"):
            cases.refuse_unknown_touches({"case": [{"name": "one", "touches": touches}]})
        self.assertEqual(self.refusal_of_touches({"name": "one"}), f"cases.toml: one: touches is missing and {must}")
        self.assertEqual(self.refusal_of_touches({"name": "one", "touches": "kernal"}),
                         f"cases.toml: one: touches is 'kernal' and {must}")
        self.assertEqual(self.refusal_of_touches({"name": "one", "touches": ["plan", "all"]}),
                         f"cases.toml: one: touches is ['plan', 'all'] and {must}")
        self.assertEqual(self.refusal_of_touches({"name": "one", "touches": []}),
                         f"cases.toml: one: touches is [] and {must}")


class Choice(unittest.TestCase):
    """What ./dev test runs: nothing that a case can see goes unseen."""

    def chosen(self, *entries):
        """The names that are chosen of these cases, and of no others."""
        loaded = [case for entry in entries for case in cases.for_each_iommu(entry, self.IOMMUS)]
        with mock.patch.object(cases, "load_cases", lambda: ({}, loaded)):
            return choice.chosen_names()

    IOMMUS = {"intel": {"append": ""}, "amd": {"append": ""}, "virtio": {"append": "", "not_on": "debian12.*"}}
    EVERYWHERE = {"name": "one", "only": ["debian1[23](-dracut.*)?"]}
    SIX = [name for name in systems.SYSTEMS if name not in systems.FULL | systems.STORAGE | systems.MODULES]

    def systems_of(self, **words):
        return [name.split(".")[0] for name in self.chosen(self.EVERYWHERE | words)]

    def test_plan_runs_once(self):
        self.assertEqual(len(self.systems_of(touches="plan")), 1)

    def test_hook_runs_for_each_way_of_making_an_image(self):
        ways = [re.sub(r"^debian\d+", "", system) for system in self.systems_of(touches="hook")]
        self.assertEqual(sorted(ways), ["", "-dracut", "-dracut-systemd"])

    def test_kernel_runs_on_each_kernel(self):
        releases = [system.split("-")[0] for system in self.systems_of(touches="kernel")]
        self.assertEqual(sorted(releases), ["debian12", "debian13"])

    def test_hook_and_kernel_run_for_each_pair(self):
        self.assertEqual(sorted(self.systems_of(touches=["hook", "kernel"])), sorted(self.SIX))

    def test_what_protects_the_host_runs_everywhere(self):
        self.assertEqual(sorted(self.systems_of(touches="host")), sorted(self.SIX))
        self.assertEqual(sorted(self.systems_of(touches=["plan", "host"])), sorted(self.SIX))

    def test_what_is_costly_is_left_to_the_full_run(self):
        ways = [re.sub(r"^debian\d+", "", system)
                for system in self.systems_of(touches="hook", costly=["debian1[23]-dracut"])]
        self.assertEqual(sorted(ways), ["", "-dracut-systemd"])

    def test_only_is_kept(self):
        self.assertEqual(self.systems_of(touches="host", only=["debian13-dracut"]), ["debian13-dracut"])
        self.assertEqual(len(self.systems_of(touches="hook", only=["debian1[23]-dracut", "debian12"])), 2)

    def test_each_system_gets_one_iommu_and_each_iommu_its_turn(self):
        matrix = self.EVERYWHERE | {"touches": "host", "machine": {"name": "any"}, "iommus": ["intel", "amd", "virtio"]}
        names = self.chosen(matrix)
        self.assertEqual(sorted(name.split(".")[0] for name in names), sorted(self.SIX))
        uses = collections.Counter(name.split("-")[-1] for name in names)
        self.assertEqual(uses, {"intel": 2, "amd": 2, "virtio": 2})
        self.assertFalse([name for name in names if name.startswith("debian12") and name.endswith("virtio")])

    def test_new_case_does_not_move_the_others(self):
        entries = [self.EVERYWHERE | {"name": name, "touches": touches}
                   for name, touches in (("a", "plan"), ("b", "hook"), ("c", "kernel"), ("d", "plan"))]
        for new in (self.EVERYWHERE | {"name": "new", "touches": touches} for touches in cases.TOUCHES):
            with_new = self.chosen(new, *entries)
            self.assertEqual([name for name in with_new if not name.endswith(".new")], self.chosen(*entries))

    def test_whole_matrix_is_seen(self):
        _, loaded = cases.load_cases()
        chosen = set(choice.chosen_names())
        self.assertLess(chosen, set(cases.test_names()))
        seen = [(system, case) for case in loaded for system in systems.SYSTEMS if f"{system}.{case['name']}" in chosen]
        self.assertEqual({case["entry"] for _, case in seen}, {case["entry"] for case in loaded if case.get("costly") != [".*"]})
        only_in_full = set(systems.STORAGE | systems.MODULES) | {"debian13-full", "debian13-libvirt"}
        self.assertEqual({system for system, _ in seen}, set(systems.SYSTEMS) - only_in_full)
        of_matrix = {(system, case["machine"]["kind"]) for system, case in seen if "iommus" in case}
        self.assertEqual({system for system, _ in of_matrix}, set(self.SIX))
        self.assertEqual(
            {(systems.SYSTEMS[system].release, kind) for system, kind in of_matrix},
            {("bookworm", "intel"), ("bookworm", "amd"), ("trixie", "intel"), ("trixie", "amd"), ("trixie", "virtio")})

    def test_promises_are_seen_on_every_system(self):
        for promise in ("pushed", "killed"):
            names = [name for name in choice.chosen_names() if re.search(rf"\.{promise}-\w+$", name)]
            self.assertEqual(sorted(name.split(".")[0] for name in names), sorted(self.SIX), promise)

    def test_order(self):
        names = choice.names_in_order()
        self.assertEqual(sorted(names), sorted(cases.test_names()))
        self.assertEqual(set(names[: len(choice.chosen_names())]), set(choice.chosen_names()))
        first = [systems.SYSTEMS[name.split(".")[0]].root for name in names[:8]]
        self.assertFalse([root for root, neighbour in zip(first, first[1:]) if root == neighbour])

    def test_same_every_time(self):
        lists = {subprocess.run(
            [sys.executable, PROJECT / "qemu-tests/run.py", "list", "choice"], env=os.environ | {"PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE, check=True).stdout for seed in "123"}
        self.assertEqual(len(lists), 1)


class EndOfARun(unittest.TestCase):
    """What is printed when the boots have ended."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        patch = mock.patch.object(trial, "RESULTS", pathlib.Path(directory.name))
        patch.start()
        self.addCleanup(patch.stop)

    def printed(self, function, *arguments):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            function(*arguments)
        return output.getvalue()

    def test_count_has_what_was_left_out(self):
        for name, result in (("a", "passed"), ("b", "failed"), ("c", "passed"), ("d", "passed")):
            trial.keep_result(name, result)
        self.assertEqual(self.printed(table.print_count, ["a", "b", "c"], ["a", "b", "c", "d", "e"]),
                         "qemu: 3 run, 2 left out of this choice, ./dev test full runs them\n")

    def test_count_of_all(self):
        trial.keep_result("a", "passed")
        self.assertEqual(self.printed(table.print_count, ["a"], ["a"]), "qemu: 1 run\n")

    def test_skipped_test_is_no_run(self):
        for name, result in (("a", "skipped"), ("b", "passed")):
            trial.keep_result(name, result)
        self.assertEqual(self.printed(table.print_count, ["a", "b", "c"], ["a", "b", "c"]),
                         "qemu: 1 run, 1 skipped, 1 not run\n")

    def test_table_tells_left_out_from_not_run_and_from_not_there(self):
        known = ["debian12.pushed-intel", "debian12.pushed-amd", "debian12.killed-intel", "debian12.package"]
        trial.keep_result("debian12.pushed-intel", "passed")
        trial.keep_result("debian12.killed-intel", "passed")
        head, row = self.printed(table.print_table, ["debian12.pushed-intel", "debian12.pushed-amd"], known).splitlines()
        cells = dict(zip(head.split(), row.split()[1:]))
        self.assertEqual(
            [cells[name] for name in ("pushed-intel", "pushed-amd", "killed-intel", "killed-virtio", "package")],
            ["passed", "?", ".", "-", "."])


if __name__ == "__main__":
    unittest.main()
