# SPDX-License-Identifier: MIT
"""One case, tried on one system: its image, its boot, what the judge says, and how it ended."""

import tempfile

import cases
import images
import judge
import machine
import systems
from paths import CACHE, LOGS, RESULTS
from step import StepFailed


def run_test(name):
    """Runs the test SYSTEM.CASE and prints how it ended; True when everything holds."""
    system, case_name = name.split(".", 1)
    keep_result(name, "failed")  # until it has come to its end
    _, all_cases = cases.load_cases()
    case = next(case for case in all_cases if case["name"] == case_name)
    try:
        complaints, place = _complaints_of(system, case)
    except StepFailed as failure:
        complaints, place = [str(failure)], "before its end"
    outcome = "failed" if complaints else "passed"
    keep_result(name, outcome)
    print(f"{name}: {outcome} {place}")
    for complaint in complaints:
        print(f"  {complaint}")
    return not complaints


def _complaints_of(system, case):
    """One line for each thing that is not as it should be, and where to look."""
    if case.get("package"):
        return systems.live_with_package(system), "the package was installed, upgraded, removed and purged"
    if case.get("images_told"):
        return systems.look_at_images(system), "images were made, and looked at with check"
    if "machine" in case:
        evidence = boot_case(system, case)
        place = f"({evidence.seconds:.1f} s), the log is {log_path(system, case)}"
        return judge.complaints(case["expect"], evidence), place
    image = _image_of(system, case)
    return judge.image_complaints(case["expect"], image), f"the image is in {image}"


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
    with tempfile.NamedTemporaryFile(dir=CACHE, suffix=".initrd") as initrd:
        if files:
            of_what, log = f"files of {case['name']} on {system}", LOGS / f"{system}.{case['name']}.cpio.log"
            initrd.write(machine.with_files(image / "initrd.img", files, of_what, log))
        else:
            initrd.write((image / "initrd.img").read_bytes())
        initrd.flush()
        # UEFI starts programs of its own format only.
        kernel = image / ("vmlinuz" if "-bios" in hardware["devices"] else "kernel")
        command = machine.command_of(hardware, kernel, initrd.name, disks, append, _live_script(system, case))
        limit_seconds = case.get("limit", 600 if is_whole else 240)
        return machine.boot(command, log_path(system, case), case.get("keys", ()), limit_seconds)


def _live_script(system, case):
    """The path of what a case runs in the system that was booted, None where it runs nothing."""
    if "live" not in case:
        return None
    path = LOGS / f"{system}.{case['name']}.live"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(case["live"])
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
