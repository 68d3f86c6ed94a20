#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What each way of binding costs by itself: whole processes, for the same plan, on a tree in the place of /sys (stage.py).

usage: tree.py    measures, and prints the section of RESULTS.md
"""

import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import calls  # pylint: disable=wrong-import-position
import instructions  # pylint: disable=wrong-import-position
import stage as stages  # pylint: disable=wrong-import-position

COUNTS = [1, 4, 16]
RUNS = 100
MEMORY_RUNS = 5
OURS = "vfio-early"
FLOOR = "the writes in C"
BUSYBOX = "recipe, busybox sh"
DASH = "recipe, dash"
DRIVERCTL = "driverctl"
PACKAGES = ["bash", "busybox", "dash", "driverctl", "coreutils", "strace", "valgrind"]


def contestants(addresses):
    return {
        FLOOR: ["/sbin/writes", *addresses],
        OURS: ["/sbin/vfio-early", "bind"],
        BUSYBOX: ["/usr/bin/busybox", "sh", "/recipe"],
        DASH: ["/usr/bin/dash", "/recipe"],
        DRIVERCTL: ["/usr/bin/dash", "/driverctl-of-each"],
    }


def measure():
    """The figures of every contestant, by the number of endpoints; in mounts of its own, which need root."""
    import systems  # pylint: disable=import-outside-toplevel

    root = systems.make_root(stages.ROOT)
    with tempfile.NamedTemporaryFile("r", suffix=".json") as answer:
        command = [sys.executable, __file__, "--inside", str(root), answer.name]
        subprocess.run(systems.in_own_mounts(command), check=True)
        return json.load(answer)


def measure_inside(root):
    endpoints = {str(count): _measure_count(count, root) for count in COUNTS}
    return {"runs": RUNS, "endpoints": endpoints, "versions": _versions(root)}


def _versions(root):
    query = ["dpkg-query", f"--admindir={root}/var/lib/dpkg", "-W", "-f", "${Package} ${Version}\n", *PACKAGES]
    return dict(line.split() for line in subprocess.run(query, capture_output=True, text=True, check=True).stdout.splitlines())


def _measure_count(count, root):
    launcher, gauge = stages.compiled("launch"), stages.compiled("memory")
    stage = stages.Stage(count, root)
    try:
        commands = contestants(stage.devices)
        figures = {name: _counted(stage, command) for name, command in commands.items()}
        for name, command in commands.items():
            figures[name]["memory_kib"] = statistics.median(_said(stage, gauge, command)[0] for _ in range(MEMORY_RUNS))
        runs = {name: [] for name in commands}
        # One after the other in each round: what else the machine does hits all of them.
        for _ in range(RUNS):
            for name, command in commands.items():
                runs[name].append(_said(stage, launcher, command))
        for name, values in runs.items():
            times, faults = zip(*values)
            figures[name] |= {
                "minimum_us": min(times) / 1000,
                "median_us": statistics.median(times) / 1000,
                "page_faults": statistics.median(faults),
            }
        figures[OURS]["parts"] = instructions.where(stage, commands[OURS])
        return figures
    finally:
        stage.close()


def _counted(stage, command):
    stage.reset(command)
    stage.run(["/usr/bin/strace", "-f", "-o", "/tmp/strace", *command])
    stage.check(command)
    counted = calls.count((stage.path / "tmp/strace").read_text())
    return {"calls": counted["names"], "purposes": counted["purposes"], "instructions": instructions.count(stage, command)}


def _said(stage, by, command):
    """The numbers that a program of ours says of a run."""
    stage.reset(command)
    said = subprocess.run([by, str(stage.path), *command], capture_output=True, text=True, check=True).stdout
    stage.check(command)
    return list(map(int, said.split()))


def _number(value):
    return f"{round(value):,}"


def _times(value, base):
    return f"{value / base:.2f}" if value / base < 10 else f"{value / base:,.0f}"


def calls_of(figures):
    return sum(figures["calls"].values())


def _rows(data):
    yield "| endpoints | | instructions | × the C program | calls | × | page faults | memory, KiB | wall time, µs: minimum | median |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for count, figures in data["endpoints"].items():
        floor = figures[FLOOR]
        for name, of in figures.items():
            yield (
                f"| {count} | {name} | {_number(of['instructions'])} | {_times(of['instructions'], floor['instructions'])} "
                f"| {_number(calls_of(of))} | {_times(calls_of(of), calls_of(floor))} | {_number(of['page_faults'])} "
                f"| {_number(of['memory_kib'])} | {_number(of['minimum_us'])} | {_number(of['median_us'])} |"
            )


def targets(data):
    """Each target at 16 endpoints: what is measured, its limit, and the two as texts."""
    figures = data["endpoints"]["16"]
    ours, floor, busybox, dash = (figures[name] for name in (OURS, FLOOR, BUSYBOX, DASH))
    return [
        ("instructions of its own", ours["instructions"], 1_000_000),
        ("calls, at most 1.3 times those of the C program", calls_of(ours), 1.3 * calls_of(floor)),
        ("instructions, at most a tenth of the recipe's under busybox sh", ours["instructions"], busybox["instructions"] / 10),
        ("instructions, at most a tenth of the recipe's under dash", ours["instructions"], dash["instructions"] / 10),
        ("memory in KiB, below that of busybox sh", ours["memory_kib"], busybox["memory_kib"]),
    ]


def _target_rows(data):
    yield "| target, at 16 endpoints | measured | limit | |"
    yield "|---|---|---|---|"
    for what, value, limit in targets(data):
        verdict = "met" if value < limit else f"missed: {_times(value, limit)} times the limit"
        yield f"| {what} | {_number(value)} | {_number(limit)} | {verdict} |"


def _purpose_rows(data):
    one, most = (data["endpoints"][count][OURS]["purposes"] for count in ("1", "16"))
    yield "| calls of vfio-early | 1 endpoint | 16 endpoints | each further one |"
    yield "|---|---|---|---|"
    for purpose in sorted(most, key=lambda purpose: (purpose == calls.ONCE, -most[purpose])):
        each = (most[purpose] - one.get(purpose, 0)) / 15
        yield f"| {purpose} | {one.get(purpose, 0)} | {most[purpose]} | {each:.1f} |"
    yield f"| all | {sum(one.values())} | {sum(most.values())} | {(sum(most.values()) - sum(one.values())) / 15:.1f} |"


def _part_rows(data):
    one, most = (data["endpoints"][count][OURS] for count in ("1", "16"))
    yield "| instructions of vfio-early | 1 endpoint | 16 endpoints | each further one |"
    yield "|---|---|---|---|"
    for part, value in most["parts"].items():
        first = one["parts"][part]
        yield f"| {part} | {_number(first)} | {_number(value)} | {_number((value - first) / 15)} |"
    first, value = (of["instructions"] - sum(of["parts"].values()) for of in (one, most))
    yield f"| the rest | {_number(first)} | {_number(value)} | {_number((value - first) / 15)} |"


def markdown(data):
    versions = ", ".join(f"{name} {version}" for name, version in data["versions"].items())
    return f"""## What is ours

