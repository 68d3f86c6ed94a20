#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots real distributions in QEMU with vfio-early in their initramfs, and looks at the result.

usage: run.py list [choice|sid]    the names of all tests, SYSTEM.CASE; of those of ./dev test; of those of --sid
       run.py image SYSTEM IMAGE   makes an image, and what it needs
       run.py case SYSTEM.CASE...  runs tests; 0 when all hold
       run.py before SYSTEM.CASE...  the same, and `check` is asked in a boot before, in which nothing is bound
       run.py record SYSTEM.CASE...  keeps what `list` said of their machines when they ran last, for tests/verdicts_test.py
       run.py table [choice|sid]   how these tests ended, and how many were left out
       run.py demo                 shows one boot
"""

import shutil
import sys

import cases
import choice
import images
import systems
import table
from demo import demo
from step import StepFailed
from trial import keep_result, record_machine, run_test


def names_of(which="all"):
    """SYSTEM.CASE for all tests, for the choice of ./dev test, or for those of Debian's development release."""
    if which == "sid":
        return cases.test_names(systems.SID)
    return choice.chosen_names() if which == "choice" else choice.names_in_order()


def missing_tools():
    """Programs that a test needs and that are not here."""
    tools = ("qemu-system-x86_64", "mmdebstrap", "unshare", "cpio")
    return [tool for tool in tools if not shutil.which(tool)]


def skip(names):
    """Says that tests are skipped and why."""
    for name in names:
        keep_result(name, "skipped")
    print(f"skipped: {', '.join(missing_tools())} not installed")


def main(arguments):
    """The exit status; 77 when tests are skipped."""
    match arguments:
        case ["list", *which] if which in ([], ["choice"], ["sid"]):
            print("\n".join(names_of(*which)))
        case ["table", *which] if which in ([], ["choice"], ["sid"]):
            known = names_of("sid" if which == ["sid"] else "all")
            table.print_table(names_of(*which), known)
            table.print_count(names_of(*which), known)
        case ["image", system, name] if system in systems.SYSTEMS | systems.SID and name in cases.load_cases()[0]:
            images.make_image(system, cases.load_cases()[0][name])
        case ["demo"]:
            return 0 if demo() else 1
        case ["case" | "before" as which, *names] if names and set(names) <= set(cases.test_names(systems.SYSTEMS | systems.SID)):
            if missing_tools():
                skip(names)
                return 77
            return 0 if all([run_test(name, which == "before") for name in names]) else 1
        case ["record", *names] if names and set(names) <= set(cases.test_names(systems.SYSTEMS)):
            for name in names:
                print(record_machine(name))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except StepFailed as failure:
        sys.exit(str(failure))
