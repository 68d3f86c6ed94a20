// SPDX-License-Identifier: MIT
// What a machine shows below /sys and /proc, made up: the one place that knows what the kernel writes there
// of a PCI function. There is no kernel behind it: what is written stays as it was written, and no link
// changes.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace vfio_early {

struct FakeDevice {
    std::string address;
    std::string id; // VENDOR:DEVICE
    uint32_t class_code = 0; // with the programming interface
    std::optional<uint32_t> group = {};
    std::string driver = {}; // empty for none
    std::string subsystem = "1043:8520";
    bool is_express = true;
};

// The text of its `uevent` file (pci_uevent() in drivers/pci/pci-driver.c): the kernel prints the class
// without leading zeros, and ids in upper case.
inline std::string uevent_of(FakeDevice const& device)
{
    auto const upper = [](std::string text) {
        for (char& letter : text)
            letter = static_cast<char>(toupper(letter));
        return text;
    };
    char class_text[16];
    snprintf(class_text, sizeof(class_text), "%X", device.class_code);
    return (device.driver.empty() ? "" : "DRIVER=" + device.driver + "\n") + "PCI_CLASS=" + class_text
        + "\nPCI_ID=" + upper(device.id) + "\nPCI_SUBSYS_ID=" + upper(device.subsystem)
        + "\nPCI_SLOT_NAME=" + device.address + "\n";
}

// The first 64 bytes of its configuration space, of which the header type is right.
inline std::string config_of(FakeDevice const& device)
{
    constexpr size_t header_type_offset = 0x0e;
    std::string config(64, '\0');
    auto const class_of_device = device.class_code >> 8;
    config[header_type_offset] = class_of_device == 0x0604 ? 1 : class_of_device == 0x0607 ? 2 : 0;
    return config;
}

class FakeMachine {
public:
    explicit FakeMachine(std::filesystem::path directory) : m_directory(std::move(directory)) { }

    void write(std::string const& path, std::string const& text)
    {
        make_parent(path);
        std::ofstream(m_directory / path, std::ios::binary) << text;
    }

    std::string read(std::string const& path) const
    {
        std::ostringstream text;
        text << std::ifstream(m_directory / path, std::ios::binary).rdbuf();
        return text.str();
    }

    void link(std::string const& path, std::string const& target)
    {
        make_parent(path);
        std::filesystem::create_symlink(target, m_directory / path);
    }

    void make_directory(std::string const& path) { std::filesystem::create_directories(m_directory / path); }

    // What is there on every machine, and an IOMMU of this name ('dmar0' is Intel's); empty for none.
    void add_machine(std::string const& iommu = "dmar0")
    {
        make_directory("sys/class/iommu");
        if (!iommu.empty())
            make_directory("sys/class/iommu/" + iommu);
        write("sys/bus/pci/drivers_probe", "");
        write("proc/cmdline", "quiet\n");
        write("proc/cpuinfo", "flags\t\t: fpu vmx\n");
        write("dev/kmsg", "");
        make_directory("run");
        make_directory("etc");
    }

    void add_driver(std::string const& name) { write("sys/bus/pci/drivers/" + name + "/bind", ""); }

    void add_device(FakeDevice const& device)
    {
        auto const directory = "sys/bus/pci/devices/" + device.address + "/";
        write(directory + "uevent", uevent_of(device));
        write(directory + "config", config_of(device));
        write(directory + "driver_override", "(null)\n");
        if (device.class_code >> 8 == 0x0300)
            write(directory + "boot_vga", "0\n");
        if (device.is_express)
            write(directory + "max_link_speed", "8.0 GT/s PCIe\n");
        if (device.group) {
            auto const group = std::to_string(*device.group);
            link(directory + "iommu_group", "../../../../kernel/iommu_groups/" + group);
            link("sys/kernel/iommu_groups/" + group + "/devices/" + device.address,
                "../../../../bus/pci/devices/" + device.address);
        }
        if (!device.driver.empty()) {
            link(directory + "driver", "../../drivers/" + device.driver);
            link("sys/bus/pci/drivers/" + device.driver + "/" + device.address,
                "../../devices/" + device.address);
            write("sys/bus/pci/drivers/" + device.driver + "/unbind", "");
        }
    }

    // The buses below a bridge: what sysfs says of the first, and both in its configuration space.
    void add_buses(std::string const& address, unsigned first, unsigned last)
    {
        auto const directory = "sys/bus/pci/devices/" + address + "/";
        write(directory + "secondary_bus_number", std::to_string(first) + "\n");
        auto config = read(directory + "config");
        config[0x19] = static_cast<char>(first);
        config[0x1a] = static_cast<char>(last);
        write(directory + "config", config);
    }

