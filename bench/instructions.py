# SPDX-License-Identifier: MIT
"""How many instructions a program and its children execute outside of the kernel, counted by callgrind; no processor has to
count them, so they are the same on every machine with the same programs."""

import re
import shutil

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
