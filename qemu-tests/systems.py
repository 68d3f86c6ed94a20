# SPDX-License-Identifier: MIT
"""Real distributions: their root file systems, our package in them, and what of it is made once and kept."""

import dataclasses
import fcntl
import hashlib
import pathlib
import shutil
import sys
import tempfile

from paths import CACHE, GUEST_PROGRAMS, HERE, LOGS, PROJECT, RELEASE, as_root
from step import StepFailed, run_step

sys.path.append(str(PROJECT / "tests"))
import machine_tree  # pylint: disable=wrong-import-position

MOUNT_TABLE = pathlib.Path("/proc/self/mountinfo")

COMMON = ["linux-image-amd64", "kmod", "udev", "zstd", "systemd-sysv"]

# Images are compressed less than by default or not at all: it takes most of the time that it takes to make one (dracut 059: gzip -9).
# They are for another machine than the one they are made on, which dracut 112 would make them for if it were not told.
SETTINGS = """
mkdir -p "$1/etc/dracut.conf.d" "$1/etc/initramfs-tools/conf.d"
echo 'compress="cat"' >"$1/etc/dracut.conf.d/compress.conf"
echo 'hostonly="no"' >"$1/etc/dracut.conf.d/generic.conf"
echo COMPRESSLEVEL=1 >"$1/etc/initramfs-tools/conf.d/compress"
"""
WITHOUT_SYSTEMD = "echo 'omit_dracutmodules+=\" systemd systemd-initrd dracut-systemd \"' >/etc/dracut.conf.d/omit.conf\n"


@dataclasses.dataclass(frozen=True)
class System:
    """A release of Debian with one way of making an initramfs; some share a root file system."""

    release: str
    generator: str
    root: str
    packages: tuple
    prepare: str = ""

    @property
    def way(self):
        """How images are made: systems where this is the same differ in their release alone."""
        return self.generator, self.prepare


def _systems_of(name, release, of_dracut=()):
    dracut = tuple(COMMON + ["dracut", *of_dracut])
    return {
        name: System(release, "initramfs-tools", name, tuple(COMMON + ["initramfs-tools", "busybox"])),
        f"{name}-dracut-systemd": System(release, "dracut", f"{name}-dracut", dracut),
        f"{name}-dracut": System(release, "dracut", f"{name}-dracut", dracut, WITHOUT_SYSTEMD),
    }


# A whole system, with the tools that a user looks at devices with and a hypervisor to give one to; and one that has its guests
# from libvirt.
FULL = {
    "debian13-full": System(
        "trixie", "initramfs-tools", "debian13-full",
        tuple(COMMON + ["initramfs-tools", "busybox", "pciutils", "driverctl", "qemu-system-x86"]),
    ),
    "debian13-libvirt": System(
        "trixie", "initramfs-tools", "debian13-libvirt",
        tuple(COMMON + ["initramfs-tools", "busybox", "qemu-system-x86", "libvirt-daemon-system", "libvirt-clients"]),
    ),
}

# What a root file system of several layers is made with; and that of a whole system where people act on what runs.
_LAYERS = ["cryptsetup", "lvm2", "mdadm", "btrfs-progs", "e2fsprogs", "fdisk", "iproute2"]
STORAGE = {
    "debian13-storage": System(
        "trixie", "initramfs-tools", "debian13-storage",
        tuple(COMMON + ["initramfs-tools", "busybox", "cryptsetup-initramfs", *_LAYERS]),
    ),
    "debian13-storage-dracut": System(
        "trixie", "dracut", "debian13-storage-dracut", tuple(COMMON + ["dracut", *_LAYERS]),
    ),
}

# With what the kernel's modules are built with, where cases need some of ours.
MODULES = {
    f"{name}-modules": System(
        release, "initramfs-tools", f"{name}-modules",
        tuple(COMMON + ["initramfs-tools", "busybox", "linux-headers-amd64", "make"]),
    )
    for name, release in {"debian12": "bookworm", "debian13": "trixie"}.items()
}

# With what the bench measures and measures with; it boots no machine.
BENCH = {
    "debian13-bench": System(
        "trixie", "initramfs-tools", "debian13-bench",
        tuple(COMMON + ["initramfs-tools", "busybox", "bash", "driverctl", "strace", "valgrind"]),
    )
}

# Neighbours have root file systems of their own, as the tests of two run at the same time and would wait for one.
_PAIRS = zip(_systems_of("debian12", "bookworm").items(), _systems_of("debian13", "trixie").items())
SYSTEMS = dict(system for pair in _PAIRS for system in pair) | FULL | STORAGE | MODULES
# Debian's development release moves: it is tested only when asked for. dracut 112 does not depend on the package that has
# switch_root there, which it needs without systemd.
SID = _systems_of("sid", "sid", ["util-linux-extra"])


