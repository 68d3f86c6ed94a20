// SPDX-License-Identifier: MIT
// The first process of the real root in a test: it tells over the serial line what the machine looks like
// after boot, and powers it off where it is process 1. It does not judge; that is for the harness outside.
// Each line begins with '@@ '; the last is '@@ end', and a boot that did not print it did not get here.

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <initializer_list>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

namespace {

char text[1 << 20];

char const* read_file(char const* path)
{
    int const file = open(path, O_RDONLY);
    size_t size = 0;
    while (file >= 0 && size < sizeof(text) - 1) {
        auto const count = read(file, text + size, sizeof(text) - 1 - size);
        if (count <= 0)
            break;
        size += static_cast<size_t>(count);
    }
    if (file >= 0)
        close(file);
    text[size] = '\0';
    return text;
}

void print_lines(char const* prefix, char* lines)
{
    for (auto* line = strtok(lines, "\n"); line; line = strtok(nullptr, "\n"))
        printf("@@ %s %s\n", prefix, line);
}

void print_first_word(char const* key, char const* path)
{
    read_file(path);
    text[strcspn(text, "\n")] = '\0';
    printf(" %s=%s", key, text[0] ? text : "-");
}

void print_link(char const* key, char const* path)
{
    char target[256] = {};
    auto const size = readlink(path, target, sizeof(target) - 1);
    auto const* name = strrchr(target, '/');
    printf(" %s=%s", key, size > 0 ? (name ? name + 1 : target) : "-");
}

void print_device(char const* address)
{
    char path[512];
    printf("@@ device %s", address);
    for (auto const* key : {"vendor", "device", "class"}) {
        snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", address, key);
        print_first_word(key, path);
    }
    for (auto const* key : {"driver", "iommu_group"}) {
        snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", address, key);
        print_link(key, path);
    }
    printf("\n");
}

void use_if_on_vfio(char const* address)
{
    char path[512];
    char target[256] = {};
    snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", address);
    if (readlink(path, target, sizeof(target) - 1) < 0 || !strstr(target, "/vfio-pci"))
        return;
    printf("@@ client %s ", address);
    fflush(stdout);
    auto const child = fork();
    if (child == 0) {
        execl("/usr/lib/vfio-early-tests/vfio-client", "vfio-client", address, nullptr);
        _exit(127);
    }
    waitpid(child, nullptr, 0);
}

// What a command of vfio-early makes of the machine, and its exit status.
void print_what_is_said(char const* command)
{
    int ends[2];
    if (pipe(ends) < 0)
        return;
    auto const child = fork();
    if (child == 0) {
        dup2(ends[1], 1);
        close(ends[0]);
        execl("/usr/sbin/vfio-early", "vfio-early", command, "--json", nullptr);
        _exit(127);
    }
    close(ends[1]);
    size_t size = 0;
    for (ssize_t count = 1; count > 0 && size < sizeof(text) - 1; size += static_cast<size_t>(count)) {
        count = read(ends[0], text + size, sizeof(text) - 1 - size);
        if (count < 0)
            break;
    }
    close(ends[0]);
    text[size] = '\0';
    print_lines(command, text);
    int status = 0;
    waitpid(child, &status, 0);
    printf("@@ %s_exit %d\n", command, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

void write_file(char const* path, char const* content)
{
    int const file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0 || write(file, content, strlen(content)) < 0)
        printf("@@ trouble %s: %s\n", path, strerror(errno));
    if (file >= 0)
        close(file);
}

// The files of /etc that the image has, for the small root, which has none of its own. Each comes as a string
// NAME=TEXT of SMBIOS, whose tables end strings with a zero.
void take_files_of_the_image()
{
    mount("tmpfs", "/etc", "tmpfs", 0, nullptr);
    int const table = open("/sys/firmware/dmi/tables/DMI", O_RDONLY | O_CLOEXEC);
    auto const count = table < 0 ? -1 : read(table, text, sizeof(text) - 1);
    auto const size = count < 0 ? 0 : static_cast<size_t>(count);
    text[size] = '\0';
    for (auto const* path : {"/etc/vfio-early.ini", "/etc/vfio-early.facts"}) {
        char name[64];
        auto const length = snprintf(name, sizeof(name), "%s=", path + sizeof("/etc"));
        if (auto const* found = memmem(text, size, name, static_cast<size_t>(length)))
            write_file(path, static_cast<char const*>(found) + length);
    }
    if (table >= 0)
        close(table);
}

template <typename Action> void for_each_device(Action action)
{
    dirent** names = nullptr;
    int const count = scandir("/sys/bus/pci/devices", &names, nullptr, alphasort);
    for (int i = 0; i < count; ++i) {
        if (names[i]->d_name[0] != '.')
            action(names[i]->d_name);
    }
}

// tests.wait=SECONDS on the kernel command line: what was left behind in the initramfs goes on meanwhile.
void wait_as_told()
{
    constexpr char word[] = "tests.wait=";
    if (auto const* seconds = strstr(read_file("/proc/cmdline"), word))
        sleep(static_cast<unsigned>(atoi(seconds + sizeof(word) - 1)));
}

} // namespace

int main()
{
    constexpr int read_all = 3; // SYSLOG_ACTION_READ_ALL
    constexpr int console_level = 8; // SYSLOG_ACTION_CONSOLE_LEVEL
    klogctl(console_level, nullptr, 1);
    int const console = open("/dev/console", O_RDWR);
    for (int standard = 0; standard < 3; ++standard)
        dup2(console, standard);

    wait_as_told();
    printf("\n@@ begin\n");
    if (getpid() == 1)
        take_files_of_the_image();
    for_each_device(print_device);
    for (auto const* command : {"status", "check", "list"})
        print_what_is_said(command);
    for_each_device(use_if_on_vfio);
    print_lines("report", const_cast<char*>(read_file("/run/vfio-early/report.json")));
    auto const size = klogctl(read_all, text, sizeof(text) - 1);
    text[size > 0 ? size : 0] = '\0';
    print_lines("log", text);
    printf("@@ end\n");
    fflush(stdout);
    tcdrain(console);
    sync();
    if (getpid() != 1)
        return 0;
    reboot(RB_POWER_OFF);
    for (;;)
        pause();
}
