# SPDX-License-Identifier: MIT
"""Which tests ./dev test runs: enough that all that a case can see is seen, and not every case on every system.

The choice follows from the cases alone, so it is the same every time; and which systems a case gets follows from its
name, so that a new case does not move the others.
"""

import collections
import itertools
import zlib

import cases
import systems


def chosen_names():
    """SYSTEM.CASE for every test of the choice."""
    return [name for family in _families() if not family[0].get("costly") for name in _chosen_of(family)]


def names_in_order():
    """SYSTEM.CASE for every test: those of the choice first.

    Neighbours are of different systems: run at the same time, two of one system would wait for one root or image.
    """
    chosen = chosen_names()
    return _dealt_out(chosen) + _dealt_out([name for name in cases.test_names() if name not in chosen])


def _dealt_out(names):
    """The names, one of each system in turn."""
    hands = [[name for name in names if name.startswith(f"{system}.")] for system in systems.SYSTEMS]
    return [name for turn in itertools.zip_longest(*hands) for name in turn if name]


def _families():
    """The cases, those that came of one entry with `iommus` together."""
    families = collections.defaultdict(list)
    for case in cases.load_cases()[1]:
        families[case["entry"]].append(case)
    return families.values()


def _chosen_of(family):
    """The tests of a family: on each of its systems one, and the IOMMUs in turn."""
    chosen = []
    uses = collections.Counter()
    first = _number_of(family) % len(family)
    in_turn = family[first:] + family[:first]
    for system in _systems_of(family):
        able = [case["name"] for case in in_turn if cases.runs_on(system, case)]
        name = min(able, key=lambda name: uses[name])
        uses[name] += 1
        chosen.append(f"{system}.{name}")
    return chosen


def _systems_of(family):
    """One of each kind of systems that are alike in all that the case can see."""
    alike = collections.defaultdict(list)
    for system in systems.SYSTEMS:
        if any(cases.runs_on(system, case) for case in family):
            seen = [cases.TOUCHES[word](system) for word in cases.listed(family[0]["touches"])]
            alike[sum(seen, ())].append(system)
    return [those[(_number_of(family) + turn) % len(those)] for turn, those in enumerate(alike.values())]


def _number_of(family):
    """A number that follows from the name: not all cases begin with the same system and IOMMU."""
    return zlib.crc32(family[0]["entry"].encode())
