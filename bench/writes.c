// SPDX-License-Identifier: MIT
// The least that binds: writes the override of each device that is named, loads vfio-pci, and looks at
// nothing.
//
// usage: writes ADDRESS...
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char** addresses)
{
    for (int i = 1; i < count; ++i) {
        char path[80];
        snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", addresses[i]);
        int const file = open(path, O_WRONLY);
        if (file < 0 || write(file, "vfio-pci", 8) != 8)
            return 1;
        close(file);
    }
    char* const arguments[] = {"modprobe", "vfio-pci", NULL};
    char* const environment[] = {NULL};
    pid_t const child = vfork();
    if (child == 0) {
        execve("/sbin/modprobe", arguments, environment);
        _exit(127);
    }
    int status = 1;
    waitpid(child, &status, 0);
    return status != 0;
}
