// SPDX-License-Identifier: MIT
// Stands in for sys/kernel.cpp: does on a tree what the kernel does with drivers and overrides, and fails
// where it is told to.
#pragma once

#include <filesystem>
#include <string>

namespace vfio_early::fault_kernel {

enum class Fault {
    Error, // the call fails with `number`
    Short, // a read or a write does the first byte only
    Kill, // the process that calls is killed
    Alone, // the same, and no process can be started from there on
    Loss, // the worker is killed, and at the same time someone else gives a device back to its host driver
};

struct Plan {
    Fault fault = Fault::Error;
    int number = 0; // the errno
    unsigned at = 0; // the call that fails, counted from 1 over all processes; 0 for none
    bool is_persistent = false; // and every one after it
    bool is_one_kind = false; // of those after it, only the calls of its name
    std::string lost = {}; // the device of Fault::Loss
};

// Prepares a machine in a directory: what it does from now on is counted. Only the calls of other processes
// than this one fail.
void begin(std::filesystem::path const& machine, Plan const&);

// How many calls there were.
unsigned calls();

// What was said of the last call that failed.
std::string failed_call();

// The host driver that takes a device when it is asked to; empty for none.
void set_host_driver(std::string const& address, std::string const& driver);

// A guest opens a group when it was asked for so many times.
void let_guest_come(int opens);

} // namespace vfio_early::fault_kernel
