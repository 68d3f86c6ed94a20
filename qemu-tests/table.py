# SPDX-License-Identifier: MIT
"""How the tests ended: the matrix of systems, ways of making an initramfs and IOMMUs, and how many were left out."""

import re

import cases
import systems
from trial import result_of


def print_table(chosen, known):
    """System and generator down, IOMMU and case across.

    '-' where there is no such test, '.' where it was left out of this choice, '?' where it was not run.
    """
    _, all_cases = cases.load_cases()
    matrix = [case for case in all_cases if "iommus" in case]
    matrix.sort(key=lambda case: case["iommus"].index(case["machine"]["kind"]))
    heads = [case["name"] for case in matrix] + ["package", "image"]
    print(f"{'':<26}" + " ".join(heads))
    for system in sorted({name.split(".")[0] for name in known} - set(systems.FULL | systems.STORAGE | systems.MODULES)):
        names = [f"{system}.{head}" for head in heads[:-1]]
        names += [name for name in known if re.fullmatch(rf"{system}\.\w+-in-image", name)]
        cells = [_cell_of(name, chosen, known) for name in names]
        print(f"{system:<26}" + " ".join(f"{cell:<{len(head)}}" for cell, head in zip(cells, heads)).rstrip())


def _cell_of(name, chosen, known):
    if name not in known:
        return "-"
    return result_of(name) if name in chosen else "."


def print_count(chosen, known):
    """How many tests were run, skipped and left out, and how the latter are run."""
    results = [result_of(name) for name in chosen]
    counts = [f"{len(results) - results.count('skipped') - results.count('?')} run"]
    for result, word in (("skipped", "skipped"), ("?", "not run")):
        counts += [f"{results.count(result)} {word}"] if result in results else []
    left_out = len(set(known) - set(chosen))
    counts += [f"{left_out} left out of this choice, ./dev test full runs them"] if left_out else []
    print("qemu: " + ", ".join(counts))
