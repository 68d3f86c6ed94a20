// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/command.h"
#include "cli/console.h"
#include "core/version.h"
#include "sys/kernel.h"

#include <array>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

namespace vfio_early {

namespace {

struct Command {
    std::string_view name;
    std::string_view summary;
    ExitStatus (*run)(CommandOptions const&);
    bool takes_words = false;
};

constexpr Command commands[] = {
    {.name = "accept",
        .summary = "record that the lines, or those with these LABELs, mean what is there now",
        .run = run_accept,
        .takes_words = true},
    {.name = "bind", .summary = "bind the listed devices now: what the initramfs runs", .run = run_bind},
    {.name = "check", .summary = "show what the next boot will do, and change nothing", .run = run_check},
    {.name = "list",
        .summary = "show the IOMMU groups, and what of them, or of these devices, a guest can have",
        .run = run_list,
        .takes_words = true},
    {.name = "suggest",
        .summary = "print the lines of the configuration for these devices, or the guest's side",
        .run = run_suggest,
        .takes_words = true},
    {.name = "why",
        .summary = "show what joins a device to its group, and what helps",
        .run = run_why,
        .takes_words = true},
};

void write_help(Sink& sink)
{
    print(sink,
        "usage: vfio-early COMMAND [OPTION...]\n\n"
        "Hands PCI devices to virtual machines: binds them to vfio-pci before a host driver touches them.\n\n"
        "commands:\n");
    for (auto const& command : commands)
        print(sink, "  %s%s%s\n", command.name, slice("          ", command.name.size()), command.summary);
    print(sink,
        "\noptions:\n"
        "  --config FILE        the configuration, instead of /etc/vfio-early.ini\n"
        "  --kernel VERSION     check: for this kernel, instead of the one that runs\n"
        "  --json               machine-readable output\n"
        "  --all                list: groups of only bridges and board parts too\n"
        "  --anonymous          list: without names that may tell this machine from others\n"
        "  --write-facts FILE   check: record there what the lines mean, for the image that is made\n"
        "  --root DIR           read and write below DIR instead of /\n"
        "  --help               this text\n"
        "  --version            the version\n\n"
        "exit status: 0 all bound, 1 some not or output not written, 2 usage or configuration error\n");
}

// If the program is started without them, as by a kernel that finds no console, the next files that are
// opened would take their place and be written to as if they were the terminal.
void open_missing_standard_files()
{
    for (int file = open("/dev/null", O_RDWR); file >= 0; file = open("/dev/null", O_RDWR)) {
        if (file > STDERR_FILENO) {
            close(file);
            return;
        }
    }
}

ExitStatus run_command(Command const& command, CommandOptions const& options)
{
    if (!command.takes_words && !options.words.empty()) {
        print_error("unexpected argument %q, see 'vfio-early --help'", options.words[0]);
        return WrongInput;
    }
    return command.run(options);
}

ExitStatus run_command(Invocation const& invocation)
{
    if (invocation.command.empty()) {
        FileSink output(STDERR_FILENO);
        Sink sink(output);
        write_help(sink);
        output.flush();
        return WrongInput;
    }
    std::array<std::string_view, std::size(commands)> names;
    for (size_t i = 0; i < names.size(); ++i) {
        if (commands[i].name == invocation.command)
            return run_command(commands[i], invocation.options);
        names[i] = commands[i].name;
    }
    if (auto const meant = nearest(invocation.command, names))
        print_error("unknown command %q, did you mean %q?", invocation.command, *meant);
    else
        print_error("unknown command %q, see 'vfio-early --help'", invocation.command);
    return WrongInput;
}

ExitStatus run_program(int argument_count, char const* const* arguments)
{
    auto const invocation = parse_arguments(argument_count, arguments);
    if (!invocation)
        return WrongInput;
    switch (invocation->kind) {
    case Invocation::Kind::Help:
        print_output([](Sink& sink) { write_help(sink); });
        return AllBound;
    case Invocation::Kind::Version:
        print_output([](Sink& sink) { print(sink, "vfio-early %s\n", version); });
        return AllBound;
    case Invocation::Kind::Command:
        break;
    }
    return run_command(*invocation);
}

} // namespace

} // namespace vfio_early

int main(int argument_count, char** arguments)
{
    using namespace vfio_early;
    open_missing_standard_files();
    kernel::ignore_signal(SIGPIPE, true);
    kernel::ignore_signal(SIGCHLD, false); // or nobody could wait for a worker
    auto const status = run_program(argument_count, arguments);
    if (output_error == 0)
        return status;
    print_error("standard output cannot be written: %c", strerror(output_error));
    return status == AllBound ? SomeNotBound : status;
}
