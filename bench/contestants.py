# SPDX-License-Identifier: MIT
"""What is timed in the initramfs: each contestant is a script of initramfs-tools' first stage, init-top, that binds the
listed devices or is part of what that takes."""

import dataclasses

# All listed devices are of one model: vfio-pci.ids= cannot tell them from others of it, and the rest does not matter to it.
MODEL = "8086:10d3"

LOAD = "modprobe -a vfio-pci vfio_iommu_type1\n"

OVERRIDES = """\
for device in {devices}; do
    echo vfio-pci >/sys/bus/pci/devices/$device/driver_override
done
"""

# What is pasted from forum to wiki, with the devices of whoever pastes it.
RECIPE = """\
PREREQ=""
prereqs() {{
    echo "$PREREQ"
}}
case $1 in
prereqs)
    prereqs
    exit 0
    ;;
esac
{load}for device in {devices}; do
    if [ -e /sys/bus/pci/devices/$device/driver ]; then
        echo $device >/sys/bus/pci/devices/$device/driver/unbind
    fi
    echo vfio-pci >/sys/bus/pci/devices/$device/driver_override
    echo $device >/sys/bus/pci/drivers/vfio-pci/bind
done
exit 0
"""

# What `driverctl set-override` 0.111 does for a device, without bash, which an initramfs does not have, and without saving
# it in /etc. It looks for the module under its name with '-', which /sys/module never has, and so loads it each time.
DRIVERCTL = """\
for device in {devices}; do
    path=/sys$(realpath /sys/bus/pci/devices/$device | cut -c5-)
    if [ ! -d /sys/module/vfio-pci ]; then
        /sbin/modprobe -q vfio-pci || exit 1
    fi
    if [ -L $path/driver ]; then
        echo $device >$path/driver/unbind || exit 1
    fi
    echo vfio-pci >$path/driver_override
    echo $device >/sys/bus/pci/drivers_probe
    [ -L $path/driver ] || exit 1
done
"""

# What /etc/modules leaves in an image.
MODULES = "vfio\nvfio_iommu_type1\nvfio_pci\n"


@dataclasses.dataclass(frozen=True)
class Contestant:
    """A script; `{devices}` in it are the addresses. The one that has none is vfio-early's own, with `ini` to read.

    `place` is its file name, by which init-top is ordered; `modules` is conf/modules of the image; `binds` is whether all
    listed devices are on vfio-pci when it has ended.
    """

    title: str
    script: str | None = ""
    place: str = "00-first"
    ini: str = "[bind]\n{lines}"
    append: str = ""
    modules: str = ""
    binds: bool = True

    def files(self, addresses):
        """What is in the image beside what is there already, by path."""
        lines = "".join(f"nic-{number} = {address} {MODEL}\n" for number, address in enumerate(addresses, 1))
        files = {"etc/vfio-early.ini": self.ini.format(lines=lines)}
        if self.script is not None:
            text = self.script.format(devices=" ".join(addresses), load="")
            files[f"scripts/init-top/{self.place}"] = "#!/bin/sh\n" + text
        if self.modules:
            files["conf/modules"] = self.modules
        return files


OURS = "00-vfio-early"
FLOOR = "floor"

# In the order of the table.
CONTESTANTS = {
    "nothing": Contestant("nothing: an empty script", binds=False),
    "modprobe": Contestant("`modprobe` of the two modules, nothing is bound", LOAD, binds=False),
    FLOOR: Contestant("the floor: the overrides written, then `modprobe`", OVERRIDES + LOAD),
    "vfio-early": Contestant("vfio-early", None, OURS),
    "empty": Contestant("vfio-early with an empty INI", None, OURS, ini="[bind]\n", binds=False),
    "recipe": Contestant(
        "the recipe, made to win: renamed, `modprobe` added", RECIPE.replace("{load}", "modprobe vfio-pci\n"),
    ),
    "ids": Contestant("`vfio-pci.ids=`, and `modprobe` first of all", LOAD, append=f"vfio-pci.ids={MODEL}"),
    "driverctl": Contestant("what driverctl does, as a shell script", DRIVERCTL),
}

# The same as their authors have them, after udev: no times, as who comes second does not race for them.
AS_PASTED = {
    "recipe-as-pasted": Contestant("the recipe as it is pasted", RECIPE, "vfio-bind", modules=MODULES),
    "ids-as-pasted": Contestant(
        "`vfio-pci.ids=` with vfio-pci in /etc/modules", place="vfio-none", append=f"vfio-pci.ids={MODEL}", modules=MODULES,
    ),
}
