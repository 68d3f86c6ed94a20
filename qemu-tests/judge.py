# SPDX-License-Identifier: MIT
"""Compares what a boot left behind with what its case expects."""

import json
import re

# Host drivers of the devices that the cases use, as their names begin a line of the kernel log.
HOST_DRIVERS = r"(e1000e?|nvme|xhci_hcd|virtio[-_]\w+|ahci|bochs\S*)"


# What a case can expect of a boot, and of an image.
KNOWN_WORDS = {
    "bound", "drivers", "usable", "unusable", "untouched", "touched", "log", "seconds_between", "shown",
    "report", "now", "foretold", "ok", "iommu", "command", "outcomes", "moved", "details", "warnings", "no_warnings",
}
KNOWN_IMAGE_WORDS = {"first_script", "files", "no_files", "build_log", "facts"}


def probes_of(address, log):
    """Lines of the kernel log that show a host driver at work on the device."""
    pattern = re.compile(rf"\] {HOST_DRIVERS}\b.*\b{re.escape(address)}")
    return [line for line in log if pattern.search(line)]


def image_complaints(expect, image):
    """One line for each thing that is not as it should be in an image, which is not booted for that."""
    found = []
    order = _text_of(image / "order").split()
    if "first_script" in expect and order[:1] != [expect["first_script"]]:
        found.append(f"the first stage should begin with {expect['first_script']} and runs {order}")
    files = _text_of(image / "files")
    for pattern in expect.get("files", []):
        if not re.search(pattern, files, re.MULTILINE):
            found.append(f"no file of the image matches {pattern!r}")
    for pattern in expect.get("no_files", []):
        found.extend(f"this file should not be in the image: {line}" for line in files.splitlines() if re.search(pattern, line))
    build_log = (image / "build.log").read_text()
    for pattern in expect.get("build_log", []):
        if not re.search(pattern, build_log, re.MULTILINE):
            found.append(f"nothing that was written while the image was made matches {pattern!r}: {build_log}")
    facts = _text_of(image / "vfio-early.facts")
    for pattern in expect.get("facts", []):
        if not re.search(pattern, facts, re.MULTILINE):
            found.append(f"nothing that was recorded matches {pattern!r}: {facts}")
    return found


def _text_of(path):
    """A file that not every image has."""
    return path.read_text() if path.exists() else ""


def complaints(expect, evidence):
    """The same for a boot."""
    if not evidence.reached_real_root:
        return ["the boot did not reach the real root"]
    found = []
    bound = expect.get("bound", [])
    _compare_drivers(dict.fromkeys(bound, "vfio-pci"), evidence, found)
    _compare_drivers(expect.get("drivers", {}), evidence, found)
    for address in bound + expect.get("usable", []):
        outcome = evidence.clients.get(address, "was not on vfio-pci")
        if not outcome.startswith("ok viable"):
            found.append(f"{address} should be usable by a VFIO client: {outcome}")
    for address, text in expect.get("unusable", {}).items():
        outcome = evidence.clients.get(address, "was not on vfio-pci")
        if text not in outcome:
            found.append(f"{address} should not be usable ({text}): {outcome}")
    for address in bound + expect.get("untouched", []):
        for line in probes_of(address, evidence.log):
            found.append(f"a host driver touched {address}: {line}")
    for address in expect.get("touched", []):
        if not probes_of(address, evidence.log):
            found.append(f"no line shows that a host driver touched {address}, and one should have")
    for tool, patterns in expect.get("shown", {}).items():
        text = evidence.shown.get(tool, "")
        found.extend(f"{tool} shows nothing like {pattern!r}: {text}"
                     for pattern in patterns if not re.search(pattern, text, re.MULTILINE))
    _compare_log(expect, evidence.log, found)
    _compare_report(expect, evidence.report, found)
    _compare_status(expect, evidence, found)
    compare_check(expect, evidence, found)
    return found


def _compare_drivers(drivers, evidence, found):
    for address, driver in drivers.items():
        device = evidence.devices.get(address)
        if device is None:
            found.append(f"{address} is not there")
        elif device.driver != driver:
            found.append(f"{address} is on {device.driver} and should be on {driver}")


def _compare_log(expect, log, found):
    for pattern in expect.get("log", []):
        if not any(re.search(pattern, line) for line in log):
            found.append(f"no line of the log matches {pattern!r}")
    for first, second, least, most in expect.get("seconds_between", []):
        times = [_time_of(pattern, log) for pattern in (first, second)]
        if None in times or not least <= times[1] - times[0] <= most:
            found.append(f"{least} to {most} s should lie between {first!r} and {second!r}: {times}")


