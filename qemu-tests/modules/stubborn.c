// SPDX-License-Identifier: MIT
// A driver that is hard to take a device from.
//
//   device=ADDRESS   what it drives
//   milliseconds=N   how long its remove does not return
//   probes=N         how often it takes the device, after which it answers EIO; 0: always

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pci.h>

static char *device = "";
module_param(device, charp, 0444);

static int milliseconds;
module_param(milliseconds, int, 0444);

static int probes;
module_param(probes, int, 0444);

static int taken;

static int probe(struct pci_dev *function, const struct pci_device_id *id)
{
    if (strcmp(pci_name(function), device))
        return -ENODEV;
    if (probes && taken == probes) {
        pci_warn(function, "is not taken again\n");
        return -EIO;
    }
    ++taken;
    pci_warn(function, "is taken\n");
    return 0;
}

static void remove(struct pci_dev *function)
{
    pci_warn(function, "is being let go\n");
    msleep(milliseconds);
    pci_warn(function, "is let go\n");
}

// Without MODULE_DEVICE_TABLE nothing loads it but its name.
static const struct pci_device_id every_device[] = { { PCI_DEVICE(PCI_ANY_ID, PCI_ANY_ID) }, { } };

static struct pci_driver stubborn = {
    .name = "stubborn",
    .id_table = every_device,
    .probe = probe,
    .remove = remove,
};
module_pci_driver(stubborn);
MODULE_DESCRIPTION("A driver that is hard to take a device from");
MODULE_LICENSE("Dual MIT/GPL");
