#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the JSON of every command on every golden machine against docs/schema.json; and sees that the schema refuses the same
output with anything taken away, added, or put in the place of something else. usage: schema_test.py BINARY"""

import copy
import json
import pathlib
import re
import sys
import tomllib

import jsonschema

import golden_test
import list_test
import suggest_test
import why_test

PROJECT = pathlib.Path(__file__).resolve().parent.parent
SCHEMA = json.loads((PROJECT / "docs/schema.json").read_text())
REPORT = "run/vfio-early/report.json"


def outputs(binary):
    """(what it is, its JSON) of every command on every machine."""
    for path in sorted(golden_test.GOLDEN.glob("*.toml")):
        scenario = tomllib.loads(path.read_text())
        asked = list_test.machine(binary, scenario)
        yield f"check on {path.stem}", asked.json("check")
        yield f"bind on {path.stem}", asked.json("bind")
        labels = [device["label"] for device in asked.json("check")["devices"]]
        yield f"release on {path.stem}", asked.json("release", *labels)
        yield f"report on {path.stem}", json.loads((pathlib.Path(asked.directory.name) / REPORT).read_text())
        yield f"accept on {path.stem}", asked.json("accept")
        yield f"list on {path.stem}", asked.json("list")
    for name, (scenario, words) in list_test.SHOWN.items():
        asked = list_test.machine(binary, {"machine": name} | scenario)
        if asked.run("list", *words)[2] == 0:
            yield f"list on {name}", asked.json("list", *words)
    for name, (scenario, address) in why_test.SHOWN.items():
        text, status = why_test.Asked(binary, {"machine": name} | scenario).why("--json", address)
        if status == 0:
            yield f"why on {name}", json.loads(text)
    for name, (scenario, words) in suggest_test.SHOWN.items():
        text, _, status = suggest_test.Asked(binary, {"machine": name} | scenario).ask("suggest", "--json", *words)
        if status != 2 and text.startswith("{"):
            yield f"suggest on {name}", json.loads(text)


def wrong_versions(value, path="$"):
    """(what was changed, the whole with that change) for every place of a value."""
    if isinstance(value, list) and value:
        for change, first in wrong_versions(value[0], f"{path}[0]"):
            yield change, [first, *value[1:]]
        yield f"{path} with a number", [*value, 0.5]
    if not isinstance(value, dict):
        yield f"{path} as an object", {"unknown": True}
        return
    yield f"{path} with another key", value | {"unknown": None}
    for key, inner in value.items():
        yield f"{path} without {key}", {name: one for name, one in value.items() if name != key}
        for change, changed in wrong_versions(inner, f"{path}.{key}"):
            yield change, value | {key: changed}


def validator_of(command):
    """What a command prints by its own definition, as an error of the whole schema may be about another command's."""
    definition = {"check": "plan", "bind": "plan", "release": "plan"}.get(command, command)
    return jsonschema.Draft7Validator({"$ref": f"#/definitions/{definition}", "definitions": SCHEMA["definitions"]})


def check_codes():
    """The codes of the schema are those of the program."""
    table = (PROJECT / "src/core/reason.cpp").read_text()
    known = re.findall(r'\{Reason::\w+, "([a-z-]+)"', table)
    in_schema = SCHEMA["definitions"]["code"]["enum"]
    return [] if known == in_schema else [f"the codes are {known}, and in the schema {in_schema}"]


def main(arguments):
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    validator = jsonschema.Draft7Validator(SCHEMA)
    found = check_codes()
    seen = {}
    for name, output in outputs(arguments[0]):
        if not validator.is_valid(output):
            error = jsonschema.exceptions.best_match(validator_of(output["command"]).iter_errors(output))
            found.append(f"{name}: {error.json_path if error else '$'}: {error.message[:300] if error else 'fits several'}")
        # The longest of each command has most in it.
        kept = seen.setdefault(output["command"], output)
        if len(json.dumps(output)) > len(json.dumps(kept)):
            seen[output["command"]] = output
    refused = 0
    for command, output in seen.items():
        for change, changed in wrong_versions(copy.deepcopy(output)):
            if validator.is_valid(changed):
                found.append(f"{command}: the schema takes {change}")
            refused += 1
    print("\n".join(found))
    print(f"{sorted(seen)}: {refused} changes refused, {len(found)} are not as they should be")
    return 1 if found or not {"bind", "check", "list", "release", "suggest", "why"} <= set(seen) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
