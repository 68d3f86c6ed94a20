#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares what `vfio-early check` shows on recorded machines with the files in golden/, to the letter.

usage: golden_test.py BINARY [NAME...]            compares
       golden_test.py --update BINARY [NAME...]   writes what is shown now; read the diff before you commit it
"""

import difflib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib

import machine_tree

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden"
KEYS = ["label", "selector", "address", "id", "class", "group", "driver", "target", "outcome", "code", "detail", "peers", "viable", "moved"]


def show(binary, scenario):
    """What check prints for a person and for a program, with its exit status."""
    with tempfile.TemporaryDirectory() as directory:
        machine_tree.build(directory, scenario)
        ini = pathlib.Path(directory) / "etc/vfio-early.ini"
        ini.write_text(scenario["ini"])
        os.utime(ini, (1e9, 1e9))  # newer than what is `older` in the scenario, and older than the rest
        shown = []
        for options in ([], ["--json"]):
            result = subprocess.run(
                [binary, "check", "--root", directory, *options], capture_output=True, text=True, check=False
            )
            output = (result.stdout + result.stderr).replace(directory, "ROOT")
            shown.append(output + f"exit status {result.returncode}\n" if not options else without_version(result.stdout))
        return shown


def without_version(text):
    """The JSON with a word in the place of the version, which golden files do not repeat."""
    return re.sub(r'^\{"vfio_early": "\d+\.\d+\.\d+"', '{"vfio_early": "VERSION"', text)


def check_shape(name, text):
    """The JSON has the keys that are promised, in their order."""
    report = json.loads(text)
    assert list(report) == ["vfio_early", "command", "ok", "iommu", "warnings", "devices", "unlisted"], name
    for device in report["devices"]:
        assert list(device) == KEYS, name


def differences(directory, name, shown, update):
    """A diff for each text of `shown`, by suffix, that is not what its golden file says; the files are written first where
    they are to be updated."""
    found = []
    directory.mkdir(exist_ok=True)
    for suffix, now in shown.items():
        path = directory / (name + suffix)
        if update:
            path.write_text(now)
        expected = path.read_text() if path.exists() else ""
        if now != expected:
            file = f"golden/{path.relative_to(GOLDEN)}"
            found.append("".join(difflib.unified_diff(expected.splitlines(True), now.splitlines(True), file, "shown now")))
    return found


def main(arguments):
    update = arguments[:1] == ["--update"]
    binary, *names = arguments[update:]
    names = names or sorted(path.stem for path in GOLDEN.glob("*.toml"))
    found = []
    for name in names:
        scenario = tomllib.loads((GOLDEN / f"{name}.toml").read_text())
        shown_text, shown_json = show(binary, scenario)
        check_shape(name, shown_json)
        found += differences(GOLDEN, name, {".txt": shown_text, ".json": shown_json}, update)
    print("\n".join(found))
    print(f"{len(names)} scenarios, {len(found)} files differ")
    return 1 if found or not names else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
