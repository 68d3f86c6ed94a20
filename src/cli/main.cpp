// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/command.h"
#include "cli/console.h"
#include "core/version.h"
#include "sys/kernel.h"

#include <array>
#include <fcntl.h>
#include <signal.h>

namespace vfio_early {

namespace {

struct Command {
    std::string_view name;
    ExitStatus (*run)(CommandOptions const&);
    bool takes_words;
};

constexpr Command commands[] = {
    {"list", run_list, true},
    {"why", run_why, true},
    {"suggest", run_suggest, true},
    {"check", run_check, false},
    {"bind", run_bind, true},
    {"release", run_release, true},
    {"accept", run_accept, true},
    {"status", run_status, true},
};

// An option that goes with one command says so in front of its colon.
constexpr std::string_view help = R"(usage: vfio-early COMMAND [OPTION...]

Binds PCI devices to vfio-pci, for virtual machines, before a host driver touches them.

commands:
  list [SELECTOR...]   the IOMMU groups, and what of them a guest can have
  why DEVICE           what joins a device to its group, and what helps
  suggest SELECTOR...  the configuration for these devices, or the guest's side
  check                what the next boot will do; changes nothing
  bind [LABEL...]      bind the listed devices now: what the initramfs runs
  release [LABEL or ADDRESS...]
                       give them, or all that are listed, back to the host
  accept [LABEL...]    record that these lines, or all, mean what is there now
  status [LABEL...]    what the boot did, and what of it still holds

options:
  --config FILE        the configuration, instead of /etc/vfio-early.ini
  --root DIR           read and write below DIR instead of /
  --json               machine-readable output
  --help               this text
  --version            the version
  --all                list: groups of only bridges and board parts too
  --anonymous          list: without names that may tell this machine from others
  --by-path            suggest: cards by their slot, not their address
  --for GUEST          suggest: for libvirt, qemu or proxmox
  --from-running       suggest: what is on vfio-pci and pci-stub now
  --handover           bind and release: only what is under [handover]
  --force              release: also what a guest has open
  --kernel VERSION     check: with this kernel, not the one that runs
  --write-facts FILE   check: record there what the lines mean
  --wait SECONDS       status: until all is bound, for so long at most

See vfio-early(8) and vfio-early.ini(5).
)";

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
        sink.write(help);
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
        print_output([](Sink& sink) { sink.write(help); });
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
    kernel::use_small_pages();
    kernel::ignore_signal(SIGPIPE, true);
    kernel::ignore_signal(SIGCHLD, false); // or nobody could wait for a worker
    auto const status = run_program(argument_count, arguments);
    if (output_error == 0)
        return status;
    print_error("standard output cannot be written: %m", output_error);
    return status == AllBound ? SomeNotBound : status;
}
