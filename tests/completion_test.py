#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Types command lines into a real bash and a real zsh, and presses TAB. usage: completion_test.py bash|zsh BINARY

What is offered is held against the binary's --help, a recorded machine and this host. Exit status 77: no such shell.
"""

import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

import machine_tree

COMPLETIONS = pathlib.Path(__file__).resolve().parent.parent / "completions"
BASH_COMPLETION = pathlib.Path("/usr/share/bash-completion/bash_completion")
SHOW_LINE = "\x18\x0c"  # bound to a command that writes the line as it is now to a file
PATIENCE = 20  # seconds
MACHINE = "asrock-z170-itx"

INI = """
[bind]
gpu      = 0000:01:00.0 10de:2191
gpu-rest = 0000:01:00.*
; spare  = 0000:02:00.0
[stub]
sata     = 0000:02:00.1
[options]
timeout  = 10"""

ADDRESSES = [line.split()[1] for line in (machine_tree.MACHINES / f"{MACHINE}.txt").read_text().splitlines()]

# Both list one candidate a word, and neither asks before it shows many.
BASH_SETTINGS = r"""
PS1=
XDG_DATA_DIRS=$PWD/share
. /usr/share/bash-completion/bash_completion
bind 'set show-all-if-ambiguous on'
bind 'set completion-query-items 0'
bind 'set page-completions off'
bind 'set bell-style none'
bind 'set enable-bracketed-paste off'
bind -x '"\C-x\C-l": echo -n "$READLINE_LINE" >line.new; mv line.new line'
"""
ZSH_SETTINGS = r"""
PS1=
fpath=($PWD/share $fpath)
autoload -Uz compinit
compinit -u -d $PWD/dump
zstyle ':completion:*' verbose no
setopt no_beep no_auto_menu no_always_last_prompt no_list_ambiguous
LISTMAX=10000
show-line() { print -rn -- "$BUFFER" >line.new; mv line.new line }
zle -N show-line
bindkey -e
bindkey '^X^L' show-line
"""


class Shell:
    """A shell with a terminal, in a directory with a file of its own and the tree of a machine."""

    def __init__(self, name):
        self.name = name
        self.directory = pathlib.Path(tempfile.mkdtemp())
        (self.directory / "machine.ini").write_text(INI)
        machine_tree.build(self.directory / "tree", {"machine": MACHINE})
        (self.directory / "tree/etc/vfio-early.ini").write_text(INI)
        for kernel in ("6.1.0-9-amd64", "6.12.57"):
            (self.directory / "tree/lib/modules" / kernel).mkdir(parents=True, exist_ok=True)
        self.install()
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.directory), "TERM": "xterm", "LC_ALL": "C.UTF-8"}
        command = ["bash", "--norc", "--noprofile", "-i"] if name == "bash" else ["zsh", "-f", "-i"]
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(self.directory)
            os.execvpe(command[0], command, environment)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 200, 100, 0, 0))
        self.type(". ./settings; echo ready >line\n")
        self.wait_for_line()

    def install(self):
        """The completion where the shell looks for it, and what the shell is told in the beginning."""
        share = self.directory / "share"
        if self.name == "bash":
            share = share / "bash-completion/completions"
        share.mkdir(parents=True)
        source, target = {"bash": ("vfio-early.bash", "vfio-early"), "zsh": ("_vfio-early", "_vfio-early")}[self.name]
        shutil.copy(COMPLETIONS / source, share / target)
        (self.directory / "settings").write_text({"bash": BASH_SETTINGS, "zsh": ZSH_SETTINGS}[self.name])

    def close(self):
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self.terminal)
        shutil.rmtree(self.directory)

    def type(self, keys):
        os.write(self.terminal, keys.encode())

    def wait_for_line(self):
        """What show-line wrote, and all that the terminal showed until then."""
        shown = b""
        end = time.monotonic() + PATIENCE
        while not (self.directory / "line").exists():
            if time.monotonic() > end:
                raise TimeoutError(f"{self.name} does not answer, and shows {shown!r}")
            if select.select([self.terminal], [], [], 0.05)[0]:
                shown += os.read(self.terminal, 65536)
        line = (self.directory / "line").read_text()
        (self.directory / "line").unlink()
        while select.select([self.terminal], [], [], 0.05)[0]:
            shown += os.read(self.terminal, 65536)
        return line, shown.decode()

    def complete(self, typed):
        """The line after a TAB, and the words that were listed."""
        self.type(typed + "\t" + SHOW_LINE)
        line, shown = self.wait_for_line()
        self.type("\x15")
        # The list is between the line that was typed and the same line, which is shown again below it.
        lists = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", shown).split("\n")[1:-1]
        return line, sorted(" ".join(lists).split())


class Completion(unittest.TestCase):
    shell_name = None
    binary = None

    @classmethod
    def setUpClass(cls):
        cls.shell = Shell(cls.shell_name)
        help_text = subprocess.run([cls.binary, "--help"], capture_output=True, text=True, check=True).stdout
        cls.commands = re.findall(r"^  (\w+) ", help_text, re.MULTILINE)
        cls.options = re.findall(r"^  (--[\w-]+)(?: [A-Z]+)? +(?:([\w ]+): )?", help_text, re.MULTILINE)

    @classmethod
    def tearDownClass(cls):
        cls.shell.close()

    def check_line(self, typed, line):
        self.assertEqual(self.shell.complete("vfio-early " + typed)[0], "vfio-early " + line)

    def check_words(self, typed, words):
        self.assertEqual(self.shell.complete("vfio-early " + typed)[1], sorted(words))

    def check_addresses(self, typed, addresses):
        """bash lists only what stands behind the last colon that was typed."""
        before = typed.rpartition(" ")[2].rpartition(":")[0]
        if before and self.shell.name == "bash":
            addresses = [address.removeprefix(before + ":") for address in addresses]
        self.check_words(typed, addresses)

    def test_the_commands_are_those_of_help(self):
        self.assertEqual(len(self.commands), 8)
        self.check_words("", self.commands)
        self.check_line("sug", "suggest ")
        self.check_line("--json ch", "--json check ")

    def test_the_options_are_those_of_help(self):
        of_all = [option for option, command in self.options if not command]
        self.assertEqual(len(self.options) - len(of_all), 10)
        self.check_words("-", of_all)
        for command in self.commands:
            with self.subTest(command=command):
                own = [option for option, owner in self.options if command in owner.split()]
                self.check_words(f"{command} -", of_all + own)
        self.check_line("list --al", "list --all ")

    def test_an_address_with_its_domain(self):
        self.check_line("--root tree why 0000:01", "--root tree why 0000:01:00.")
        self.check_line("--root tree why 0000:01:00.1", "--root tree why 0000:01:00.1 ")
        self.check_line("--root tree why 0000:00:17", "--root tree why 0000:00:17.0 ")
        self.check_addresses("--root tree why 0000:01:0", ["0000:01:00.0", "0000:01:00.1"])
        self.check_addresses("--root tree why 000", ADDRESSES)

    def test_an_address_without_its_domain(self):
        self.check_line("--root tree why 01:0", "--root tree why 01:00.")
        self.check_line("--root=tree why 01:00.1", "--root=tree why 01:00.1 ")
        self.check_line("why --root tree/ 04", "why --root tree/ 04:00.0 ")
        self.check_addresses("--root tree why 01:0", ["01:00.0", "01:00.1"])
        self.check_addresses("--root tree why ", [address.removeprefix("0000:") for address in ADDRESSES])

    def test_an_address_in_another_domain(self):
        device = self.shell.directory / "tree/sys/bus/pci/devices/10000:e1:00.0"
        device.mkdir()
        self.addCleanup(device.rmdir)
        self.check_line("--root tree why 1", "--root tree why 10000:e1:00.0 ")
        self.check_line("--root tree why 10000:e", "--root tree why 10000:e1:00.0 ")

    def test_why_is_about_one_device_and_others_about_several(self):
        self.check_line("--root tree why 01:00.0 03", "--root tree why 01:00.0 03")
        for command in ("list", "suggest", "release"):
            self.check_line(f"--root tree {command} 03", f"--root tree {command} 03:00.0 ")
            self.check_line(f"--root tree {command} 01:00.0 03", f"--root tree {command} 01:00.0 03:00.0 ")
        for command in ("check", "bind"):
            self.check_line(f"--root tree {command} 03", f"--root tree {command} 03")

    def test_the_devices_of_this_host(self):
        devices = pathlib.Path("/sys/bus/pci/devices")
        addresses = [path.name for path in devices.glob("0000:*")] if devices.exists() else []
        if len(addresses) < 2:
            self.skipTest("this host shows no PCI devices")
        self.check_addresses("why 0000:", addresses)

    def test_no_devices(self):
        self.check_line("--root nothing why ", "--root nothing why ")
        self.check_words("--root nothing why ", [])

    def test_labels(self):
        for command in ("accept", "bind"):
            self.check_words(f"--root tree {command} ", ["gpu", "gpu-rest", "sata"])
        self.check_words("--root tree release g", ["gpu", "gpu-rest"])
        short = [address.removeprefix("0000:") for address in ADDRESSES]
        self.check_addresses("--root tree release ", ["gpu", "gpu-rest", "sata", *short])
        self.check_words("accept --config machine.ini g", ["gpu", "gpu-rest"])
        self.check_line("accept --config=machine.ini s", "accept --config=machine.ini sata ")
        self.check_line("accept --config machine.ini sata gpu-", "accept --config machine.ini sata gpu-rest ")
        self.check_line("accept --config missing.ini g", "accept --config missing.ini g")
        self.check_words("accept --config missing.ini ", [])
        self.check_words("--root tree status g", ["gpu", "gpu-rest"])
        self.check_line("--root tree status --wait 5 s", "--root tree status --wait 5 sata ")

    def test_values_of_options(self):
        self.check_words("suggest --for ", ["libvirt", "proxmox", "qemu"])
        self.check_line("suggest --for=q", "suggest --for=qemu ")
        self.check_words("--root tree check --kernel 6", ["6.1.0-9-amd64", "6.12.57"])
        self.check_line("check --root tree --kernel 6.12", "check --root tree --kernel 6.12.57 ")
        self.check_line("--root tree check --kernel=6.12", "--root tree check --kernel=6.12.57 ")

    def test_files(self):
        for option in ("--config", "--write-facts"):
            self.check_line(f"check {option} mach", f"check {option} machine.ini ")
            self.check_line(f"check {option}=mach", f"check {option}=machine.ini ")
        self.check_line("--root tr", "--root tree/")
        self.check_line("--root=tr", "--root=tree/")
        self.check_line("--root mach", "--root mach")

    def test_where_a_colon_ends_no_word(self):
        if self.shell.name != "bash":
            self.skipTest("only bash has COMP_WORDBREAKS")
        self.shell.type("breaks=$COMP_WORDBREAKS COMP_WORDBREAKS=${COMP_WORDBREAKS//:}\n")
        self.check_line("--root tree why 0000:01", "--root tree why 0000:01:00.")
        self.check_line("--root tree why 01:00.1", "--root tree why 01:00.1 ")
        self.shell.type("COMP_WORDBREAKS=$breaks\n")


def main(arguments):
    shell, binary = arguments
    if not shutil.which(shell) or (shell == "bash" and not BASH_COMPLETION.exists()):
        print(f"skipped: {shell} with its completion is not installed")
        return 77
    Completion.shell_name, Completion.binary = shell, os.path.abspath(binary)
    result = unittest.main(argv=["completion_test.py"], exit=False, verbosity=2).result
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
