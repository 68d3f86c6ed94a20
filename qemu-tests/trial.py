# SPDX-License-Identifier: MIT
"""One case, tried on one system: its image, its boot, what the judge says, and how it ended."""

import pathlib
import re
import tempfile

import cases
import images
import judge
import machine
import systems
from paths import CACHE, LOGS, PROJECT, RESULTS
from step import StepFailed

RECORDS = PROJECT / "tests" / "machines" / "qemu"


def run_test(name, asks_before=False):
    """Runs the test SYSTEM.CASE and prints how it ended; True when everything holds. `check` is asked before or after."""
    keep_result(name, "failed")  # until it has come to its end
    system, case = _case_named(name)
    try:
        complaints, place = _complaints_of(system, case, asks_before)
    except StepFailed as failure:
        complaints, place = [str(failure)], "before its end"
    outcome = "failed" if complaints else "passed"
    keep_result(name, outcome)
    print(f"{name}: {outcome} {place}")
    for complaint in complaints:
        print(f"  {complaint}")
    return not complaints


def _case_named(name):
    """The system and the case of the test SYSTEM.CASE."""
    system, case_name = name.split(".", 1)
    _, all_cases = cases.load_cases()
    return system, next(case for case in all_cases if case["name"] == case_name)


def _complaints_of(system, case, asks_before):
    """One line for each thing that is not as it should be, and where to look."""
    if case.get("package"):
        return systems.live_with_package(system), "the package was installed, upgraded, removed and purged"
    if case.get("images_told"):
        return systems.look_at_images(system), "images were made, and looked at with check"
    if "machine" in case:
        before = boot_case(system, _switched_off(case)) if asks_before else None
        evidence = boot_case(system, case)
        if before:
            evidence.said["check"] = before.said.get("check", "")
        place = f"({evidence.seconds:.1f} s), the log is {log_path(system, case)}"
        return judge.complaints(case["expect"], evidence), place
    image = _image_of(system, case)
    return judge.image_complaints(case["expect"], image), f"the image is in {image}"


def _switched_off(case):
    """The same machine in a boot in which nothing is bound and nobody does anything."""
    off = {word: value for word, value in case.items() if word not in ("live", "keys")}
    return off | {"append": f"{case.get('append', '')} rd.vfio_early=0"}


def _image_of(system, case):
    """The directory with the image of a case."""
    known, _ = cases.load_cases()
    return images.make_image(system, known[case.get("image", "standard")])


def boot_case(system, case):
    """Boots the machine of a case; what it left behind."""
    image = _image_of(system, case)
    disks = images.disks_of(image)
    # The system itself up to multi-user, or a small root that tells its story and no more.
    is_whole = case.get("whole_system", False)
    if not is_whole:
        disks["root"] = systems.make_real_root()
    mode = "rw" if is_whole else "ro"
    hardware = case["machine"]
    # panic= ends a lost boot at once; it would also end the shell that a case with keys types into.
    panic = "" if "keys" in case else "panic=-1"
    append = f"{mode} {panic} {hardware.get('append', '')} {case.get('append', '')}".strip()
    files = {f"etc/vfio-early.{word}": case[word] for word in ("ini", "facts") if word in case}
    with tempfile.NamedTemporaryFile(dir=CACHE, suffix=".initrd") as initrd, tempfile.TemporaryDirectory(dir=CACHE) as directory:
        if files:
            of_what, log = f"files of {case['name']} on {system}", LOGS / f"{system}.{case['name']}.cpio.log"
            initrd.write(machine.with_files(image / "initrd.img", files, of_what, log))
        else:
            initrd.write((image / "initrd.img").read_bytes())
        initrd.flush()
        # UEFI starts programs of its own format only.
        kernel = image / ("vmlinuz" if "-bios" in hardware["devices"] else "kernel")
        strings = () if is_whole else _as_strings(_files_of(image) | files, pathlib.Path(directory))
        command = machine.command_of(hardware, kernel, initrd.name, disks, append, _live_script(system, case), strings)
        limit_seconds = case.get("limit", 600 if is_whole else 240)
        return machine.boot(command, log_path(system, case), case.get("keys", ()), limit_seconds)


def _files_of(image):
    """Our files in an image, by path."""
    paths = [image / name for name in ("vfio-early.ini", "vfio-early.facts")]
    return {f"etc/{path.name}": path.read_text() for path in paths if path.exists()}


def _as_strings(files, directory):
    """The paths of files that have NAME=TEXT, for files of /etc by their path."""
    made = []
    for path, text in files.items():
        name = pathlib.PurePath(path).name
        made.append(directory / name)
        made[-1].write_text(f"{name}={text}")
    return made


def _live_script(system, case):
    """The path of what a case runs in the system that was booted, None where it runs nothing."""
    if "live" not in case:
        return None
    path = LOGS / f"{system}.{case['name']}.live"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(case["live"])
    return path


def record_machine(name):
    """Keeps what `list --json` said in the last boot of the test SYSTEM.CASE; where."""
    system, case = _case_named(name)
    path = RECORDS / f"{case['machine']['name']}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    said = machine.read_evidence(log_path(system, case).read_text(errors="replace")).said["list"]
    path.write_text(re.sub(r'"vfio_early": "[^"]*", ', "", said, count=1) + "\n")
    return path


def log_path(system, case):
    """Where a boot's serial line is kept."""
    return LOGS / f"{system}.{case['name']}.log"


def keep_result(name, outcome):
    """Remembers how a test ended: passed, failed or skipped."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / name).write_text(outcome)


def result_of(name):
    """How a test ended when it was run last, '?' where it never was."""
    path = RESULTS / name
    return path.read_text() if path.exists() else "?"
