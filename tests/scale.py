#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a run costs on machines with many functions: system calls, instructions, and the most memory that one of its processes had.

usage: scale.py BINARY            prints docs/scale.md, about five minutes and 700 MB below /dev/shm
       scale.py BINARY COUNT...   for machines with so many functions
"""

import ctypes
import dataclasses
import functools
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

import machine_tree

SIZES = [100, 1000, 10000, 40000]
MOST_THAT_FIT = 1024  # max_devices, src/core/limits.h
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None
PORT = "0000:00:01.0"
BUS_BELOW_PORT = 1
FUNCTIONS_PER_BUS = 256
NETWORK_CARD = "020000"


@dataclasses.dataclass
class Case:
    """A command, and the configuration that it finds."""

    name: str
    command: list
    lines: list


def lines_of_four(form):
    """Lines for the first four functions below the port."""
    return [f"nic{i} = " + form.format(bus=BUS_BELOW_PORT, function=i, id=f"8086:{i + 2:04x}") for i in range(4)]


# At a boot with rd.vfio_early=check all is done but what is written to sysfs, behind which a tree has no kernel.
CASES = [
    Case("`bind`, four addresses", ["bind"], lines_of_four("0000:{bus:02x}:00.{function}")),
    Case("`bind`, four paths", ["bind"], lines_of_four(PORT + "/00.{function}")),
    Case("`bind`, four ids", ["bind"], lines_of_four("{id}")),
    Case("`list`", ["list", "--all"], lines_of_four("0000:{bus:02x}:00.{function}")),
]
ONE_GROUP = Case("`bind`, an id with `all`", ["bind"], ["nics = 8086:1572 all"])


def addresses(count):
    """A host bridge, a port, and behind that as many functions as are left, bus by bus; 65,536 a domain."""
    yield "0000:00:00.0"
    yield PORT
    for i in range(count - 2):
        domain, rest = divmod(i + BUS_BELOW_PORT * FUNCTIONS_PER_BUS, 0x10000)
        yield f"{domain:04x}:{rest >> 8:02x}:{rest >> 3 & 31:02x}.{rest & 7}"


def make(directory, count, is_one_group=False):
    """A machine with so many functions, each in a group of its own and with an id of its own, or the cards all in one group and
    of one model."""
    lines = ["machine\tdmar0", "file\tproc/cmdline\trd.vfio_early=check", "driver\tvfio-pci", "driver\tpci-stub"]
    for i, address in enumerate(addresses(count)):
        kind = {0: "060000", 1: "060400"}.get(i, NETWORK_CARD)
        group, model = (2, 0x1572) if is_one_group and i > 1 else (i, i)
        lines.append(f"device\t{address}\t8086:{model:04x}\t{kind}\t{group}\t-")
    lines.append(f"buses\t{PORT}\t{BUS_BELOW_PORT}\t255")
    machine_tree.make(directory, lines)


def command_of(binary, case, directory):
    """The words of the run, for which the configuration is written; callgrind takes its time."""
    (pathlib.Path(directory) / "etc/vfio-early.ini").write_text("\n".join(["[bind]", *case.lines, "[options]", "timeout = 60", ""]))
    return [binary, *case.command, "--root", str(directory)]


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, **options)


def run_whole(command):
    """A run that did all that it was to do."""
    result = run(command)
    if result.returncode != 0:
        raise AssertionError(f"{command}: exit status {result.returncode}: {result.stdout[-200:]}{result.stderr[-200:]}")
    return result


# --- what is measured


def calls(command):
    """System calls of all its processes."""
    with tempfile.NamedTemporaryFile("r") as table:
        run_whole(["strace", "-f", "-c", "-o", table.name, *command])
        return int(re.search(r"(\d+)(?: +\d+)? total$", table.read(), re.MULTILINE)[1])


@functools.cache
def counter():
    """What counts instructions here."""
    if shutil.which("perf") and re.search("^[0-9]", run(["perf", "stat", "-x,", "-e", "instructions:u", "true"]).stderr):
        return "perf"
    # Before 3.24 it has no openat2(), without which nothing can be read.
    version = run(["valgrind", "--version"]).stdout if shutil.which("valgrind") else ""
    return "callgrind" if version >= "valgrind-3.24" else "not measured: neither perf nor valgrind 3.24"


def instructions(command):
    """Instructions of all its processes, outside of the kernel; None where nothing here can count them."""
    if counter() == "perf":
        return int(run_whole(["perf", "stat", "-x,", "-e", "instructions:u", *command]).stderr.split(",")[0])
    if counter() == "callgrind":
        report = run_whole(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command]).stderr
        return sum(map(int, re.findall(r"Collected : (\d+)", report)))
    return None


# linux/ptrace.h
PTRACE_CONT, PTRACE_SEIZE, PTRACE_GETEVENTMSG = 7, 0x4206, 0x4201
PTRACE_O_FORKS_AND_EXIT = 0x02 | 0x04 | 0x08 | 0x40
PTRACE_EVENT_EXIT = 6
WALL = 0x40000000  # __WALL, linux/wait.h


def peak_memory(command):
    """The most memory in KiB that one of its processes had (VmHWM), looked at when it ends: what wait4() tells has the process in
    it that started it."""
    ptrace = ctypes.CDLL(None).ptrace
    ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    child = os.fork()
    if child == 0:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        os.kill(os.getpid(), signal.SIGSTOP)
        os.execv(command[0], command)
    os.waitpid(child, os.WUNTRACED)
    ptrace(PTRACE_SEIZE, child, None, PTRACE_O_FORKS_AND_EXIT)
    os.kill(child, signal.SIGCONT)
    peak = 0
    while True:
        try:
            process, status = os.waitpid(-1, WALL)
        except ChildProcessError:
            return peak
        if not os.WIFSTOPPED(status):
            continue
        event = status >> 16
        if event == PTRACE_EVENT_EXIT:
            text = pathlib.Path(f"/proc/{process}/status").read_text()
            peak = max(peak, int(re.search(r"VmHWM:\s+(\d+)", text)[1]))
        # A signal is handed on; a stop that belongs to tracing is none.
        number = os.WSTOPSIG(status)
        ptrace(PTRACE_CONT, process, None, 0 if event or number in (signal.SIGTRAP, signal.SIGSTOP) else number)


def seconds(command):
    """The least processor time of ten runs, in the kernel and outside of it."""
    taken = []
    for _ in range(10):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run_whole(command)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return min(taken)


# --- the page

HEAD = """# What a run costs on large machines

