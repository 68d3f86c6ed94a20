#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What binding devices costs a boot, in virtual time: the initramfs of real distributions in QEMU, which counts
instructions for a clock (-icount), so that the load of the host does not matter.

usage: boot.py [REGULAR-EXPRESSION [JOBS]]   prints the section; with a regular expression, of what it finds in the names
                                             SYSTEM.COUNT.CONTESTANT only; with so many machines at the same time, one
                                             for each processor without

A boot with a line for each time to take is put in front of the image; the times are those of the kernel log, which two
lines are written to, before the script is started and when it has ended. The console is silent in between: a line there
takes milliseconds.
"""

import concurrent.futures
import functools
import itertools
import os
import pathlib
import re
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "qemu-tests"))

# pylint: disable=wrong-import-position
import cases
import images
import judge
import machine
import systems
from contestants import AS_PASTED, CONTESTANTS, FLOOR, OURS
from paths import CACHE, LOGS

SYSTEMS = {"debian12": "Debian 12", "debian13": "Debian 13"}
COUNTS = (1, 4, 16)
# What becomes of the devices does not depend on how many there are, and it takes as long again to boot until that shows.
COUNT_OF_OUTCOME = 4
# How far two runs may be apart, of the shorter one, and how many there are at most until two agree.
TOLERANCE = 0.02
MOST_RUNS = 4

# Each run has a log of its own.
RUNS = itertools.count(1)

START = "bench: start"
END = "bench: end"
# In the image's own words, as initramfs-tools writes them (cache_run_scripts() of mkinitramfs).
RUN_SCRIPT = '/scripts/init-top/{name} "$@"\n[ -e /conf/param.conf ] && . /conf/param.conf\n'
# What the kernel still does after its start would cost whoever comes first; a pause costs no time of the host's.
TIMED_SCRIPT = f"""\
sleep 2
echo '{START}' >/dev/kmsg
/scripts/init-top/{{name}} "$@" >/run/said 2>&1
echo '{END}' >/dev/kmsg
"""
# The last thing that a boot does: as guest/real_root.cpp tells it. Of a script that comes after udev, host drivers were at
# work before it.
TELL = """\
echo
dmesg | sed -n '{lines}s/^/@@ log /p'
sed 's/^/@@ shown said /' /run/said
for path in /sys/bus/pci/devices/*; do
    driver=$(readlink "$path/driver")
    read -r vendor <"$path/vendor"
    read -r device <"$path/device"
    read -r class <"$path/class"
    driver=${driver##*/}
    echo "@@ device ${path##*/} vendor=$vendor device=$device class=$class driver=${driver:--} iommu_group=?"
