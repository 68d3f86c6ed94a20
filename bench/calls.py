# SPDX-License-Identifier: MIT
"""What strace wrote of a program and its children: how many calls, and what for."""

import collections
import re

LINE = re.compile(r"^(?P<process>\d+)\s+(?P<call>\w+)\((?P<rest>.*)")
RESUMED = re.compile(r"^(?P<process>\d+)\s+<\.\.\. \w+ resumed>.*= (?P<result>-?\d+)")
OPENED = re.compile(r'^[^"]*"(?P<path>[^"]*)".*= (?P<result>-?\d+)')
DESCRIPTOR = re.compile(r"^(\d+)")
STAND_IN = re.compile(r'^"/+sbin/modprobe".*(= 0|unfinished \.\.\.>)$')

# What a path is read or written for; the first that matches.
PURPOSES = [
    (r"/driver_override$", "override: read as it was, and written"),
    (r"/driver$", "which driver has it, before and after"),
    (r"/iommu_group$|/iommu_groups/", "its group, and who else is in it"),
    (r"/uevent$|/devices/[0-9a-f:.]+/?$", "that it is there, and what it is"),
    (r"dev/vfio/", "the kernel's own word on the group"),
    (r"secondary_bus_number$|firmware_node|sys/devices/|/config$", "the slot that was recorded"),
]
ONCE = "once in a run"


def purpose_of(path):
    return next((name for pattern, name in PURPOSES if re.search(pattern, path)), ONCE)


def count(log):
    """How many calls there are in a log of `strace -f`, by name and by what they are for; without those of modprobe."""
    names = collections.Counter()
    purposes = collections.Counter()
    open_files = {}  # by process and number; what a child inherits is not told apart
    waiting = {}  # path that a process opens, in a call that strace shows in two lines
    gone = set()  # processes that have become modprobe
    for line in log.splitlines():
        if resumed := RESUMED.match(line):
            process = resumed["process"]
            if process in waiting:
                open_files[process, resumed["result"]] = waiting.pop(process)
            continue
        if not (match := LINE.match(line)) or match["process"] in gone:
            continue
        process, call, rest = match.groups()
        names[call] += 1
        if call == "execve" and STAND_IN.match(rest):
            gone.add(process)
        path = ""
        if call.startswith("open"):
            path = re.search(r'"([^"]*)"', rest)[1]
            if opened := OPENED.match(rest):
                open_files[process, opened["result"]] = path
            else:
                waiting[process] = path
        elif descriptor := DESCRIPTOR.match(rest):
            path = open_files.get((process, descriptor[1]), "")
            if call == "close":
                open_files.pop((process, descriptor[1]), None)
        purposes[purpose_of(path)] += 1
    return {"names": dict(names), "purposes": dict(purposes)}