Made by `python3 tests/scale.py build/release/vfio-early >docs/scale.md`, on directory trees below /dev/shm. Each machine is a host
bridge, a root port and network functions, each in a group of its own; 65,536 functions are in a domain. `bind` is that of a boot
with `rd.vfio_early=check`: it reads, plans, and writes its report, and leaves out what is written to sysfs, behind which a tree has
no kernel. Four lines name one function each. System calls (`strace -f -c`) and instructions outside of the kernel ({instructions})
are those of all processes of a run. Memory is the peak (VmHWM) of the process that had most.

- A configuration of addresses or of paths costs the same on any machine. (The instructions differ by the length of the tree's name.)
- An id costs three calls for each function: open, read and close of its `uevent`. However many ids there are, that is done once.
- It is done for any configuration where a remembered slot does not hold what it held, as its card is looked for then, and where an
  `ids=` of somebody else names devices for a driver that we load: each of the two three calls for each function more.
- Memory does not grow with the machine, but with what is read in full: the functions that lines select and the members of their
  groups, 1,024 at most (`max_devices`, `src/core/limits.h`).
- `list`, `why` and `suggest` read the whole machine. `list` costs 19 calls for each function that it shows, and 6 for each that does
  not fit. Its instructions grow with the square of what it shows, as devices and groups are found by looking at all of them, up to
  what 1,024 functions take.
- On a machine with more than 1,024 functions `list` shows the first 1,024 that the kernel names, says that the rest is not shown, and
  offers none of them; `why`, `suggest`, and `list` with a selector say that they cannot answer. `check`, `bind`, `accept`, `status`
  and `release` do not mind how many functions there are besides those that lines select. With more than 1,024 of those nothing is
  bound (`unreadable`).
- For a `list` of 40,000 functions, lists of devices could no longer be copied whole at every step of a plan (`DeviceIndices`),
  and devices and groups would have to be found in another way.

`tests/scale_test.py` counts the calls on small trees.
"""

LARGE_GROUP = """## 1,024 functions in one group

One line with `all` selects them, and they make one group: {seconds:.3f} s of processor time for the whole run, the least of ten, on
{processor}; {calls:,} calls, {instructions} instructions, {memory:,} KiB. A group is judged once, not once for each of its members.
`tests/cli_test.py` holds such a run to 0.1 s outside of the kernel, and `tests/scale_test.py` its calls.
"""


def text_of(figure):
    return "not measured" if figure is None else f"{figure:,}"


def processor():
    return re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())[1]


def measure(binary, scratch, sizes):
    """System calls, instructions and memory of every case on a machine of every size, by name."""
    figures = {case.name: [] for case in CASES}
    for size in sizes:
        directory = f"{scratch}/{size}"
        make(directory, size)
        for case in CASES:
            command = command_of(binary, case, directory)
            figures[case.name].append((calls(command), instructions(command), peak_memory(command)))
        shutil.rmtree(directory)
    return figures


def write_page(figures, sizes, large_group):
    print(HEAD.format(instructions=counter()))
    for i, title in enumerate(("System calls", "Instructions", "Memory of one process, KiB")):
        print(f"## {title}\n\n| functions | " + " | ".join(f"{size:,}" for size in sizes) + " |")
        print("|---|" + "---:|" * len(sizes))
        for name, measured in figures.items():
            print(f"| {name} | " + " | ".join(text_of(one[i]) for one in measured) + " |")
        print()
    print(large_group, end="")


def main(arguments):
    binary = os.path.abspath(arguments[0])
    sizes = [int(word) for word in arguments[1:]] or SIZES
    with tempfile.TemporaryDirectory(prefix="vfio-early-scale.", dir=MEMORY) as scratch:
        figures = measure(binary, scratch, sizes)
        make(scratch, MOST_THAT_FIT + 2, is_one_group=True)
        command = command_of(binary, ONE_GROUP, scratch)
        large_group = LARGE_GROUP.format(
            processor=processor(), seconds=seconds(command), calls=calls(command),
            instructions=text_of(instructions(command)), memory=peak_memory(command),
        )
    write_page(figures, sizes, large_group)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
