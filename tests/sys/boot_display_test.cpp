// SPDX-License-Identifier: MIT
#include "sys/boot_display.h"

#include "machine.h"
#include "tree.h"

using namespace vfio_early;

// A console in text, one on a framebuffer, and the framebuffer of the firmware with its driver.
struct Screen {
    Tree tree;
    Machine machine;
    Session& session = machine.session;
    Address const display = *parse_address("0000:01:00.0");

    explicit Screen(char const* framebuffer = "platform/efi-framebuffer.0")
    {
        tree.add_machine();
        tree.write("dev/console", "");
        tree.write("sys/class/vtconsole/vtcon0/name", "(S) dummy device\n");
        tree.write("sys/class/vtconsole/vtcon0/bind", "1\n");
        tree.write("sys/class/vtconsole/vtcon1/name", "(M) frame buffer device\n");
        tree.write("sys/class/vtconsole/vtcon1/bind", "1\n");
        tree.add_platform_device(framebuffer, "efi-framebuffer");
        tree.add_platform_device("platform/serial8250", "serial8250");
    }

    std::string console() const { return tree.read("sys/class/vtconsole/vtcon1/bind"); }
    std::string unbound() const { return tree.read("sys/bus/platform/drivers/efi-framebuffer/unbind"); }
};

TEST(detaches_the_console_and_the_framebuffer_and_says_so_before)
{
    Screen screen;
    darken(screen.session, screen.tree.root(), screen.display);
    TEST_ASSERT_EQUAL_STRING("vfio-early: the display 0000:01:00.0 goes dark now, as it is given away, "
                             "rd.vfio_early=0 boots without that\n",
        screen.tree.read("dev/console"));
    TEST_ASSERT_EQUAL_STRING("0", screen.console());
    TEST_ASSERT_EQUAL_STRING("efi-framebuffer.0", screen.unbound());
    TEST_ASSERT_EQUAL_STRING("1\n", screen.tree.read("sys/class/vtconsole/vtcon0/bind"));
    TEST_ASSERT_EQUAL_STRING("", screen.tree.read("sys/bus/platform/drivers/serial8250/unbind"));
    TEST_ASSERT_TRUE(screen.session.framebuffer.stuck.empty());
}

TEST(leaves_the_framebuffer_of_another_display)
{
    Screen screen("pci0000:00/0000:00:02.0/efi-framebuffer.0");
    darken(screen.session, screen.tree.root(), screen.display);
    TEST_ASSERT_EQUAL_STRING("1\n", screen.console());
    TEST_ASSERT_EQUAL_STRING("", screen.unbound());
    darken(screen.session, screen.tree.root(), *parse_address("0000:00:02.0"));
    TEST_ASSERT_EQUAL_STRING("efi-framebuffer.0", screen.unbound());
}

TEST(leaves_a_framebuffer_of_which_it_cannot_be_read_whose_it_is)
{
    Screen screen;
    screen.tree.unlink("sys/bus/platform/devices/efi-framebuffer.0");
    screen.tree.make_directory("sys/bus/platform/devices/efi-framebuffer.0/driver");
    darken(screen.session, screen.tree.root(), screen.display);
    TEST_ASSERT_EQUAL_STRING("1\n", screen.console());
    TEST_ASSERT_EQUAL_STRING("", screen.unbound());
    TEST_ASSERT_EQUAL_STRING("efi-framebuffer.0", screen.session.framebuffer.stuck.view());
}

TEST(leaves_consoles_where_the_firmwares_framebuffer_is_gone)
{
    Screen screen;
    screen.tree.unlink("sys/devices/platform/efi-framebuffer.0/driver");
    darken(screen.session, screen.tree.root(), screen.display);
    TEST_ASSERT_EQUAL_STRING("1\n", screen.console());
    TEST_ASSERT_EQUAL_STRING("", screen.unbound());
}

TEST(remembers_what_could_not_be_detached)
{
    Screen screen;
    screen.tree.unlink("sys/bus/platform/drivers/efi-framebuffer/unbind");
    darken(screen.session, screen.tree.root(), screen.display);
    TEST_ASSERT_EQUAL_STRING("efi-framebuffer.0", screen.session.framebuffer.stuck.view());
    TEST_ASSERT_EQUAL_UINT(ENOENT, static_cast<unsigned>(screen.session.framebuffer.error_number));
    Screen console;
    console.tree.unlink("sys/class/vtconsole/vtcon1/bind");
    darken(console.session, console.tree.root(), console.display);
    TEST_ASSERT_EQUAL_STRING("vtcon1", console.session.framebuffer.stuck.view());
    TEST_ASSERT_EQUAL_STRING("efi-framebuffer.0", console.unbound());
}

TEST(finds_what_still_holds_its_memory)
{
    Screen screen;
    screen.tree.write("proc/iomem", "80000000-80ffffff : 0000:01:00.0\n  80000000-803e7fff : efifb\n");
    look_for_holder(screen.session, screen.tree.root(), *parse_address("0000:02:00.0"));
    TEST_ASSERT_TRUE(screen.session.framebuffer.holder.empty());
    look_for_holder(screen.session, screen.tree.root(), screen.display);
    TEST_ASSERT_EQUAL_STRING("efifb", screen.session.framebuffer.holder.view());
    TEST_ASSERT_TRUE(screen.session.framebuffer.display == screen.display);
}

UNITY_MAIN()