done
echo '@@ end'
"""


class BootFailed(Exception):
    """Says which boot did not come to its end, and where its log is."""


def addresses_of(count):
    """Where the listed devices are: on the root bus, each in a group of its own. SeaBIOS is slow with many root ports."""
    return [f"0000:00:{slot:02x}.0" for slot in range(2, 2 + count)]


def files_of(contestant, addresses, others, goes_on):
    """The files in front of an image whose scripts of init-top are `others`; ends at once unless it goes on through udev."""
    order = TIMED_SCRIPT.format(name=contestant.place)
    if goes_on:
        names = sorted({*others, contestant.place} - {OURS} | {contestant.place})
        scripts = {name: RUN_SCRIPT.format(name=name) for name in names}
        scripts[contestant.place] = order
        order = "".join(scripts.values())
    else:
        order += ". /scripts/init-premount/ORDER\n"
    # init-premount comes when /init has loaded what conf/modules lists.
    tell = TELL.replace("{lines}", "" if goes_on else f"/{START}/,$")
    return contestant.files(addresses) | {"scripts/init-top/ORDER": order, "scripts/init-premount/ORDER": tell}


@functools.cache
def image_of(system):
    """The directory of the image, made once: what is built meanwhile is not measured."""
    return images.make_image(system, cases.load_cases()[0]["standard"])


def boot(system, count, name, goes_on=True):
    """One boot of a contestant; its Evidence."""
    image = image_of(system)
    contestant = (CONTESTANTS | AS_PASTED)[name]
    addresses = addresses_of(count)
    others = (image / "order").read_text().split()
    log = LOGS / f"bench.{system}.{count}.{name}.{next(RUNS)}.log"
    devices = " ".join(f"-device e1000e,addr={address[8:10]},romfile=" for address in addresses)
    with tempfile.NamedTemporaryFile(dir=CACHE, suffix=".initrd") as initrd:
        files = files_of(contestant, addresses, others, goes_on)
        initrd.write(machine.with_files(image / "initrd.img", files, f"files of {name}", log))
        initrd.flush()
        command = machine.command_of(
            {"kind": "intel", "devices": devices}, image / "kernel", initrd.name, {"root": systems.make_real_root()},
            f"ro panic=-1 intel_iommu=on loglevel=1 {contestant.append}",
        )
        text = machine.run(command + ["-icount", "shift=0,sleep=off", "-smp", "1"], log, b"@@ end", limit_seconds=600)
    evidence = machine.read_evidence(text)
    if not evidence.reached_real_root:
        raise BootFailed(f"{name} with {count} endpoints on {system} did not come to its end, the log is {log}")
    if spoken := lines_between_marks(text, evidence.log):
        raise BootFailed(f"{name} on {system}: the console was not silent between the marks, the log is {log}: {spoken}")
    return evidence


def time_of(line):
    """Seconds since the kernel started, of a line of its log."""
    return float(re.search(r"\[ *(\d+\.\d+)\]", line)[1])


def marks_of(log):
    """When the script was started and when it had ended, in seconds."""
    return [next(time_of(line) for line in log if line.endswith(mark)) for mark in (START, END)]


def milliseconds_of(log):
    """How long the script took."""
    start, end = marks_of(log)
    return round((end - start) * 1000, 3)


def lines_between_marks(text, log):
    """Lines of the kernel that went out on the serial line between the marks."""
    start, end = marks_of(log)
    return [line for line in re.findall(r"^\[ *\d+\.\d+\].*", text, re.MULTILINE) if start <= time_of(line) <= end]


def outcome_of(evidence, addresses):
    """What became of the listed devices when udev was through: who was at work on them first, and where they are."""
    return {
        "probed": sum(bool(judge.probes_of(address, evidence.log)) for address in addresses),
        "bound": bound_in(evidence, addresses),
        "said": evidence.shown.get("said", ""),
    }


def bound_in(evidence, addresses):
    """How many of the listed devices are on vfio-pci when the boot ends."""
    return sum(evidence.devices[address].driver == "vfio-pci" for address in addresses)


def agreeing(runs):
    """The two runs that agree, None where none do."""
    for pair in itertools.combinations(runs, 2):
        if max(pair) <= min(pair) * (1 + TOLERANCE):
            return pair
    return None


def measure_one(system, count, name):
    """Runs of a contestant until two agree. A run ends when the script has, or goes on through udev for the outcome."""
    result = {"runs_ms": [], "runs_bound": []}
    addresses = addresses_of(count)

    def run(goes_on):
        evidence = boot(system, count, name, goes_on)
        result["runs_ms"].append(milliseconds_of(evidence.log))
        result["runs_bound"].append(bound_in(evidence, addresses))
        return evidence

    if count == COUNT_OF_OUTCOME:
        result["outcome"] = outcome_of(run(goes_on=True), addresses)
    while name in CONTESTANTS and not agreeing(result["runs_ms"]) and len(result["runs_ms"]) < MOST_RUNS:
        run(goes_on=False)
    return result


def names_to_measure(pattern=""):
    """[system, count, contestant] for all whose name the pattern is found in."""
    wanted = list(itertools.product(SYSTEMS, COUNTS, CONTESTANTS)) + list(itertools.product(SYSTEMS, [COUNT_OF_OUTCOME], AS_PASTED))
    return [one for one in wanted if re.search(pattern, "{}.{}.{}".format(*one))]


def measure(pattern="", jobs=None):
    """Boots everything, `jobs` machines at the same time; plain data, with all runs."""
    for system in SYSTEMS:
        image_of(system)
    wanted = names_to_measure(pattern)
    with concurrent.futures.ThreadPoolExecutor(int(jobs or os.cpu_count())) as pool:
        results = pool.map(lambda one: measure_one(*one), wanted)
        data = {}
        for (system, count, name), result in zip(wanted, results):
            print(f"{system}.{count}.{name}: {result}", file=sys.stderr, flush=True)
            data.setdefault(system, {}).setdefault(name, {})[str(count)] = result
    return data


def milliseconds(result):
    """The mean of the two runs that agree, None where none do or nothing was measured."""
    pair = agreeing(result["runs_ms"]) if result else None
    return sum(pair) / 2 if pair else None


def cells_of(result, floor, wanted):
    """Milliseconds and their ratio to the floor's, of runs that have bound as many as is `wanted`."""
    if not result:
        return ["not run", ""]
    if set(result["runs_bound"]) != {wanted}:
        return ["bound: " + ", ".join(map(str, result["runs_bound"])), ""]
    time, base = milliseconds(result), milliseconds(floor)
    if time is None:
        return ["runs differ: " + ", ".join(f"{run:.1f}" for run in result["runs_ms"]), ""]
    return [f"{time:.1f}", f"{time / base:.3f}" if base else ""]