def make_root(name):
    """The directory with the system's root file system, made with mmdebstrap where it is not there yet."""
    system = (SYSTEMS | SID | BENCH)[name]
    root = CACHE / system.root / "root"
    recipe = [
        "mmdebstrap",
        "--variant=minbase",
        "--include=" + ",".join(system.packages),
        "--aptopt=Acquire::Languages none",
        "--dpkgopt=path-exclude=/usr/share/doc/*",
        "--dpkgopt=path-exclude=/usr/share/man/*",
        "--dpkgopt=path-exclude=/usr/share/locale/*",
        f"--essential-hook={SETTINGS}",
        # A mirror that lags has a Release file that says it is too old. Nothing is installed on the host from it.
        *(["--aptopt=Acquire::Check-Valid-Until false"] if name in SID else []),
        system.release,
    ]
    with only_one(CACHE / system.root / "root.lock"):
        if is_made(root, recipe):
            return root
        print(f"making the root file system of {system.root} with mmdebstrap, about a minute", file=sys.stderr)
        what = f"root file system of {system.root}"
        log = CACHE / system.root / "mmdebstrap.log"
        run_step("rm of the last one", what, as_root(["rm", "-rf", str(root)]), log)
        run_step("mmdebstrap", what, as_root(recipe + [str(root)]), log)
        mark_made(root, recipe)
    return root


def make_package():
    """Our .deb, as a user installs it."""
    recipe = [hash_of_what_is_installed()]
    stamp = CACHE / "package"
    with only_one(CACHE / "package.lock"):
        packages = sorted(RELEASE.glob("*.deb"))
        if packages and is_made(stamp, recipe):
            return packages[0]
        for package in packages:
            package.unlink()
        run_step("cpack", "package", ["cpack", "-G", "DEB"], CACHE / "package.log", cwd=RELEASE)
        stamp.touch()
        mark_made(stamp, recipe)
        return sorted(RELEASE.glob("*.deb"))[0]


def live_with_package(name):
    """Installs, upgrades, removes and purges the package in a system; one line for each thing that went wrong."""
    return _complaints_of_script("package-life.sh", "life of the package", name)


def look_at_images(name):
    """Makes images in a system that are well and that are not, and compares what is told of them; the same."""
    return _complaints_of_script("images-told.sh", "images", name, SYSTEMS[name].prepare)


def _complaints_of_script(script, what, name, *more):
    """What a script complains of that is given a root file system, our package and a machine's /sys."""
    root = make_root(name)
    package = make_package()
    with tempfile.TemporaryDirectory(dir=CACHE) as tree:
        machine_tree.build(tree, {"machine": "gtx1660ti-laptop"})
        command = in_own_mounts(["sh", str(HERE / script), str(root), str(package), f"{tree}/sys", *more])
        with tempfile.TemporaryFile("w+", dir=CACHE) as complaints:
            failure = []
            try:
                run_step(script, f"{what} in {name}", command, LOGS / f"{name}.{what.split()[-1]}.log", stdout=complaints)
            except StepFailed as error:
                failure.append(str(error))
            complaints.seek(0)
            return complaints.read().splitlines() + failure


def in_own_mounts(command):
    """The command, behind what lets it mount as root, unseen by others."""
    mount_points = [line.split()[4] for line in MOUNT_TABLE.read_text().splitlines()]
    # In a chroot `/` may be no mount point, and unshare fails to keep mounts made below it from others.
    seen = [] if "/" in mount_points else ["--propagation", "unchanged"]
    return as_root(["unshare", "--mount", *seen, *command])


def make_real_root():
    """A file system with nothing but the programs that run after switch-root, as an image."""
    image = CACHE / "real-root.ext4"
    tree = CACHE / "real-root"
    programs = [GUEST_PROGRAMS / "real_root", GUEST_PROGRAMS / "vfio-client", RELEASE / "vfio-early"]
    directories = ["sbin", "dev", "proc", "sys", "run", "etc", "usr/sbin", "usr/lib/vfio-early-tests"]
    os_release = "ID=test\n"  # systemd switches to no root that has none
    recipe = [hashlib.sha256(program.read_bytes()).hexdigest() for program in programs] + directories + [os_release, "LABEL=root"]
    with only_one(CACHE / "real-root.lock"):
        if is_made(image, recipe):
            return image
        shutil.rmtree(tree, ignore_errors=True)
        for directory in directories:
            (tree / directory).mkdir(parents=True)
        (tree / "etc/os-release").write_text(os_release)
        shutil.copy(programs[0], tree / "sbin" / "init")
        shutil.copy(programs[1], tree / "usr/lib/vfio-early-tests/vfio-client")
        shutil.copy(programs[2], tree / "usr/sbin/vfio-early")
        with image.open("wb") as file:
            file.truncate(8 << 20)
        command = ["mke2fs", "-q", "-F", "-t", "ext4", "-L", "root", "-d", str(tree), str(image)]
        run_step("mke2fs", "disk of the real root", command, CACHE / "real-root.log")
        mark_made(image, recipe)
    return image


def hash_of_what_is_installed():
    digest = hashlib.sha256()
    installed = [RELEASE / "vfio-early", PROJECT / "etc" / "vfio-early.ini"]
    installed += [GUEST_PROGRAMS / name for name in ("vfio-client", "real_root", "inject")]
    installed += [HERE / "guest" / name for name in ("inspect.sh", "inspect.service", "make-image.service")]
    installed += [PROJECT / "install.cmake"]
    for directory in ("hooks", "packaging", "units"):
        installed += sorted(path for path in (PROJECT / directory).rglob("*") if path.is_file())
    for path in installed:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def only_one(path):
    """Tests run at the same time, and what they share is made once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def stamp_of(path):
    return path.with_name(path.name + ".recipe")


def is_made(path, recipe):
    stamp = stamp_of(path)
    return path.exists() and stamp.exists() and stamp.read_text() == "\n".join(recipe)


def mark_made(path, recipe):
    stamp_of(path).write_text("\n".join(recipe))
