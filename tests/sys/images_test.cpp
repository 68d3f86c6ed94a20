// SPDX-License-Identifier: MIT
#include "sys/images.h"

#include "core/image.h"
#include "machine.h"
#include "tree.h"

#include <fcntl.h>

using namespace vfio_early;

using State = Image::State;

struct Host : Tree {
    // On the heap: a session is large.
    std::unique_ptr<Machine> machine = std::make_unique<Machine>();
    Session& session = machine->session;

    Host()
    {
        write("etc/vfio-early.ini", "[bind]\nnic = 01:00.0\n");
        age("etc/vfio-early.ini", 100);
        machine->add("0000:01:00.0", "8086:10d3", 0x020000, 1);
        machine->plan("[bind]\nnic = 01:00.0\n");
    }

    // An image, or another file, that was written so many seconds before the INI.
    Host& file(std::string const& name, int seconds = -50)
    {
        write(name, "x");
        age(name, 100 + seconds);
        return *this;
    }

    Host& kernel(std::string const& version)
    {
        make_directory("lib/modules/" + version);
        return *this;
    }

    std::string told()
    {
        machine->look_out();
        find_images(root(), session);
        std::string all;
        tell_of_images(session, [&](std::string_view warning) { all += std::string(warning) + "\n"; });
        return all;
    }

    // What a program that lists images prints; 'lsinitramfs', 'lsinitrd' or 'lsinitcpio'.
    Host& listing(std::string const& program, std::string const& text, int status = 0)
    {
        write("listing", text);
        make_program("usr/bin/" + program,
            "#!/bin/sh\ncat '" + directory() + "/listing'\necho \"$0 $*\" >'" + directory()
                + "/called'\nexit " + std::to_string(status) + "\n");
        return *this;
    }

    Image looked_into(char const* kernel = "6.1")
    {
        Image image{.kernel = KernelVersion(kernel), .path = SettingPlace("/boot/i")};
        look_into(root(), session, image);
        return image;
    }
};

static std::string const well = "usr/sbin/vfio-early\netc/vfio-early.ini\nscripts/init-top/00-vfio-early\n"
                                "usr/lib/modules/6.1/kernel/drivers/vfio/pci/vfio-pci.ko\n";

TEST(finds_images_where_generators_put_them)
{
    for (std::string const place : {"boot/initrd.img-6.1", "boot/initramfs-6.1.img", "boot/initrd-6.1",
             "boot/initramfs-linux.img", "efi/0123/6.1/initrd", "boot/0123/6.1/initrd",
             "boot/efi/0123/6.1/initrd", "lib/modules/6.1/initrd", "lib/modules/6.1/initramfs.img"}) {
        Host host;
        host.kernel("6.1").file("boot/vmlinuz-6.1").file(place);
        host.write("etc/machine-id", "0123\n");
        host.write("lib/modules/6.1/pkgbase", "linux\n");
        TEST_ASSERT_EQUAL_STRING("", host.told());
        host.file(place, 50);
        TEST_ASSERT_EQUAL_STRING("kernel 6.1: its initramfs /" + place
                + " is older than /etc/vfio-early.ini, and the boot goes by the copy in there\n",
            host.told());
    }
}

TEST(does_not_compare_the_time_of_what_has_none)
{
    Host host;
    host.kernel("6.1").file("boot/vmlinuz-6.1").file("lib/modules/6.1/initramfs.img");
    for (int const second : {0, 1, 2}) {
        timespec const times[] = {{second, 0}, {second, 0}};
        utimensat(AT_FDCWD, (host.directory() + "/lib/modules/6.1/initramfs.img").c_str(), times, 0);
        TEST_ASSERT_EQUAL_UINT(second < 2, host.told().empty());
    }
}

