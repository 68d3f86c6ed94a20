# SPDX-License-Identifier: MIT
"""How many instructions a program and its children execute outside of the kernel, counted by callgrind; no processor has to
count them, so they are the same on every machine with the same programs."""

import re
import shutil
import subprocess

import stage as stages

STAND_IN = "--trace-children-skip=/sbin/modprobe,//sbin/modprobe"
TOTAL = re.compile(r"^totals: (\d+)$", re.MULTILINE)


def total_of(dumps):
    """The sum of what callgrind wrote, as texts."""
    return sum(int(TOTAL.search(dump)[1]) for dump in dumps)


def _dumps(stage, command, before=()):
    directory = stage.path / "tmp/callgrind"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    # A child begins with the counts of its parent, which writes them down and begins anew before it forks. Only the C library
    # of the distribution has a function of that name.
    options = ["--tool=callgrind", "--trace-children=yes", STAND_IN, "--dump-before=fork"]
    options += ["--callgrind-out-file=/tmp/callgrind/out.%p", "--log-file=/tmp/callgrind/log.%p"]
    stage.run([*before, "/usr/bin/valgrind", *options, *command])
    return [path.read_text() for path in sorted(directory.glob("out.*"))]


def count(stage, command):
    stage.reset(command)
    dumps = _dumps(stage, command)
    total = total_of(dumps)
    if stage.is_ours(command):
        total -= _inherited(stage, command)
    return total


def _inherited(stage, command):
    """What our worker begins with, as it is stripped and static: what there was when a signal ends us as we fork. The worker
    has more, and ends in the same way."""
    stage.reset(command)
    end = ["--inject=clone:signal=SIGTERM:when=1", "--trace=clone", "--follow-forks", "-o", "/dev/null"]
    dumps = _dumps(stage, command, ["/usr/bin/strace", *end])
    return min(total_of([dump]) for dump in dumps)


# Parts of a run, by the function that does each and what that calls.
PARTS = {
    "read_config": "the configuration",
    "read_facts": "the facts, which say what its lines meant",
    "scan": "what sysfs says of devices and groups, and where the recorded slots are",
    "make_plan": "the plan",
    "read_modprobe_d": "modprobe.d",
    "apply": "what it was, overrides, reading back, asking the groups",
    "save_report": "the report",
    "print_output": "what is shown",
}
FUNCTION = re.compile(r"^ *([\d,]+) \(.*?\) +\S*?:(?:vfio_early::)?(?:\(anonymous namespace\)::)?(\w+)\(", re.MULTILINE)


def parts_of(tables):
    """What callgrind_annotate says of each process; what the worker begins with is in both, and counts once."""
    found = {}
    for table in tables:
        for number, function in FUNCTION.findall(table):
            if function in PARTS:
                found[function] = max(found.get(function, 0), int(number.replace(",", "")))
    return {PARTS[function]: found[function] for function in PARTS if function in found}


def where(stage, command):
    """The instructions of the parts of a run: of the same program, linked once more with its symbols."""
    link = subprocess.run(
        ["ninja", "-t", "commands", "vfio-early"], cwd=stages.RELEASE, capture_output=True, text=True, check=True
    ).stdout.splitlines()[-1]
    program = stages.BUILD / "vfio-early.symbols"
    link = link.replace(" -s ", " ").replace(" -o vfio-early ", f" -o '{program}' ")
    subprocess.run(["sh", "-c", link], cwd=stages.RELEASE, check=True)
    shutil.copy(program, stage.path / "sbin/vfio-early")
    stage.reset(command)
    _dumps(stage, command)
    annotate = ["/usr/bin/callgrind_annotate", "--inclusive=yes", "--threshold=100"]
    tables = [
        stage.run([*annotate, f"/tmp/callgrind/{dump.name}"]) for dump in sorted((stage.path / "tmp/callgrind").glob("out.*"))
    ]
    return parts_of(tables)
