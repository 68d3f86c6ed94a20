#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How large vfio-early is, by itself and in an image, beside what others would add to it.

usage: size.py    measures, and prints the section of RESULTS.md
"""

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import stage  # pylint: disable=wrong-import-position

LOG = stage.BUILD / "size.log"
OURS = "vfio-early in an image: program, script, configuration, virtio_iommu"
DRIVERCTL = "bash, its libraries and driverctl in an image"
FILES = {"busybox": "usr/bin/busybox", "bash": "usr/bin/bash", "udevadm": "usr/bin/udevadm"}


def parse(text):
    """What size.sh says: for each image its bytes, and those of what is new in it, plain and packed."""
    images = {}
    for line in text.splitlines():
        name, image, plain, packed = line.split()
        images[name] = {"image": int(image), "plain": int(plain), "packed": int(packed)}
    return images


def measure():
    """The figures, in bytes; in mounts of its own, which need root."""
    import systems  # pylint: disable=import-outside-toplevel

    root = systems.make_root(stage.ROOT)
    package = systems.make_package()
    command = systems.in_own_mounts(["sh", str(stage.HERE / "size.sh"), str(root), str(package)])
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("w") as log:
        said = subprocess.run(command, stdout=subprocess.PIPE, stderr=log, text=True, check=True).stdout
    return {
        "binary": _sizes(stage.RELEASE / "vfio-early"),
        "package": package.stat().st_size,
        "files": {name: _sizes(root / path) for name, path in FILES.items()},
        "images": parse(said),
    }


def _sizes(path):
    packed = subprocess.run(["zstd", "-19", "-c", str(path)], capture_output=True, check=True).stdout
    return {"plain": path.stat().st_size, "packed": len(packed)}


def _row(name, plain, packed, in_image=""):
    return f"| {name} | {plain:,} | {packed:,} | {in_image} |"


def _rows(data):
    images = data["images"]

    def added(name, before):
        return f"{images[name]['image'] - images[before]['image']:,}"

    yield "| bytes | plain | `zstd -19` | what the image grows by |"
    yield "|---|---|---|---|"
    yield _row("vfio-early, the program", **data["binary"])
    ours, theirs, modules = (images[name] for name in ("vfio-early", "driverctl", "modules"))
    yield _row(OURS, ours["plain"], ours["packed"], added("vfio-early", "modules"))
    yield _row(DRIVERCTL, theirs["plain"], theirs["packed"], added("driverctl", "modules"))
    yield _row("the modules, which any way of binding needs", modules["plain"], modules["packed"], added("modules", "plain"))
    for name, sizes in data["files"].items():
        yield _row(f"{name}, the program", **sizes)


def markdown(data):
    return f"""## Size

In bytes. The images are those that Debian 13's initramfs-tools makes with its own settings, of {data['images']['plain']['image']:,} bytes
without any of this. udevadm and busybox, which has the other programs that driverctl runs, are in them already.
The .deb has {data['package']:,} bytes.

{chr(10).join(_rows(data))}
"""


if __name__ == "__main__":
    print(markdown(measure()))
