#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Changes random machines behind the back of what was recorded of them, and asks what would be bound.

A machine is made, with a configuration, and its facts are written as the hooks do it. Then something happens to it: cards are
added, taken out, moved, swapped or replaced, which shifts the buses behind them. Whatever `check` would bind on that machine
must be what its line meant when it was recorded, and never what the host lives on. Cards are known here by who they are, which
no attribute shows; where two cannot be told apart by anything that a machine shows, either will do.

usage: random_changes_test.py BINARY [COUNT [SEED]]   500 machines from seed 1 on, without more words
"""

import dataclasses
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile

import machine_tree

FACTS = "etc/vfio-early.facts"
INI = "etc/vfio-early.ini"
# Few models, so that there are several cards of one.
MODELS = [("10de:2191", "030200", 2), ("8086:10d3", "020000", 1), ("144d:a808", "010802", 1), ("8086:1533", "020000", 1), ("1b21:2142", "0c0330", 1)]
DISK = "010802"


@dataclasses.dataclass
class Card:
    who: int
    model: tuple
    serial: int | None
    group: int
    has_root: bool = False  # / of the host is on it


class Machine:
    """Root ports by their device number on the root bus, and what is in them: a card, or a switch as a dictionary of them."""

    def __init__(self, chance, seed):
        self.chance = chance
        self.ports = {}
        self.count = 0
        self.port_numbers = seed % 4 != 0
        for port in chance.sample(range(1, 28), chance.randrange(3, 8)):
            self.ports[port] = self.new_content()
        disks = [card for card in self.cards() if card.model[1] == DISK]
        if disks:
            chance.choice(disks).has_root = True

    def new_card(self, model=None):
        self.count += 1
        serial = 0x1000_0000_0000_0000 + self.count if self.chance.randrange(3) else None
        return Card(self.count, model or self.chance.choice(MODELS), serial, self.count)

    def new_content(self):
        if self.chance.randrange(5):
            return self.new_card()
        return {slot: self.new_card() for slot in self.chance.sample(range(1, 12), self.chance.randrange(1, 4))}

    def places(self):
        """Every slot, as (dictionary, key)."""
        for port, content in list(self.ports.items()):
            if isinstance(content, dict):
                yield from ((content, slot) for slot in list(content))
            else:
                yield self.ports, port

    def cards(self):
        return [holder[key] for holder, key in self.places() if holder[key]]

    def change(self):
        """One thing that people do to machines."""
        places = [place for place in self.places() if place[0][place[1]]]
        free = [port for port in range(1, 28) if port not in self.ports]
        deed = self.chance.choice(["add", "add in front", "remove", "move", "swap", "swap", "same model", "other model"])
        if deed == "add":
            self.ports[self.chance.choice(free)] = self.new_content()
        elif deed == "add in front":
            self.ports[min(free)] = self.new_content()
        elif places:
            holder, key = self.chance.choice(places)
            if deed == "remove":
                del holder[key]
            elif deed == "move":
                self.ports[self.chance.choice(free)] = holder.pop(key)
            elif deed == "swap":
                other, other_key = self.chance.choice(places)
                holder[key], other[other_key] = other[other_key], holder[key]
            else:
                holder[key] = self.new_card(holder[key].model if deed == "same model" else None)

    def layout(self):
        """Buses numbered as firmware does it, and everything with its address: (address, path, kind, thing) for each
        function, where kind is 'port', 'bridge' or 'card'."""
        functions = []
        bus = 0
        for port in sorted(self.ports):
            content = self.ports[port]
            if content is None or content == {}:
                continue
            bus += 1
            address, first = f"0000:00:{port:02x}.0", bus
            path = f"pci0000:00/{address}"
            place = (port,)
            if isinstance(content, dict):
                inside = []
                upstream = f"0000:{bus:02x}:00.0"
                bus += 1
                inner, up_path = bus, f"{path}/{upstream}"
                for slot in sorted(content):
                    down = f"0000:{inner:02x}:{slot:02x}.0"
                    bus += 1
                    inside.append((down, f"{up_path}/{down}", "bridge", (bus, bus)))
                    inside += self.card_at(bus, f"{up_path}/{down}", content[slot], (port, slot))
                functions.append((address, path, "port", (port, first, bus)))
                functions.append((upstream, up_path, "bridge", (inner, bus)))
                functions += inside
            else:
                functions.append((address, path, "port", (port, first, first)))
                functions += self.card_at(first, path, content, place)
        return functions

    @staticmethod
    def card_at(bus, above, card, place):
        for function in range(card.model[2]):
            address = f"0000:{bus:02x}:00.{function}"
            yield address, f"{above}/{address}", "card", (card, place, function)


def config_of(kind, thing, port_numbers):
    """The configuration space, as root reads it."""
    config = bytearray(4096)
    if kind != "card":
        config[0x0E] = 1
        first, last = thing[-2:]
        config[0x19], config[0x1A] = first, last
        config[0x06], config[0x34] = 0x10, 0x40
        type_of_port = 4 if kind == "port" else 6
        number = thing[0] if kind == "port" and port_numbers else 0
        struct.pack_into("<HH", config, 0x40, 0x0010, type_of_port << 4 | 2)
        struct.pack_into("<I", config, 0x4C, number << 24)
    elif thing[0].serial:
        config[0x06], config[0x34] = 0x10, 0x40
        struct.pack_into("<HH", config, 0x40, 0x0010, 2)
        struct.pack_into("<IQ", config, 0x100, 0x00010003, thing[0].serial)
    return bytes(config)


def make(directory, machine, functions, is_running):
    """The tree of the machine; on a running system / is on the card that the host lives on."""
    lines = ["machine\tdmar0", "driver\tvfio-pci", "driver\tpci-stub"]
    for address, path, kind, thing in functions:
        lines.append(f"empty\tsys/devices/{path}/power")
        lines.append(f"link\tsys/bus/pci/devices/{address}\t../../../devices/{path}")
        if kind == "card":
            card, _, function = thing
            model, pci_class, _ = card.model
            identifier = model if function == 0 else f"{model[:-1]}f"
            lines.append(f"device\t{address}\t{identifier}\t{pci_class}\t{100 + card.group}\t-")
        else:
            lines.append(f"device\t{address}\t8086:a338\t060400\t{len(lines) + 1000}\t-")
            lines.append(f"buses\t{address}\t{thing[-2]}\t{thing[-1]}")
        if is_running and kind == "card" and thing[0].has_root and thing[2] == 0:
            lines.append(f"block\t{path}/nvme/nvme0/nvme0n1\t259:1")
            lines.append("mount\t259:1\t/\t/dev/nvme0n1")
    if is_running and not any("mount\t" in line for line in lines):
        lines.append("file\tproc/self/mountinfo\t29 1 0:20 / / rw - tmpfs none rw")
    machine_tree.make(directory, lines)
    for address, _, kind, thing in functions:
        (pathlib.Path(directory) / "sys/bus/pci/devices" / address / "config").write_bytes(config_of(kind, thing, machine.port_numbers))


def configuration(chance, functions):
    """Lines for some cards, of every kind that names a card: a dictionary from label to what is meant, and the text."""
    meant = {}
    text = "[bind]\n"
    chosen = {}
    for address, path, kind, thing in functions:
        if kind == "card":
            chosen.setdefault(thing[0].who, chance.choice(["address", "address and id", "path", "path and id", "id", None]))
    seen_ids = {}
    for address, path, kind, thing in functions:
        how = chosen.get(thing[0].who) if kind == "card" else None
        if not how:
            continue
        card, place, function = thing
        identifier = card.model[0] if function == 0 else f"{card.model[0][:-1]}f"
        route = path.split("/")[1:]
        slots = "/".join([route[0]] + [part[8:] for part in route[1:]])
        selector = {"address": address, "address and id": f"{address} {identifier}", "path": slots, "path and id": f"{slots} {identifier}", "id": identifier}[how]
        if how == "id" and identifier in seen_ids:
            continue
        seen_ids[identifier] = True
        label = f"d{len(meant)}"
        meant[label] = (card, place, function, how)
        text += f"{label} = {selector}\n"
    return meant, text


def check(binary, directory, *options):
    run = subprocess.run([binary, "check", "--root", directory, "--json", *options], capture_output=True, text=True, check=False)
    if run.returncode not in (0, 1):
        raise AssertionError(f"exit status {run.returncode}: {run.stderr}")
    return json.loads(run.stdout)["devices"]


def can_be_told_apart(one, other):
    """By what a machine shows of two cards of a model."""
    return one.serial is not None and other.serial is not None


def is_what_was_meant(found, found_place, meant, cards):
    """Whether this card is the one that a line meant, or one that nothing tells from it."""
    card, place, _, how = meant
    if found.who == card.who:
        return True
    if found.model != card.model:
        return False
    is_gone = all(other.who != card.who for other in cards)
    if found_place == place:
        return is_gone or not can_be_told_apart(found, card)
    # An id alone means whichever card has it, if there is one only and the remembered one is not elsewhere.
    of_model = [other for other in cards if other.model == card.model]
    return len(of_model) == 1 and how == "id"


def is_hidden(host, host_place, functions):
    """Whether a twin is where the card was that / is on, and nothing tells the two apart: to the machine, nothing changed."""
    things = [thing for _, _, kind, thing in functions if kind == "card"]
    return any(
        place == host_place and card.model == host.model and card.who != host.who and not can_be_told_apart(card, host)
        for card, place, _ in things
    )


def wrong(machine, functions, meant, devices, host_place):
    """What would be bound and should not."""
    by_address = {address: thing for address, _, kind, thing in functions if kind == "card"}
    cards = machine.cards()
    found = []
    bound = 0
    for device in devices:
        if device["outcome"] != "would-bind":
            continue
        bound += 1
        card, place, function = by_address[device["address"]]
        line = meant[device["label"]]
        if function != line[2] or not is_what_was_meant(card, place, line, cards):
            found.append(f"{device['selector']} meant card {line[0].who} at {line[1]}, would bind card {card.who} at {place}")
        if card.has_root and not is_hidden(card, host_place, functions):
            found.append(f"{device['selector']} would bind what / is on")
    return found, bound


def try_one(binary, scratch, seed):
    chance = random.Random(seed)
    machine = Machine(chance, seed)
    before = machine.layout()
    meant, text = configuration(chance, before)
    directories = [os.path.join(scratch, name) for name in ("before", "after")]
    make(directories[0], machine, before, is_running=True)
    (pathlib.Path(directories[0]) / INI).write_text(text)
    check(binary, directories[0], "--write-facts", os.path.join("/", FACTS))
    for _ in range(chance.randrange(1, 4)):
        machine.change()
    after = machine.layout()
    make(directories[1], machine, after, is_running=False)
    for name in (INI, FACTS):
        shutil.copy(os.path.join(directories[0], name), os.path.join(directories[1], name))
    host_place = next((thing[1] for _, _, kind, thing in before if kind == "card" and thing[0].has_root), None)
    found, bound = wrong(machine, after, meant, check(binary, directories[1]), host_place)
    for directory in directories:
        shutil.rmtree(directory)
    return found, bound


def main(arguments):
    binary = arguments[0]
    count = int(arguments[1]) if len(arguments) > 1 else 500
    first = int(arguments[2]) if len(arguments) > 2 else 1
    found = []
    bound = 0
    # In memory where that can be: on a disk each file that is written through takes its time.
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as scratch:
        for seed in range(first, first + count):
            differences, devices = try_one(binary, scratch, seed)
            found += [f"seed {seed}: {text}" for text in differences]
            bound += devices
    print("\n".join(found[:40]))
    print(f"{count} machines changed: {bound} devices would be bound, {len(found)} wrong")
    return 1 if found or not bound else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
