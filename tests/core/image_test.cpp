// SPDX-License-Identifier: MIT
#include "core/image.h"

#include "machine.h"

using namespace vfio_early;

using State = Image::State;

struct Images : Machine {
    explicit Images(Generator generator = Generator::InitramfsTools)
    {
        look_out();
        outlook->generator = generator;
    }

    Images& add_image(char const* kernel, State state)
    {
        Image image{.kernel = KernelVersion(kernel),
            .path = printed<SettingPlace>("/boot/i-%c", kernel),
            .state = state};
        image.newer = SettingPlace("/etc/vfio-early.ini");
        image.parts = 0b1101;
        image.message = LoaderMessage("no such command\x1b");
        outlook->images.append(image);
        return *this;
    }

    std::string told() const
    {
        std::string all;
        tell_of_images(session, [&](std::string_view warning) { all += std::string(warning) + "\n"; });
        return all;
    }
};

TEST(says_nothing_when_all_is_well)
{
    TEST_ASSERT_EQUAL_STRING("", Images().told());
    TEST_ASSERT_EQUAL_STRING("", Images().add_image("6.1", State::Good).told());
}

TEST(tells_of_each_kernel_and_of_the_command_that_helps)
{
    TEST_ASSERT_EQUAL_STRING("kernel 6.1: its initramfs /boot/i-6.1 is older than /etc/vfio-early.ini, and "
                             "the boot goes by the copy in there\n"
                             "'update-initramfs -u -k 6.1' makes it anew\n",
        Images().add_image("6.0", State::Good).add_image("6.1", State::Older).told());
    TEST_ASSERT_EQUAL_STRING(
        "kernel 6.1: there is no initramfs for /boot/i-6.1, so nothing is bound when it boots\n"
        "kernel 6.2: its initramfs /boot/i-6.2 lacks /usr/sbin/vfio-early, the hook that runs it "
        "(executable), vfio-pci, "
        "so "
        "nothing is bound when it boots\n"
        "'dracut -f --regenerate-all' makes them anew\n",
        Images(Generator::Dracut).add_image("6.1", State::Absent).add_image("6.2", State::Lacking).told());
}

TEST(knows_the_command_of_each_generator)
{
    auto const last_line = [](Generator generator, int images) {
        Images all(generator);
        for (int i = 0; i < images; ++i)
            all.add_image("6.1", State::Older);
        auto const told = all.told();
        return told.substr(told.rfind('\n', told.size() - 2) + 1);
    };
    TEST_ASSERT_EQUAL_STRING(
        "'update-initramfs -u -k all' makes them anew\n", last_line(Generator::InitramfsTools, 3));
    TEST_ASSERT_EQUAL_STRING("'dracut -f --kver 6.1' makes it anew\n", last_line(Generator::Dracut, 1));
    TEST_ASSERT_EQUAL_STRING("'mkinitcpio -P' makes it anew\n", last_line(Generator::Mkinitcpio, 1));
    TEST_ASSERT_EQUAL_STRING("'mkinitcpio -P' makes them anew\n", last_line(Generator::Mkinitcpio, 3));
    TEST_ASSERT_TRUE(last_line(Generator::Unknown, 1).find("kernel 6.1: its initramfs") == 0);
}

TEST(does_not_ask_for_a_new_image_where_it_does_not_know_that_one_is_needed)
{
    TEST_ASSERT_EQUAL_STRING(
        "kernel 6.1: its initramfs /boot/i-6.1 was not looked into, as there was no time\n"
        "kernel 6.2: its initramfs /boot/i-6.2 could not be looked into: 'no such command\\x1b'\n",
        Images().add_image("6.1", State::Unseen).add_image("6.2", State::Unreadable).told());
}

// The parts that a line shows, as their numbers.
static unsigned seen(char const* line)
{
    return parts_in(line);
}

TEST(knows_the_parts_by_their_names)
{
    TEST_ASSERT_EQUAL_UINT(1, seen("usr/sbin/vfio-early"));
    TEST_ASSERT_EQUAL_UINT(
        1, seen("-rwxr-xr-x   1 root     root       130656 Jan  1  1970 usr/bin/vfio-early"));
    TEST_ASSERT_EQUAL_UINT(2, seen("etc/vfio-early.ini"));
    for (auto const* hook : {"scripts/init-top/00-vfio-early",
             "usr/lib/dracut/hooks/cmdline/00-vfio-early.sh", "hooks/vfio-early",
             "lrwxrwxrwx 1 root root 0 Jan 1 1970 etc/systemd/system/sysinit.target.wants/vfio-early.service "
             "-> "
             "../../../../usr/lib/systemd/system/vfio-early.service"})
        TEST_ASSERT_EQUAL_UINT(4, seen(hook));
    TEST_ASSERT_EQUAL_UINT(8, seen("usr/lib/modules/6.1.0/kernel/drivers/vfio/pci/vfio-pci.ko.xz"));
    TEST_ASSERT_EQUAL_UINT(16, seen("usr/lib/modules/6.1.0/kernel/drivers/pci/pci-stub.ko"));
    for (auto const* other :
        {"usr/lib/systemd/system/vfio-early.service", "usr/lib/modules/x/vfio-pci-core.ko",
            "scripts/init-top/vfio-early", "hooks/pre-udev/00-vfio-early.sh", "etc/vfio-early.facts", ""})
        TEST_ASSERT_EQUAL_UINT(0, seen(other));
}

UNITY_MAIN()
