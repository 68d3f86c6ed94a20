# SPDX-License-Identifier: MIT
"""The initramfs images that the distributions' own tools make: in a root file system here, or on a machine that runs it.

An image is a directory with kernel and initrd.img, build.log with what the tools said, and NAME.disk for each disk that it
leaves behind: `root` is the whole system.
"""

import io
import lzma
import shutil
import struct
import subprocess
import tarfile
import tempfile

import machine
from paths import CACHE, GUEST_PROGRAMS, HERE
from step import LINES_SHOWN, StepFailed, run_step
from systems import (
    SID, SYSTEMS, hash_of_what_is_installed, in_own_mounts, is_made, make_package, make_root, mark_made, only_one, stamp_of,
)

# Kernel modules of ours, as source.
KERNEL_MODULES = HERE / "modules"
# How much a machine can hand over: an image that is not compressed, and what goes with it.
EXCHANGE_BYTES = 1 << 30
EXCHANGE_DISK = "-device virtio-blk-pci,drive=exchange,serial=exchange,addr=1e.0"
TO_MAKE_AN_IMAGE = "rw panic=-1 tests.make_image systemd.show_status=no mitigations=off"


def make_image(system_name, image):
    """The directory of an image. `image` is a table of cases.toml, as load_cases() gives it."""
    output = CACHE / system_name / f"image-{image['name']}"
    make = _made_on_machine if "made_on" in image else _made_here
    recipe, make_it = make(system_name, image, output)
    with only_one(CACHE / system_name / f"image-{image['name']}.lock"):
        if not is_made(output, recipe):
            shutil.rmtree(output, ignore_errors=True)
            output.mkdir(parents=True)
            make_it()
            mark_made(output, recipe)
    return output


def disks_of(image):
    """The disks that an image has left behind, by name."""
    return {path.stem: path for path in sorted(image.glob("*.disk"))}


def _script(system, image, step):
    """What is done in a step, for every generator and for the one of the system."""
    return image.get(step, "") + image.get(f"{step}_{system.generator}".replace("-", "_"), "")


def _made_here(system_name, image, output):
    """An image that is made by installing our package in a root file system: its recipe, and what makes it."""
    system = (SYSTEMS | SID)[system_name]
    scripts = {step: _script(system, image, step) for step in ("prepare", "change")}
    scripts["prepare"] = system.prepare + scripts["prepare"]
    recipe = [*scripts.values(), str(image.get("disk")), hash_of_what_is_installed()]
    recipe += [(HERE / script).read_text() for script in ("build-image.sh", "overlay.sh")]
    root = make_root(system_name)
    recipe.append(stamp_of(root).read_text())
    if image.get("modules"):
        recipe += [path.read_text() for path in sorted(KERNEL_MODULES.iterdir())]
    package = make_package()

    def make_it():
        for step, script in scripts.items():
            (output / step).write_text(script)
        if image.get("disk"):
            (output / "disk").touch()
        if image.get("modules"):
            shutil.copytree(KERNEL_MODULES, output / "modules")
        paths = [str(root), str(package), str(GUEST_PROGRAMS), str(HERE / "guest"), str(output)]
        command = in_own_mounts(["sh", str(HERE / "build-image.sh"), *paths])
        run_step("build-image.sh", f"image {image['name']} of {system_name}", command, output / "build.log")
        (output / "kernel").write_bytes(_unpacked((output / "vmlinuz").read_bytes()))

    return recipe, make_it


def _made_on_machine(system_name, image, output):
    """The same for an image that a whole system makes while it runs on its machine, from what another image left behind."""
    system = (SYSTEMS | SID)[system_name]
    before = make_image(system_name, image["after"])
    hardware = image["made_on"]
    script = _script(system, image, "on_machine")
    guest_script = (HERE / "guest" / "make-image.sh").read_text()
    recipe = [script, guest_script, str(sorted(hardware.items())), str(image.get("disks")), image.get("append", "")]
    recipe.append(stamp_of(before).read_text())

    def make_it():
        (output / "kernel").symlink_to(before / "kernel")
        disks = _disks_of_its_own(before, image.get("disks", {}), output)
        log = output / "machine.log"
        with tempfile.NamedTemporaryFile(dir=CACHE, suffix=".exchange") as exchange:
            _write_archive(exchange, {"make-image.sh": guest_script, "on_machine": script})
            # A disk more than the machine has otherwise, out of the way of what is on the bus.
            with_exchange = hardware | {"devices": f"{hardware['devices']} {EXCHANGE_DISK}"}
            append = f"{TO_MAKE_AN_IMAGE} {hardware.get('append', '')} {image.get('append', '')}"
            said = machine.run(
                machine.command_of(
                    with_exchange, output / "kernel", before / "initrd.img", disks | {"exchange": exchange.name}, append,
                    snapshot="off",
                ),
                log,
            )
            if "@@ image made" not in said:
                end = "".join(f"\n  {line}" for line in said.splitlines()[-LINES_SHOWN:])
                raise StepFailed(f"image {image['name']} of {system_name}: its machine did not make it, {log} ends with:{end}")
            with tarfile.open(exchange.name) as archive:
                for member in archive:
                    (output / member.name).write_bytes(archive.extractfile(member).read())

    return recipe, make_it


def _disks_of_its_own(before, new, output):
    """Copies of the disks that an image begins with, and those that are new, by name."""
    disks = {}
    for name, path in disks_of(before).items():
        disks[name] = output / path.name
        subprocess.run(["cp", "--sparse=always", str(path), str(disks[name])], check=True)
    for name, size in new.items():
        disks[name] = output / f"{name}.disk"
        subprocess.run(["truncate", f"--size={size}", str(disks[name])], check=True)
    return disks


def _write_archive(file, texts):
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, text in texts.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    file.truncate(EXCHANGE_BYTES)
    file.flush()


def _unpacked(kernel):
    """What QEMU starts: the ELF inside of a bzImage, which has an entry for PVH, where it is packed with xz, else the bzImage.

    Unpacking xz, as of Debian 12, costs an emulated processor four seconds in each boot. Where the payload is, is in
    the header: setup_sects, payload_offset and payload_length (Documentation/arch/x86/boot.rst).
    """
    setup_sectors = kernel[0x1F1]
    offset, length = struct.unpack_from("<II", kernel, 0x248)
    payload = kernel[512 * (1 + setup_sectors) + offset :][:length]
    is_xz = payload.startswith(b"\xfd7zXZ\0")
    return lzma.LZMADecompressor().decompress(payload) if is_xz else kernel
