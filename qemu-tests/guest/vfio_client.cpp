// SPDX-License-Identifier: MIT
// A VFIO client as small as one can be: does with a device what a virtual machine does before it starts.
//
//   vfio-client ADDRESS            opens the group, checks that it is viable, gets the device, maps a BAR and
//   reads it vfio-client ADDRESS SECONDS    the same, and then keeps the device open for so long
//
// Prints one line: 'ok …' or 'failed: …'. Documentation/driver-api/vfio.rst of the kernel has the steps.

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

int fail(char const* what)
{
    printf("failed: %s: %s\n", what, strerror(errno));
    return 1;
}

int open_group(char const* address)
{
    char path[128];
    snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", address);
    char link[256] = {};
    if (readlink(path, link, sizeof(link) - 1) < 0)
        return -1;
    char const* name = strrchr(link, '/');
    snprintf(path, sizeof(path), "/dev/vfio/%s", name ? name + 1 : link);
    return open(path, O_RDWR);
}

// Maps the first BAR that says that it can be, and reads its first word; the size of the BAR, or 0.
unsigned long long map_a_bar(int device, unsigned& number)
{
    for (number = VFIO_PCI_BAR0_REGION_INDEX; number <= VFIO_PCI_BAR5_REGION_INDEX; ++number) {
        vfio_region_info region = {};
        region.argsz = sizeof(region);
        region.index = number;
        if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &region) < 0 || region.size == 0)
            continue;
        if (!(region.flags & VFIO_REGION_INFO_FLAG_MMAP))
            continue;
        auto* bar = mmap(nullptr, region.size, PROT_READ | PROT_WRITE, MAP_SHARED, device,
            static_cast<off_t>(region.offset));
        if (bar == MAP_FAILED)
            return 0;
        static_cast<void>(*static_cast<unsigned volatile*>(bar));
        munmap(bar, region.size);
        return region.size;
    }
    return 0;
}

int use(char const* address, unsigned seconds_to_hold)
{
    int const container = open("/dev/vfio/vfio", O_RDWR);
    if (container < 0)
        return fail("/dev/vfio/vfio");
    int const group = open_group(address);
    if (group < 0)
        return fail("opening the group");
    vfio_group_status status = {};
    status.argsz = sizeof(status);
    if (ioctl(group, VFIO_GROUP_GET_STATUS, &status) < 0)
        return fail("VFIO_GROUP_GET_STATUS");
    if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE)) {
        printf("failed: the group is not viable\n");
        return 1;
    }
    if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) < 0)
        return fail("VFIO_GROUP_SET_CONTAINER");
    if (ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) < 0)
        return fail("VFIO_SET_IOMMU");
    int const device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, address);
    if (device < 0)
        return fail("VFIO_GROUP_GET_DEVICE_FD");
    unsigned number = 0;
    auto const size = map_a_bar(device, number);
    if (size == 0)
        return fail("mapping a BAR");
    printf("ok viable, mapped BAR %u of %llu bytes\n", number, size);
    fflush(stdout);
    sleep(seconds_to_hold);
    return 0;
}

} // namespace

int main(int argument_count, char** arguments)
{
    if (argument_count != 2 && argument_count != 3) {
        printf("usage: vfio-client ADDRESS [SECONDS]\n");
        return 2;
    }
    return use(arguments[1], argument_count == 3 ? static_cast<unsigned>(atoi(arguments[2])) : 0);
}
