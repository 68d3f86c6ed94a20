#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures, and writes RESULTS.md, the plot of its first table, and the figures in README.

usage: run.py           measures everything; about an hour
       run.py PART...   measures these of boot, tree and size, and takes the others as they were measured last
       run.py write     measures nothing
"""

import datetime
import importlib
import json
import os
import pathlib
import platform
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent
KEPT = PROJECT / "build" / "bench"
RESULTS = HERE / "RESULTS.md"
README = PROJECT / "README.md"
PLOT = HERE / "boot.svg"
sys.path += [str(HERE), str(PROJECT / "qemu-tests")]

import plot  # pylint: disable=wrong-import-position
import readme  # pylint: disable=wrong-import-position

PARTS = ["boot", "tree", "size"]
# What is in the parts, by the root file system that it is from.
PACKAGES = {
    "debian12": ["linux-image-amd64", "busybox", "initramfs-tools"],
    "debian13": ["linux-image-amd64", "busybox", "initramfs-tools"],
    "debian13-bench": ["busybox", "dash", "driverctl"],
}


def said_by(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=PROJECT).stdout.strip()


def versions_in(root):
    """The versions of its packages of interest, where the root file system is there."""
    directory = PROJECT / "build/qemu" / root / "root"
    if not directory.exists():
        return ""
    query = ["dpkg-query", f"--admindir={directory}/var/lib/dpkg", "-W", "-f", "${Package} ${Version}, ", *PACKAGES[root]]
    return said_by(*query).rstrip(", ")


def machine():
    """What the figures are of: the host, and each version."""
    cpu = next(line for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": said_by("git", "describe", "--always", "--dirty"),
        "version": said_by(str(PROJECT / "build/release/vfio-early"), "--version"),
        "host": f"{cpu.partition(':')[2].strip()}, {os.cpu_count()} processors, {memory:.0f} GiB, Linux {platform.release()}",
        "qemu": said_by("qemu-system-x86_64", "--version").splitlines()[0],
        "packages": {root: versions_in(root) for root in PACKAGES},
    }


def measure(part):
    """Measures one part, and keeps it with what it is of."""
    module = importlib.import_module(part)
    before = machine()
    kept = {"of": before, "data": module.measure()}
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{part}.json").write_text(json.dumps(kept, indent=1) + "\n")


def kept_parts():
    return {part: json.loads((KEPT / f"{part}.json").read_text()) for part in PARTS if (KEPT / f"{part}.json").exists()}


def head(parts):
    """Where and of what each part was measured."""
    lines = ["# What vfio-early costs, beside what people use", ""]
    lines += ["`./dev bench` writes this file; ratios are of figures of one run on one machine.", ""]
    lines += ["| part | measured | vfio-early | host |", "|---|---|---|---|"]
    for part, kept in parts.items():
        of = kept["of"]
        lines.append(f"| {part} | {of['date']} | {of['version'].removeprefix('vfio-early ')}, {of['commit']} | {of['host']} |")
    of = list(parts.values())[-1]["of"]
    lines += ["", f"{of['qemu']}."] + [f"{root}: {versions}." for root, versions in of["packages"].items() if versions]
    return "\n".join(lines) + "\n"


def results(parts):
    """The whole of RESULTS.md."""
    sections = [head(parts)]
    for part, kept in parts.items():
        sections.append(importlib.import_module(part).markdown(kept["data"]))
    if missing := [part for part in PARTS if part not in parts]:
        sections.append(f"Not measured: {', '.join(missing)}.\n")
    return "\n".join(section.rstrip("\n") + "\n" for section in sections)


def write():
    parts = kept_parts()
    RESULTS.write_text(results(parts))
    README.write_text(readme.updated(README.read_text(), RESULTS.read_text()))
    if "boot" in parts:
        PLOT.write_text(plot.svg(parts["boot"]["data"]))
    print(f"{RESULTS.relative_to(PROJECT)} is written")


def main(arguments):
    if unknown := [word for word in arguments if word not in [*PARTS, "write"]]:
        print(f"unknown part: {', '.join(unknown)}\n{__doc__}", file=sys.stderr)
        return 2
    for part in arguments or PARTS:
        if part != "write":
            print(f"measuring: {part}", flush=True)
            measure(part)
    write()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
