// SPDX-License-Identifier: MIT
// Makes a fake machine below a directory, from lines on standard input whose words are separated by tabs:
//
//     machine  IOMMU                                    what is there on every machine; '-' for no IOMMU
//     device   ADDRESS ID CLASS GROUP DRIVER [SUBSYSTEM [EXPRESS]]
//                                                       '-' for no group or no driver; EXPRESS is 0 or 1
//     buses    ADDRESS FIRST LAST                       below a bridge
//     driver   NAME
//     file     PATH TEXT                                TEXT is the rest of the line; a newline is added
//     empty    PATH                                     a file without even a newline
//     link     PATH TARGET
//     header   ADDRESS TYPE                             the header type, as a number
//     hotplug  ADDRESS                                  a bridge with a Standard Hot-Plug Controller
//     block    WHERE NUMBER                             a disk, by its directory below /sys/devices
//     mount    NUMBER POINT SOURCE
//     net      WHERE FLAGS                              a network interface, by its directory below
//     /sys/devices route    INTERFACE                                the default route process  NUMBER NAME
//     FILE                         a process that has this file open
//
// usage: make_machine DIRECTORY

#include "fake_machine.h"

#include <algorithm>
#include <iostream>

using namespace vfio_early;

static bool add_with_three(FakeMachine& machine, std::string const& kind, std::string const& first,
    std::string const& second, std::istringstream& words)
{
    std::string third;
    words >> third;
    if (kind == "mount")
        machine.add_mount(first, second, third);
    else
        machine.add_process(first, second, {third});
    return !words.fail();
}

static bool add(FakeMachine& machine, std::string const& line)
{
    std::istringstream words(line);
    std::string kind;
    words >> kind;
    if (kind == "machine") {
        std::string iommu;
        words >> iommu;
        machine.add_machine(iommu == "-" ? "" : iommu);
    } else if (kind == "device") {
        FakeDevice device;
        std::string class_text;
        std::string group;
        words >> device.address >> device.id >> class_text >> group >> device.driver;
        std::string more;
        if (words >> more)
            device.subsystem = more;
        if (words >> more)
            device.is_express = more == "1";
        words.clear();
        device.class_code = static_cast<uint32_t>(strtoul(class_text.c_str(), nullptr, 16));
        if (group != "-")
            device.group = static_cast<uint32_t>(strtoul(group.c_str(), nullptr, 10));
        if (device.driver == "-")
            device.driver.clear();
        machine.add_device(device);
    } else if (kind == "buses") {
        std::string address;
        unsigned first = 0;
        unsigned last = 0;
        words >> address >> first >> last;
        machine.add_buses(address, first, last);
    } else if (kind == "driver") {
        std::string name;
        words >> name;
        machine.add_driver(name);
    } else if (kind == "file") {
        std::string path;
        words >> path;
        auto const text = line.substr(std::min(line.size(), kind.size() + path.size() + 2));
        machine.write(path, text + "\n");
    } else if (kind == "empty") {
        std::string path;
        words >> path;
        machine.write(path, "");
    } else if (kind == "hotplug") {
        std::string address;
        words >> address;
        machine.add_hotplug_controller(address);
    } else if (kind == "route") {
        std::string interface;
        words >> interface;
        machine.add_route(interface);
    } else {
        std::string first;
        std::string second;
        words >> first >> second;
        if (kind == "link")
            machine.link(first, second);
        else if (kind == "header")
            machine.set_header_type(first, static_cast<char>(std::stoi(second)));
        else if (kind == "block")
            machine.add_block_device(first, second);
        else if (kind == "net")
            machine.add_interface(first, second);
        else if (kind == "mount" || kind == "process")
            return add_with_three(machine, kind, first, second, words);
        else
            return false;
    }
    return !words.fail();
}

int main(int argument_count, char** arguments)
{
    if (argument_count != 2) {
        std::cerr << "usage: make_machine DIRECTORY\n";
        return 2;
    }
    FakeMachine machine(arguments[1]);
    for (std::string line; std::getline(std::cin, line);) {
        if (!add(machine, line)) {
            std::cerr << "make_machine: this line is wrong: " << line << "\n";
            return 1;
        }
    }
    return 0;
}