def outcome_cells(results):
    """Whether a host driver was first, and how many are on vfio-pci in the end."""
    result = results.get(str(COUNT_OF_OUTCOME))
    if not result:
        return ["not run", ""]
    outcome = result["outcome"]
    counts = [f"{outcome[word]} of {COUNT_OF_OUTCOME}" for word in ("probed", "bound")]
    return [f"**{counts[0]}**" if outcome["probed"] else "none", counts[1]]


def rows_of(results):
    """A row for each contestant of a system."""
    for name, contestant in CONTESTANTS.items():
        by_count = results.get(name, {})
        cells = [contestant.title]
        for count in map(str, COUNTS):
            wanted = int(count) if contestant.binds else 0
            cells += cells_of(by_count.get(count), results.get(FLOOR, {}).get(count), wanted)
        yield cells + outcome_cells(by_count)
    for name, contestant in AS_PASTED.items():
        yield [contestant.title] + ["after udev", ""] * len(COUNTS) + outcome_cells(results.get(name, {}))


def markdown(data):
    """The section of the results: a table for each distribution."""
    text = [
        "## In the boot\n",
        "Virtual milliseconds from the start of a script of init-top to its end, and their ratio to the floor's, for so many "
        "NICs that are listed, each in a group of its own behind an emulated Intel IOMMU: one processor, one instruction "
        f"a nanosecond (`-icount shift=0,sleep=off`), two runs within {TOLERANCE:.0%}. The floor is the least that binds: "
        f"the shell writes the overrides, and modprobe does the rest. Beside that, of {COUNT_OF_OUTCOME} when udev was "
        "through: on how many the kernel log shows a host driver at work, and how many are on vfio-pci.\n",
    ]
    heads = list(itertools.chain.from_iterable((f"{count} NIC{'s' if count > 1 else ''}, ms", "of floor") for count in COUNTS))
    for system, title in SYSTEMS.items():
        if system in data:
            rows = [[title, *heads, "host driver first", "on vfio-pci"], *rows_of(data[system])]
            rows.insert(1, [":--", *["--:"] * (len(rows[0]) - 1)])
            text.append("".join(f"| {' | '.join(row)} |\n" for row in rows))
    return "\n".join(text)


def main(arguments):
    """Measures, and prints the section."""
    print(markdown(measure(*arguments)), end="")


if __name__ == "__main__":
    main(sys.argv[1:])