TEST(misses_the_image_of_a_kernel_that_is_there)
{
    TEST_ASSERT_EQUAL_STRING("", Host().kernel("6.1").told());
    std::string const ending = ", so nothing is bound when it boots\n";
    for (std::string const place : {"boot/vmlinuz-6.1", "lib/modules/6.1/vmlinuz"}) {
        TEST_ASSERT_EQUAL_STRING("kernel 6.1: there is no initramfs for /" + place + ending,
            Host().kernel("6.1").file(place).told());
        // It may be in one of these.
        TEST_ASSERT_EQUAL_STRING(
            "", Host().kernel("6.1").file(place).file("boot/efi/EFI/Linux/x.efi").told());
    }
    // A name that is not known is not left out of a path.
    TEST_ASSERT_EQUAL_STRING("kernel 6.1: there is no initramfs for /boot/vmlinuz-6.1" + ending,
        Host()
            .kernel("6.1")
            .file("boot/vmlinuz-6.1")
            .file("boot/initramfs-.img")
            .file("boot/6.1/initrd")
            .told());
}

TEST(tells_of_the_newest_kernel_first_and_of_what_makes_images)
{
    Host host;
    for (std::string const version : {"6.3", "6.1", "6.2", "6.4"})
        host.kernel(version).file("boot/initrd.img-" + version, version == "6.4" ? -50 : 50);
    host.file("usr/sbin/update-initramfs").file("usr/bin/dracut");
    auto const told = host.told();
    TEST_ASSERT_TRUE(told.find("6.3:") < told.find("6.2:") && told.find("6.2:") < told.find("6.1:"));
    TEST_ASSERT_TRUE(told.find("6.4") == std::string::npos);
    TEST_ASSERT_TRUE(told.ends_with("\n'update-initramfs -u -k all' makes them anew\n"));
    host.unlink("usr/sbin/update-initramfs");
    TEST_ASSERT_TRUE(host.told().ends_with("\n'dracut -f --regenerate-all' makes them anew\n"));
    host.unlink("usr/bin/dracut");
    host.file("usr/bin/mkinitcpio");
    TEST_ASSERT_TRUE(host.told().ends_with("\n'mkinitcpio -P' makes them anew\n"));
}

TEST(looks_at_the_newest_kernels_and_the_running_one_where_there_are_too_many)
{
    Host host;
    host.write("proc/sys/kernel/osrelease", "6.1.0-3\n");
    for (int i = 1; i <= 40; ++i) {
        auto const version = "6.1.0-" + std::to_string(i);
        host.kernel(version).file("boot/initrd.img-" + version, 50);
    }
    auto const told = host.told();
    TEST_ASSERT_TRUE(told.find("kernel 6.1.0-3:") != std::string::npos);
    TEST_ASSERT_TRUE(told.find("kernel 6.1.0-4:") == std::string::npos);
    TEST_ASSERT_TRUE(told.find("kernel 6.1.0-9:") == std::string::npos);
    TEST_ASSERT_TRUE(told.find("kernel 6.1.0-40:") < told.find("kernel 6.1.0-10:"));
    TEST_ASSERT_TRUE(
        told.find("\n8 older kernels were not looked at, as there are more than 32\n") != std::string::npos);
}

TEST(names_what_an_image_is_older_than)
{
    Host host;
    host.kernel("6.1").file("boot/initrd.img-6.1");
    host.session.module_settings.newest_file = SettingPlace("/etc/modprobe.d/vfio.conf");
    host.file("etc/modprobe.d/vfio.conf", -60);
    TEST_ASSERT_TRUE(host.told().find("is older than /etc/modprobe.d/vfio.conf,") != std::string::npos);
    host.file("etc/vfio-early.facts", -60);
    TEST_ASSERT_TRUE(host.told().find("is older than /etc/vfio-early.facts,") != std::string::npos);
    // What is written while an image is made may be a moment newer on a file system that counts in two
    // seconds.
    host.file("etc/modprobe.d/vfio.conf", -51).file("etc/vfio-early.facts", -51);
    TEST_ASSERT_EQUAL_STRING("", host.told());
}