    // For a class that does not imply it.
    void set_header_type(std::string const& address, char type)
    {
        auto const path = "sys/bus/pci/devices/" + address + "/config";
        auto config = read(path);
        config[0x0e] = type;
        write(path, config);
    }

    // Makes a bridge one that shpchp drives: with a Standard Hot-Plug Controller at 40.
    void add_hotplug_controller(std::string const& address)
    {
        auto const path = "sys/bus/pci/devices/" + address + "/config";
        auto config = read(path);
        config.resize(256, '\0');
        config[0x06] = 0x10;
        config[0x34] = 0x40;
        config[0x40] = 0x0c;
        write(path, config);
    }

    // A device of the platform that has a driver, by its directory below /sys/devices.
    void add_platform_device(std::string const& where, std::string const& driver)
    {
        auto const name = where.substr(where.rfind('/') + 1);
        link("sys/bus/platform/devices/" + name, "../../../devices/" + where);
        link("sys/devices/" + where + "/driver", "/sys/bus/platform/drivers/" + driver);
        write("sys/bus/platform/drivers/" + driver + "/unbind", "");
    }

    // A block device, by its directory below /sys/devices and its number. Those of the kernel's own making,
    // such as mappings, are below 'virtual/block'.
    void add_block_device(std::string const& where, std::string const& number)
    {
        auto const name = where.substr(where.rfind('/') + 1);
        write("sys/devices/" + where + "/dev", number + "\n");
        make_directory("sys/devices/" + where + "/holders");
        link("sys/dev/block/" + number, "../../devices/" + where);
        link("sys/class/block/" + name, "../../devices/" + where);
    }

    // A part of the disk in whose directory it is.
    void add_partition(std::string const& where, std::string const& number)
    {
        add_block_device(where, number);
        write("sys/devices/" + where + "/partition", "1\n");
    }

    // A mapping or an array that stands on other block devices. The kernel's links are relative.
    void add_layer(std::string const& name, std::string const& number, std::vector<std::string> const& lower)
    {
        add_block_device("virtual/block/" + name, number);
        for (auto const& below : lower) {
            link("sys/devices/virtual/block/" + name + "/slaves/" + below, "/sys/class/block/" + below);
            link("sys/class/block/" + below + "/holders/" + name, "/sys/class/block/" + name);
        }
    }

    void append(std::string const& path, std::string const& text) { write(path, read(path) + text); }

    // What /proc/self/mountinfo says of a mount.
    void add_mount(std::string const& number, std::string const& point, std::string const& source,
        std::string const& type = "ext4")
    {
        append("proc/self/mountinfo",
            "29 1 " + number + " / " + point + " rw,relatime shared:1 - " + type + " " + source + " rw\n");
    }

    // A network interface, by its directory below /sys/devices; up where `flags` are odd.
    void add_interface(std::string const& where, std::string const& flags)
    {
        write("sys/devices/" + where + "/flags", flags + "\n");
        link("sys/class/net/" + where.substr(where.rfind('/') + 1), "../../devices/" + where);
    }

    // Makes one interface stand on another, which makes it a part of a bridge or bond where it is one.
    void add_lower_interface(std::string const& upper, std::string const& lower, bool is_part = true)
    {
        link("sys/class/net/" + upper + "/lower_" + lower, "/sys/class/net/" + lower);
        if (is_part)
            link("sys/class/net/" + lower + "/master", "../" + upper);
    }

    void add_route(std::string const& interface, std::string const& destination = "00000000")
    {
        append("proc/net/route",
            interface + "\t" + destination + "\t010200C0\t0003\t0\t0\t100\t" + destination + "\t0\t0\t0\n");
    }

    void add_ipv6_default_route(std::string const& interface)
    {
        std::string const nothing(32, '0');
        append("proc/net/ipv6_route",
            nothing + " 00 " + nothing + " 00 " + nothing + " 00000400 00000001 00000000 00000003 "
                + interface + "\n");
    }

    // A process that has these files open.
    void add_process(
        std::string const& number, std::string const& name, std::vector<std::string> const& files)
    {
        write("proc/" + number + "/comm", name + "\n");
        make_directory("proc/" + number + "/fd");
        for (size_t i = 0; i < files.size(); ++i)
            link("proc/" + number + "/fd/" + std::to_string(i), files[i]);
    }

protected:
    std::filesystem::path const& path() const { return m_directory; }

    void make_parent(std::string const& path)
    {
        std::filesystem::create_directories((m_directory / path).parent_path());
    }

private:
    std::filesystem::path m_directory;
};

} // namespace vfio_early
