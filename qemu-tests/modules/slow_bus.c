// SPDX-License-Identifier: MIT
// A PCI bus on which binding some devices takes its time, and on which vfio-pci fails for others.
//
//   slow=ADDRESS,… milliseconds=N   whatever driver is bound to these, it takes so much longer
//   refused=ADDRESS,…               vfio-pci answers EINVAL for these

#include <linux/delay.h>
#include <linux/device.h>
#include <linux/module.h>
#include <linux/pci.h>

static char *slow[8];
static int slow_count;
module_param_array(slow, charp, &slow_count, 0444);

static char *refused[8];
static int refused_count;
module_param_array(refused, charp, &refused_count, 0444);

static int milliseconds = 1500;
module_param(milliseconds, int, 0444);

static bool is_among(struct device *device, char **addresses, int count)
{
    int i;

    for (i = 0; i < count; ++i)
        if (!strcmp(dev_name(device), addresses[i]))
            return true;
    return false;
}

static bool is_refused_to(struct device *device)
{
    return is_among(device, refused, refused_count) && !strcmp(dev_driver_string(device), "vfio-pci");
}

// Called with the device locked, before it has a `driver` link and before the driver's probe (really_probe() in
// drivers/base/dd.c). vfio-pci refuses what has not the header of an endpoint (vfio_pci_core_register_device()).
static int notify(struct notifier_block *block, unsigned long action, void *data)
{
    struct device *device = data;
    struct pci_dev *function = to_pci_dev(device);

    if (action == BUS_NOTIFY_BIND_DRIVER && is_among(device, slow, slow_count)) {
        pr_warn("slow_bus: %s: %s is bound slowly\n", dev_name(device), dev_driver_string(device));
        msleep(milliseconds);
        pr_warn("slow_bus: %s: and now it is\n", dev_name(device));
    }
    if (action == BUS_NOTIFY_BIND_DRIVER && is_refused_to(device)) {
        pr_warn("slow_bus: %s: vfio-pci is to refuse it\n", dev_name(device));
        function->hdr_type = PCI_HEADER_TYPE_BRIDGE;
    }
    if (action == BUS_NOTIFY_DRIVER_NOT_BOUND && is_among(device, refused, refused_count))
        function->hdr_type = PCI_HEADER_TYPE_NORMAL;
    return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = notify };

static int __init start(void)
{
    return bus_register_notifier(&pci_bus_type, &notifier);
}

static void __exit end(void)
{
    bus_unregister_notifier(&pci_bus_type, &notifier);
}

module_init(start);
module_exit(end);
MODULE_DESCRIPTION("A PCI bus on which binding takes its time or fails");
MODULE_LICENSE("Dual MIT/GPL");
