# SPDX-License-Identifier: MIT
"""The cases of cases.toml: which there are, what each of them may say, and which systems each is for."""

import re
import sys
import tomllib

import judge
import systems
from paths import HERE

# What an entry of each kind may say. The head of cases.toml has a line for each of these words.
KNOWN_WORDS = {
    "machines": {"about", "kind", "devices", "append"},
    "iommus": {"append", "not_on"},
    "images": {
        "about", "like", "disk", "modules", "prepare", "prepare_initramfs_tools", "prepare_dracut",
        "change", "change_initramfs_tools", "change_dracut",
        "made_on", "after", "disks", "append", "on_machine", "on_machine_initramfs_tools", "on_machine_dracut",
    },
    "case": {
        "name", "about", "touches", "machine", "image", "append", "ini", "facts", "limit", "keys", "only", "iommus", "whole_system",
        "live", "costly", "package", "images_told", "expect",
    },
    "expect of a boot": judge.KNOWN_WORDS,
    "expect of an image": judge.KNOWN_IMAGE_WORDS,
}

# What a case can see, and what systems have in common that look the same to it.
TOUCHES = {
    "plan": lambda system: (),
    "hook": lambda system: (systems.SYSTEMS[system].way,),
    "kernel": lambda system: (systems.SYSTEMS[system].release,),
    "host": lambda system: (system,),
}


def load_cases():
    """The images by name, and the cases: one with `iommus` once for each, where `entry` is the name that they share."""
    data = _read()
    refuse_unknown_words(data)
    refuse_unknown_touches(data)
    for case in data["case"]:
        if "machine" in case:
            case["machine"] = data["machines"][case["machine"]] | {"name": case["machine"]}
    cases = [one for case in data["case"] for one in for_each_iommu(case, data["iommus"])]
    return {name: _image_named(name, data) for name in data["images"]}, cases


def _image_named(name, data):
    """An image with the words of the one that it is like, and with the tables that it names."""
    image = data["images"][name]
    image = data["images"].get(image.get("like"), {}) | image | {"name": name}
    if "made_on" in image:
        image["made_on"] = data["machines"][image["made_on"]]
        image["after"] = _image_named(image["after"], data)
    return image


def machine_named(name):
    """One of the machines that several cases share."""
    return _read()["machines"][name]


def _read():
    with (HERE / "cases.toml").open("rb") as file:
        return tomllib.load(file)


def for_each_iommu(case, iommus):
    """The case itself, or NAME-IOMMU for each of its `iommus`."""
    case = case | {"entry": case["name"]}
    if "iommus" not in case:
        return [case]
    return [
        case | {
            "name": f"{case['name']}-{iommu}",
            "machine": case["machine"] | {
                "name": f"{case['machine']['name']}-{iommu}", "kind": iommu, "append": iommus[iommu]["append"],
            },
            "not_on": iommus[iommu].get("not_on", ""),
        }
        for iommu in case["iommus"]
    ]


def refuse_unknown_words(data):
    """Ends the program where a word is none of those that are known: a misspelt expectation would hold for ever."""
    entries = [(kind, name, entry) for kind in ("machines", "iommus", "images") for name, entry in data[kind].items()]
    for case in data["case"]:
        entries.append(("case", case["name"], case))
        of_what = "a boot" if "machine" in case else "an image"
        entries.append((f"expect of {of_what}", case["name"], case.get("expect", {})))
    for kind, name, entry in entries:
        unknown = set(entry) - KNOWN_WORDS[kind]
        if unknown:
            words = ", ".join(sorted(unknown))
            sys.exit(f"cases.toml: {name}: unknown {words}, the head of the file has the words that are known")


def refuse_unknown_touches(data):
    """Ends the program where a case does not say what it can see, by which ./dev test chooses."""
    for case in data["case"]:
        touches = listed(case.get("touches", []))
        if not touches or not set(touches) <= TOUCHES.keys():
            said = f"touches is {case['touches']!r}" if "touches" in case else "touches is missing"
            sys.exit(f"cases.toml: {case['name']}: {said} and must be one of {', '.join(TOUCHES)}, or a list of them")


def listed(value):
    """A list, also where a single word was written."""
    return value if isinstance(value, list) else [value]


def runs_on(system, case):
    """Whether a case is for a system: one of the regular expressions in its `only` matches the whole name."""
    only = case.get("only", ["debian12", "debian13"])
    is_excluded = re.fullmatch(case.get("not_on", ""), system)
    return not is_excluded and any(re.fullmatch(pattern, system) for pattern in only)


def is_costly(system, case):
    """Whether a case takes too long on a system for all but ./dev test full."""
    return any(re.fullmatch(pattern, system) for pattern in case.get("costly", []))


def test_names(of_systems=systems.SYSTEMS):
    """SYSTEM.CASE for every case on every system it runs on."""
    _, cases = load_cases()
    return [f"{system}.{case['name']}" for case in cases for system in of_systems if runs_on(system, case)]
