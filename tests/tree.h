// SPDX-License-Identifier: MIT
// A fake machine in a temporary directory, below which the real code runs.
#pragma once

#include "fake_machine.h"
#include "sys/root.h"
#include "text_of.h"
#include "unity.h"

#include <stdlib.h>
#include <sys/stat.h>

namespace vfio_early {

class Tree : public FakeMachine {
public:
    Tree() : FakeMachine(new_directory()) { }
    Tree(Tree const&) = delete;
    Tree& operator=(Tree const&) = delete;
    ~Tree() { std::filesystem::remove_all(path()); }

    bool has(std::string const& name) const { return std::filesystem::exists(path() / name); }

    void unlink(std::string const& name) { std::filesystem::remove_all(path() / name); }

    // A file that blocks for ever when it is opened for writing, like a write into sysfs that never returns.
    void make_hang(std::string const& name)
    {
        unlink(name);
        make_parent(name);
        mkfifo((path() / name).c_str(), 0600);
    }

    // Makes a file as many seconds older than now.
    void age(std::string const& name, int seconds)
    {
        std::filesystem::last_write_time(
            path() / name, std::filesystem::file_time_type::clock::now() - std::chrono::seconds(seconds));
    }

    void make_program(std::string const& name, std::string const& text)
    {
        write(name, text);
        chmod((path() / name).c_str(), 0755);
    }

    using FakeMachine::add_device;

    // A function by the class and the id as the kernel writes them; -1 for no group.
    void add_device(std::string const& address, std::string const& class_text, std::string const& id,
        int group, std::string const& driver = "")
    {
        FakeDevice device = {.address = address,
            .id = id,
            .class_code = static_cast<uint32_t>(strtoul(class_text.c_str(), nullptr, 16)),
            .driver = driver};
        if (group >= 0)
            device.group = static_cast<uint32_t>(group);
        FakeMachine::add_device(device);
    }

    std::string directory() const { return path().string(); }
    Root root() const { return Root::open(path().c_str()).release_value(); }

private:
    static std::filesystem::path new_directory()
    {
        auto name = (std::filesystem::temp_directory_path() / "vfio-early-test.XXXXXX").string();
        return mkdtemp(name.data());
    }
};

} // namespace vfio_early
