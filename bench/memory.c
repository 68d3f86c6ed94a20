// SPDX-License-Identifier: MIT
// Runs a program below a root directory, and says how many KiB were resident in the largest of its processes
// as it ended. Each is stopped where it ends, and its pages are counted: the kernel's own figure of the most
// there were is off by up to some hundred KiB, as each processor counts for itself.
//
// usage: memory ROOT PROGRAM [ARGUMENT...]
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static long resident(pid_t process)
{
    char path[40];
    char line[200];
    long size = 0;
    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", process);
    FILE* const file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file)) {
        if (sscanf(line, "Rss: %ld", &size) == 1)
            break;
    }
    if (file)
        fclose(file);
    return size;
}

static int is_stand_in(pid_t process)
{
    char path[40];
    char name[20] = "";
    snprintf(path, sizeof(path), "/proc/%d/comm", process);
    FILE* const file = fopen(path, "re");
    if (file && !fgets(name, sizeof(name), file))
        name[0] = '\0';
    if (file)
        fclose(file);
    return strcmp(name, "modprobe\n") == 0;
}

int main(int count, char** arguments)
{
    if (count < 3)
        return 2;
    char* const environment[] = {"PATH=/sbin:/usr/sbin:/usr/bin", NULL};
    pid_t const child = fork();
    if (child == 0) {
        int const nothing = open("/dev/null", O_RDWR);
        for (int i = 0; i < 3; ++i)
            dup2(nothing, i);
        if (chroot(arguments[1]) < 0 || chdir("/") < 0 || ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
            _exit(127);
        raise(SIGSTOP);
        execve(arguments[2], arguments + 2, environment);
        _exit(127);
    }
    int status = 0;
    long largest = 0;
    waitpid(child, &status, 0);
    ptrace(PTRACE_SETOPTIONS, child, 0,
        PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT
            | PTRACE_O_EXITKILL);
    ptrace(PTRACE_CONT, child, 0, 0);
    for (pid_t process = waitpid(-1, &status, __WALL); process > 0; process = waitpid(-1, &status, __WALL)) {
        if (!WIFSTOPPED(status))
            continue;
        int const event = status >> 16;
        if (event == PTRACE_EVENT_EXIT && !is_stand_in(process)) {
            long const size = resident(process);
            largest = size > largest ? size : largest;
        }
        int const signal = WSTOPSIG(status);
        // What begins a child, and what execve(2) ends with, is for the tracer alone.
        long const passed_on = event || signal == SIGSTOP || signal == SIGTRAP ? 0 : signal;
        ptrace(PTRACE_CONT, process, 0, passed_on);
    }
    printf("%ld\n", largest);
    return 0;
}
