"""Root file systems of real distributions, and the images that their own tools make in them."""

import fcntl
import hashlib
import shutil
import subprocess
import sys

from paths import CACHE, GUEST_PROGRAMS, HERE, PROJECT, RELEASE, as_root

# The release each system is, for mmdebstrap.
SYSTEMS = {"debian12": "bookworm", "debian13": "trixie"}

PACKAGES = ["linux-image-amd64", "initramfs-tools", "busybox", "zstd"]


def make_root(system):
    """The directory with the system's root file system, made with mmdebstrap where it is not there yet."""
    root = CACHE / system / "root"
    recipe = [
        "mmdebstrap",
        "--variant=minbase",
        "--include=" + ",".join(PACKAGES),
        "--aptopt=Acquire::Languages none",
        "--dpkgopt=path-exclude=/usr/share/doc/*",
        "--dpkgopt=path-exclude=/usr/share/man/*",
        "--dpkgopt=path-exclude=/usr/share/locale/*",
        SYSTEMS[system],
    ]
    with _only_one(CACHE / system / "root.lock"):
        if _is_made(root, recipe):
            return root
        print(f"making the root file system of {system} with mmdebstrap", file=sys.stderr)
        subprocess.run(as_root(["rm", "-rf", str(root)]), check=True)
        log = CACHE / system / "mmdebstrap.log"
        with log.open("w") as output:
            result = subprocess.run(
                as_root(recipe + [str(root)]), stdout=output, stderr=subprocess.STDOUT, check=False
            )
        if result.returncode != 0:
            sys.exit(f"mmdebstrap failed for {system}, see {log}:\n{log.read_text()[-2000:]}")
        _mark_made(root, recipe)
    return root


def make_image(system, name, prepare):
    """The directory with vmlinuz and initrd.img of the system with vfio-early installed and `prepare` run in it."""
    output = CACHE / system / f"image-{name}"
    recipe = [prepare, _hash_of_what_is_installed(), (HERE / "build-image.sh").read_text()]
    root = make_root(system)
    with _only_one(CACHE / system / f"image-{name}.lock"):
        if _is_made(output, recipe):
            return output
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir(parents=True)
        command = ["unshare", "--mount", "sh", str(HERE / "build-image.sh")]
        paths = [str(root), str(RELEASE), str(GUEST_PROGRAMS), str(output)]
        subprocess.run(as_root(command + paths), input=prepare, text=True, check=True)
        _mark_made(output, recipe)
    return output


def make_real_root():
    """A file system with nothing but the programs that run after switch-root, as an image."""
    image = CACHE / "real-root.ext4"
    tree = CACHE / "real-root"
    programs = [GUEST_PROGRAMS / "real_root", GUEST_PROGRAMS / "vfio-client"]
    recipe = [hashlib.sha256(program.read_bytes()).hexdigest() for program in programs]
    with _only_one(CACHE / "real-root.lock"):
        if _is_made(image, recipe):
            return image
        shutil.rmtree(tree, ignore_errors=True)
        for directory in ("sbin", "dev", "proc", "sys", "run", "etc"):
            (tree / directory).mkdir(parents=True)
        shutil.copy(programs[0], tree / "sbin" / "init")
        shutil.copy(programs[1], tree / "sbin" / "vfio-client")
        with image.open("wb") as file:
            file.truncate(8 << 20)
        subprocess.run(["/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-d", tree, image], check=True)
        _mark_made(image, recipe)
    return image


def _hash_of_what_is_installed():
    digest = hashlib.sha256()
    installed = [RELEASE / "vfio-early", GUEST_PROGRAMS / "vfio-client", PROJECT / "etc" / "vfio-early.ini"]
    installed += sorted(path for path in (PROJECT / "hooks").rglob("*") if path.is_file())
    for path in installed:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _only_one(path):
    """Tests run at the same time, and what they share is made once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def _stamp(path, recipe):
    return path.with_name(path.name + ".recipe"), "\n".join(recipe)


def _is_made(path, recipe):
    stamp, text = _stamp(path, recipe)
    return path.exists() and stamp.exists() and stamp.read_text() == text


def _mark_made(path, recipe):
    stamp, text = _stamp(path, recipe)
    stamp.write_text(text)