def _time_of(pattern, log):
    """Seconds since the kernel started, of the first line that matches."""
    for line in log:
        if re.search(pattern, line):
            return float(re.search(r"\[ *(\d+\.\d+)\]", line)[1])
    return None


def _compare_report(expect, text, found):
    if expect.get("report", True) is False:
        if text:
            found.append("there is a report, and none should be written")
        return
    try:
        report = json.loads(text)
    except json.JSONDecodeError as error:
        found.append(f"/run/vfio-early/report.json of the real root is no JSON: {error}")
        return
    outcomes = {device["label"]: device["code"] or device["outcome"] for device in report["devices"]}
    for label, outcome in expect.get("outcomes", {}).items():
        if outcomes.get(label) != outcome:
            found.append(f"the report has {label} as {outcomes.get(label)}, and it should be {outcome}")
    _compare_moves_and_details(expect, report["devices"], found)
    for key in ("ok", "iommu", "command"):
        if key in expect and report[key] != expect[key]:
            found.append(f"the report says {key}: {report[key]}, and it should be {expect[key]}")
    for pattern in expect.get("warnings", []):
        if not any(re.search(pattern, warning) for warning in report["warnings"]):
            found.append(f"no warning of the report matches {pattern!r}: {report['warnings']}")
    for pattern in expect.get("no_warnings", []):
        found.extend(f"this warning should not be in the report: {warning}"
                     for warning in report["warnings"] if re.search(pattern, warning))


def _compare_status(expect, evidence, found):
    """What `status` says in the real root is what the report says of the boot, and what sysfs shows."""
    exit_status = evidence.exits.get("status")
    if not evidence.report:
        if exit_status != 3:
            found.append(f"there is no report, and status ends with {exit_status}")
        return
    try:
        report, status = json.loads(evidence.report), json.loads(evidence.said.get("status", ""))
    except json.JSONDecodeError as error:
        found.append(f"status --json or the report is no JSON: {error}, {evidence.said}")
        return
    told = by_line(status)
    for line, device in by_line(report).items():
        now = told.get(line)
        if now is None:
            found.append(f"status does not tell of {device['label']} {device['address']}")
            continue
        there = evidence.devices.get(device["address"])
        is_bound = there is not None and there.driver == device["target"]
        if is_bound != (now["now"] == "bound"):
            found.append(f"{device['address']} is on {there and there.driver}, and status has it as {now['now']}")
        expected = expect.get("now", {}).get(device["label"], "bound" if device["outcome"] == "bound" else None)
        if expected and now["now"] != expected:
            found.append(f"{device['label']} {device['address']} is {now['now']} by status, and should be {expected}")
    is_ok = all(device["now"] == "bound" for device in status["devices"]) and (report["ok"] or bool(report["devices"]))
    if status["ok"] != is_ok or (exit_status == 0) != is_ok:
        found.append(f"status says ok: {status['ok']} with exit status {exit_status}, and ok should be {is_ok}")


def compare_check(expect, evidence, found):
    """What `check` says on a machine before a boot is what `status` says after it."""
    if not evidence.report:
        return
    try:
        check, status = (json.loads(evidence.said.get(command, "")) for command in ("check", "status"))
    except json.JSONDecodeError as error:
        found.append(f"check --json or status --json is no JSON: {error}, {evidence.said}")
        return
    before, after = by_line(check), by_line(status)
    for label, address in sorted(before.keys() ^ after.keys()):
        found.append(f"{label} {address} is told by check or by status, and not by both")
    for line in sorted(before.keys() & after.keys()):
        said = before[line]["code"] or before[line]["outcome"]
        # What fails while it is bound can be foretold by nobody.
        outcome = after[line]["outcome"]
        became = "would-bind" if outcome in ("bound", "failed") else after[line]["code"] or outcome
        expected = expect.get("foretold", {}).get(line[0], became)
        if said != expected:
            found.append(f"check has {' '.join(line)} as {said}, and it should be {expected}: of the boot, status says {became}")


def by_line(report):
    """The devices of a report, by the line that they are for and their address."""
    return {(device["label"], device["address"] or "-"): device for device in report["devices"]}


def _compare_moves_and_details(expect, devices, found):
    if "moved" in expect:
        moved = {device["address"]: device["moved"] for device in devices if device["moved"]}
        if moved != expect["moved"]:
            found.append(f"the report says that these have moved: {moved}, and they should be {expect['moved']}")
    for label, pattern in expect.get("details", {}).items():
        details = [device["detail"] or "" for device in devices if device["label"] == label]
        if not any(re.search(pattern, detail) for detail in details):
            found.append(f"the report says of {label}: {details}, and should say something like {pattern!r}")
