// SPDX-License-Identifier: MIT
// Stands in for modprobe and the kernel on a tree: 'loading' vfio-pci binds each device whose override names
// it, as pci_register_driver() does.
//
// usage: modprobe ... vfio-pci ...
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char const* const made[] = {"/sys/bus/pci/drivers/vfio-pci", "/sys/module/vfio",
    "/sys/module/vfio_pci", "/sys/module/vfio_pci_core", "/sys/module/vfio_iommu_type1"};
static char const* const files[] = {"bind", "unbind", "new_id", "remove_id"};

static void bind_if_named(int devices, char const* address)
{
    char path[300];
    char text[16] = "";
    snprintf(path, sizeof(path), "%s/driver_override", address);
    int const file = openat(devices, path, O_RDONLY);
    if (file < 0)
        return;
    if (read(file, text, sizeof(text) - 1) >= 8 && strncmp(text, "vfio-pci", 8) == 0) {
        snprintf(path, sizeof(path), "%s/driver", address);
        symlinkat("/sys/bus/pci/drivers/vfio-pci", devices, path);
    }
    close(file);
}

int main(int count, char** arguments)
{
    int is_asked = 0;
    for (int i = 1; i < count; ++i)
        is_asked |= strcmp(arguments[i], "vfio-pci") == 0;
    if (!is_asked)
        return 0;
    for (unsigned i = 0; i < sizeof(made) / sizeof(*made); ++i)
        mkdir(made[i], 0755);
    int const driver = open(made[0], O_RDONLY | O_DIRECTORY);
    for (unsigned i = 0; i < sizeof(files) / sizeof(*files); ++i)
        close(openat(driver, files[i], O_WRONLY | O_CREAT, 0200));
    int const devices = open("/sys/bus/pci/devices", O_RDONLY | O_DIRECTORY);
    DIR* const list = fdopendir(devices);
    for (struct dirent* entry = readdir(list); entry; entry = readdir(list))
        bind_if_named(devices, entry->d_name);
    return 0;
}
