// A directory that looks like a machine, below which the real code runs. There is no kernel behind it: what
// is written stays as it was written, and no link changes.
#pragma once

#include "sys/root.h"
#include "text_of.h"
#include "unity.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdlib.h>
#include <sys/stat.h>

namespace vfio_early {

class Tree {
public:
    Tree()
    {
        char name[] = "/tmp/vfio-early-test.XXXXXX";
        m_directory = mkdtemp(name);
    }
    Tree(Tree const&) = delete;
    Tree& operator=(Tree const&) = delete;
    ~Tree() { std::filesystem::remove_all(m_directory); }

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

    bool has(std::string const& path) const { return std::filesystem::exists(m_directory / path); }

    void link(std::string const& path, std::string const& target)
    {
        make_parent(path);
        std::filesystem::create_symlink(target, m_directory / path);
    }

    void unlink(std::string const& path) { std::filesystem::remove_all(m_directory / path); }

    void make_directory(std::string const& path) { std::filesystem::create_directories(m_directory / path); }

    // A file that blocks for ever when it is opened for writing, like a write into sysfs that never returns.
    void make_hang(std::string const& path)
    {
        unlink(path);
        make_parent(path);
        mkfifo((m_directory / path).c_str(), 0600);
    }

    void make_program(std::string const& path, std::string const& text)
    {
        write(path, text);
        chmod((m_directory / path).c_str(), 0755);
    }

    // A PCI function as sysfs shows it; `ids` is VENDOR:DEVICE in upper case, as the kernel writes it.
    void add_device(std::string const& address, std::string const& pci_class, std::string const& ids,
        int group, std::string const& driver = "")
    {
        auto const device = "sys/bus/pci/devices/" + address + "/";
        write(device + "uevent",
            (driver.empty() ? "" : "DRIVER=" + driver + "\n") + "PCI_CLASS=" + pci_class + "\nPCI_ID=" + ids
                + "\nPCI_SUBSYS_ID=1043:8520\nPCI_SLOT_NAME=" + address + "\n");
        write(device + "driver_override", "");
        if (group >= 0) {
            auto const number = std::to_string(group);
            link(device + "iommu_group", "../../../../kernel/iommu_groups/" + number);
            make_directory("sys/kernel/iommu_groups/" + number + "/devices/" + address);
        }
        if (!driver.empty()) {
            link(device + "driver", "../../drivers/" + driver);
            write("sys/bus/pci/drivers/" + driver + "/unbind", "");
        }
    }

    // What every machine with an Intel IOMMU has.
    void add_machine()
    {
        make_directory("sys/class/iommu/dmar0");
        write("sys/bus/pci/drivers_probe", "");
        write("proc/cmdline", "quiet\n");
        write("dev/kmsg", "");
        make_directory("run");
    }

    void add_driver(std::string const& name) { write("sys/bus/pci/drivers/" + name + "/bind", ""); }

    std::string directory() const { return m_directory.string(); }
    Root root() const { return Root::open(m_directory.c_str()).release_value(); }

private:
    void make_parent(std::string const& path)
    {
        std::filesystem::create_directories((m_directory / path).parent_path());
    }

    std::filesystem::path m_directory;
};

} // namespace vfio_early