TEST(looks_for_what_an_image_must_have)
{
    TEST_ASSERT_TRUE(Host().listing("lsinitramfs", well).looked_into().state == State::Good);
    auto const image =
        Host().listing("lsinitramfs", "etc/vfio-early.ini\nusr/lib/x/vfio-pci-core.ko\n").looked_into();
    TEST_ASSERT_TRUE(image.state == State::Lacking);
    TEST_ASSERT_EQUAL_UINT(0b1101, image.parts);
    TEST_ASSERT_EQUAL_UINT(0b1111, Host().listing("lsinitramfs", "").looked_into().parts);
}

TEST(looks_for_a_hook_that_is_executable_where_modes_are_shown)
{
    auto const listed = [](std::string const& mode) {
        return Host()
            .listing("lsinitramfs",
                "-rwxr-xr-x   1 root     root        1 Jan  1  1970 usr/sbin/vfio-early\n"
                "-rw-r--r--   1 root     root        1 Jan  1  1970 etc/vfio-early.ini\n"
                    + mode
                    + "   1 root     root        1 Jan  1  1970 scripts/init-top/00-vfio-early\n"
                      "-rw-r--r--   1 root     root        1 Jan  1  1970 "
                      "usr/lib/modules/6.1/x/vfio-pci.ko.xz\n")
            .looked_into()
            .parts;
    };
    TEST_ASSERT_EQUAL_UINT(0, listed("-rwxr-xr-x"));
    TEST_ASSERT_EQUAL_UINT(0b100, listed("-rw-r--r--"));
}

TEST(asks_for_the_drivers_that_the_plan_needs)
{
    Host host;
    host.listing("lsinitramfs", well.substr(0, well.rfind("usr/lib")));
    TEST_ASSERT_EQUAL_UINT(0b1000, host.looked_into().parts);
    // What is built into the kernel is in no image.
    host.write("lib/modules/6.1/modules.builtin", "kernel/drivers/vfio/pci/vfio-pci.ko\n");
    TEST_ASSERT_TRUE(host.looked_into().state == State::Good);
    TEST_ASSERT_EQUAL_UINT(0b1000, host.looked_into("6.2").parts);
    host.session.plan.decisions[0].target = Target::PciStub;
    TEST_ASSERT_EQUAL_UINT(0b10000, host.looked_into().parts);
    refuse(host.session.plan.decisions[0], Reason::InUse);
    TEST_ASSERT_TRUE(host.looked_into("6.2").state == State::Good);
}

TEST(uses_the_program_that_is_there)
{
    for (std::string const program : {"lsinitcpio", "lsinitrd", "lsinitramfs"}) {
        Host host;
        host.listing(program, well);
        TEST_ASSERT_TRUE(host.looked_into().state == State::Good);
        auto const called = host.directory() + "/usr/bin/" + program + " " + host.directory() + "/boot/i"
            + (program == "lsinitramfs" ? " -l\n" : "\n");
        TEST_ASSERT_EQUAL_STRING(called, host.read("called"));
    }
    TEST_ASSERT_TRUE(Host().looked_into().state == State::Good);
}

TEST(says_that_a_listing_failed)
{
    auto const image = Host().listing("lsinitrd", "cannot open it\n", 1).looked_into();
    TEST_ASSERT_TRUE(image.state == State::Unreadable);
    TEST_ASSERT_EQUAL_STRING("cannot open it", image.message.view());
    // The last line that says something.
    TEST_ASSERT_EQUAL_STRING(
        "cannot open it", Host().listing("lsinitrd", "\ncannot open it\n\n", 1).looked_into().message.view());
    // One that fails for another reason, and shows all that is looked for.
    TEST_ASSERT_TRUE(Host().listing("lsinitrd", well, 1).looked_into().state == State::Good);
}

TEST(runs_no_program_below_another_root)
{
    Host host;
    host.kernel("6.1").file("boot/initrd.img-6.1").listing("lsinitramfs", "");
    TEST_ASSERT_EQUAL_STRING("", host.told());
    TEST_ASSERT_FALSE(host.has("called"));
}

UNITY_MAIN()
