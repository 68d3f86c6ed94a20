// SPDX-License-Identifier: MIT
#include "sys/program.h"

#include "base/fixed_vector.h"
#include "base/text.h"
#include "sys/descriptor.h"
#include "sys/kernel.h"
#include "sys/lines.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace vfio_early {

namespace {

using Arguments = FixedVector<char const*, max_program_arguments>;

[[noreturn]] void become(char const* program, Arguments const& arguments, int output)
{
    // A clean environment drops MODPROBE_OPTIONS: initramfs-tools sets it to -qb, and with -b modprobe
    // silently skips what the command line blacklists. We ask for vfio-pci by name; a blacklist is meant
    // against loading by alias.
    char const* const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", nullptr};
    kernel::ignore_signal(SIGPIPE, false);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    kernel::execute(
        program, const_cast<char* const*>(arguments.begin()), const_cast<char* const*>(environment));
    constexpr int not_executable = 127;
    _exit(not_executable);
}

// Reads what is there; false at the end.
bool read_some(int pipe, Lines& lines)
{
    char buffer[program_buffer_bytes];
    auto const count = kernel::read(pipe, buffer, sizeof(buffer));
    if (count > 0)
        lines.append({buffer, static_cast<size_t>(count)});
    return count > 0 || (count < 0 && errno == EINTR);
}

// False where it still runs, and `flags` say not to wait for that. `status` is as waitpid(2) has it, and not
// 0 where that is not known.
bool has_ended(pid_t child, int& status, int flags)
{
    auto const ended = kernel::wait_for(child, status, flags);
    if (ended < 0)
        status = -1;
    return ended > 0 || (ended < 0 && errno != EINTR);
}

// Waits for the program itself and not for the end of its output: what an 'install' line of modprobe.d
// started can keep that open for ever, and write to it. Returns its status.
int wait_for_program(pid_t child, int pipe, Lines& lines)
{
    constexpr int pause_milliseconds = 20;
    constexpr size_t pipe_bytes =
        size_t{64} * 1024; // what a pipe holds (PIPE_DEF_BUFFERS, include/linux/pipe_fs_i.h)
    int status = -1;
    bool is_gone = false;
    for (size_t left = pipe_bytes / program_buffer_bytes; left > 0; left -= is_gone) {
        pollfd waiting = {.fd = pipe, .events = POLLIN, .revents = 0};
        bool const has_output = kernel::poll(waiting, is_gone ? 0 : pause_milliseconds) > 0;
        if (has_output ? !read_some(pipe, lines) : is_gone)
            break;
        is_gone = is_gone || has_ended(child, status, WNOHANG);
    }
    while (!is_gone)
        is_gone = has_ended(child, status, 0);
    return status;
}

} // namespace

std::optional<Path> find_program(Root const& root, std::initializer_list<char const*> candidates)
{
    for (auto const* candidate : candidates) {
        auto const path = path_of("%s%c", root.directory(), candidate);
        if (root.exists(candidate) && !path.was_cut())
            return path;
    }
    return {};
}

Result<bool> run_program(Path const& program, std::initializer_list<char const*> arguments,
    FunctionRef<void(std::string_view line)> take)
{
    Arguments list;
    for (auto const* argument : arguments)
        list.append(argument);
    list.append(nullptr);

    int ends[2];
    if (kernel::pipe(ends) < 0)
        return Error{"starting", errno};
    Descriptor const reading(ends[0]);
    Descriptor writing(ends[1]);
    auto const child = kernel::fork();
    if (child == 0)
        become(program.c_str(), list, writing.number());
    if (child < 0)
        return Error{"starting", errno};
    writing.close();
    Lines lines(take);
    return wait_for_program(child, reading.number(), lines) == 0;
}

Result<bool> run_first(Root const& root, std::initializer_list<char const*> candidates,
    std::initializer_list<char const*> arguments, LoaderMessage& last_line)
{
    last_line = {};
    auto const program = find_program(root, candidates);
    if (!program) {
        Sink sink(last_line);
        for (auto const* candidate : candidates)
            print(sink, "%c %c", candidate == *candidates.begin() ? "there is no" : " and no", candidate);
        return false;
    }
    return run_program(*program, arguments, [&](std::string_view line) {
        if (!trimmed(line).empty())
            last_line = LoaderMessage(line);
    });
}

} // namespace vfio_early