Whole processes that carry out the same plan: so many endpoints, each alone in its group, by address; vfio-early with the facts
that an image has. They run below a root in memory with a made-up `/sys`, and with the programs of Debian 13 ({versions}).
No kernel answers but `modprobe`, a stand-in that puts what the overrides name on vfio-pci: so the whole of a bind is run, as in
a boot. The stand-in's own instructions and calls are not counted; its page faults, and the time it takes, are, in every row alike.

* Instructions are those outside of the kernel, counted by callgrind; this needs no counters of the processor. What the kernel does
  for each call is in the virtual time of the boots, and not here.
* Calls are those that strace shows, of all processes. Memory is what is resident in
  the largest process as it ends. Page faults are of all processes; times are of {data['runs']} runs in turns.
* Not comparable: a file of the tree costs the kernel less than one of sysfs. `/dev/vfio/GROUP` is an empty file, which does not
  answer. `driverctl` is run once for each device, is meant for a running machine, and saves what it did for later boots. As
  nothing answers its `drivers_probe`, its devices have a driver before, and it unbinds them. Only vfio-early looks at anything.

{chr(10).join(_rows(data))}

{chr(10).join(_target_rows(data))}

What vfio-early asks the kernel, and why it is more than the writes: 

{chr(10).join(_purpose_rows(data))}

And where its instructions are, by callgrind, of the same program with its symbols:

{chr(10).join(_part_rows(data))}
""".replace(": \n", ":\n")


def main(arguments):
    if arguments[:1] == ["--inside"]:
        pathlib.Path(arguments[2]).write_text(json.dumps(measure_inside(pathlib.Path(arguments[1]))))
        return 0
    print(markdown(measure()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
