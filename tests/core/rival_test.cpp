// SPDX-License-Identifier: MIT
#include "core/rival.h"

#include "machine.h"

using namespace vfio_early;

// A card of two functions and a NIC, which lines select, and what somebody else says of them.
struct Listed : Machine {
    bool has_driver[max_decisions] = {};

    explicit Listed(char const* config = "[bind]\ngpu = 01:00.*\n[stub]\nnic = 02:00.0\n")
    {
        look_out();
        add("0000:01:00.0", "10de:2191", 0x030000, 1);
        add("0000:01:00.1", "10de:1aeb", 0x040300, 1);
        add("0000:02:00.0", "8086:10d3", 0x020000, 2);
        plan(config);
    }

    Listed& command_line(char const* text)
    {
        parse_kernel_settings(text, session.module_settings);
        return *this;
    }

    Listed& file(std::string text)
    {
        parse_modprobe_settings(text, "/a", session.module_settings);
        return *this;
    }

    Listed& alias(char const* line)
    {
        note_alias(session, line, has_driver);
        return *this;
    }

    Listed& override_of(char const* name, char const* driver)
    {
        note_override(session, name, driver);
        return *this;
    }

    std::string told()
    {
        note_rivals(session, has_driver);
        std::string all;
        tell_of_rivals(session, [&](std::string_view warning) { all += std::string(warning) + "\n"; });
        return all;
    }
};

static std::string const ids = " is not needed, and may take these even when vfio-early refuses them or is "
                               "switched off, take it out: ";
static std::string const left =
    " is not needed, and leaves these without a driver when vfio-early refuses them "
    "or is switched off, take it out: ";
static std::string const early =
    " is not needed, as vfio-early loads its drivers before all others, take it out\n";
static std::string const no_count = " does not count when vfio-early loads its drivers, take it out\n";

TEST(names_the_listed_devices_that_an_ids_names)
{
    TEST_ASSERT_EQUAL_STRING("'vfio-pci.ids=' on the kernel command line" + ids
            + "gpu 0000:01:00.0, gpu 0000:01:00.1\n'options pci-stub ids=' in /a:2" + ids
            + "nic 0000:02:00.0\n",
        Listed()
            .command_line("vfio-pci.ids=10de:2191,10de:1aeb,1:2")
            .file("\noptions pci-stub ids=8086:10d3\n")
            .told());
    TEST_ASSERT_EQUAL_STRING("", Listed().command_line("vfio-pci.ids=10de:2192 pci-stub.ids=1:2").told());
}

TEST(names_an_ids_for_the_other_driver_and_for_what_is_refused)
{
    TEST_ASSERT_EQUAL_STRING("'pci-stub.ids=' on the kernel command line" + ids + "gpu 0000:01:00.0\n",
        Listed().command_line("pci-stub.ids=10de:2191").told());
    Listed listed("[bind]\ngpu = 01:00.0\n");
    TEST_ASSERT_EQUAL_STRING("gpu 0000:01:00.0 shared-group\n", verdicts(listed.session));
    TEST_ASSERT_EQUAL_STRING("'vfio-pci.ids=' on the kernel command line" + ids + "gpu 0000:01:00.0\n",
        listed.command_line("vfio-pci.ids=10de:2191,8086:10d3").told());
}

TEST(names_what_xen_hides)
{
    std::string const gives = "'xen-pciback.hide=' on the kernel command line gives these to xen-pciback "
                              "where Xen runs, take them out "
                              "there or here: ";
    TEST_ASSERT_EQUAL_STRING(gives + "gpu 0000:01:00.0, gpu 0000:01:00.1\n",
        Listed().command_line("xen-pciback.hide=(0000:01:00.*)").told());
    TEST_ASSERT_EQUAL_STRING(gives + "gpu 0000:01:00.1, nic 0000:02:00.0\n",
        Listed().command_line("xen-pciback.hide=(03:00.0)(01:00.1)(0000:02:00.0)").told());
    for (auto const* list : {"(03:00.0)", "(0001:01:00.0)", "()(", "01:00", "(10de:2191)", "(01:00.0/00.0)"})
        TEST_ASSERT_EQUAL_STRING(
            "", Listed().command_line((std::string("xen-pciback.hide=") + list).c_str()).told());
}

TEST(says_what_does_not_count_for_how_our_drivers_are_loaded)
{
    TEST_ASSERT_EQUAL_STRING(
        "'install vfio-pci' in /a:1" + no_count + "'blacklist vfio_pci' in /a:2" + no_count,
        Listed().file("install vfio-pci /bin/true\nblacklist vfio_pci\n").told());
    TEST_ASSERT_EQUAL_STRING(
        "'softdep nouveau' in /a:1" + early, Listed().file("softdep nouveau pre: vfio-pci\n").told());
    TEST_ASSERT_EQUAL_STRING("'rd.driver.pre=vfio-pci' on the kernel command line" + early
            + "'rd.driver.blacklist=vfio-pci' on the kernel command line" + no_count,
        Listed().command_line("rd.driver.pre=vfio-pci rd.driver.blacklist=vfio-pci").told());
}

TEST(passes_over_the_driver_that_no_line_asks_for)
{
    Listed listed("[bind]\nnic = 02:00.0\n");
    TEST_ASSERT_EQUAL_STRING("", listed.file("install pci-stub x\nsoftdep nvme pre: pci-stub\n").told());
    TEST_ASSERT_EQUAL_STRING(
        "", Listed("[bind]\n").command_line("rd.driver.pre=vfio-pci").file("blacklist vfio-pci\n").told());
}

static char const* const nouveau = "alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau";

TEST(says_where_a_blacklist_leaves_no_driver)
{
    TEST_ASSERT_EQUAL_STRING("'blacklist nouveau' in /a:1" + left + "gpu 0000:01:00.0\n",
        Listed().file("blacklist nouveau\n").alias(nouveau).told());
    TEST_ASSERT_EQUAL_STRING("'install snd-hda-intel' in /a:2" + left + "gpu 0000:01:00.1\n",
        Listed()
            .file("blacklist nouveau\ninstall snd-hda-intel /bin/false\n")
            .alias("alias pci:v000010DEd00001AEBsv00001043sd00008520bc*sc*i* snd_hda_intel")
            .alias("alias pci:v*d*sv*sd*bc04sc03i00* snd_hda_intel\n")
            .told());
    TEST_ASSERT_EQUAL_STRING(
        "'rd.driver.blacklist=nouveau' on the kernel command line" + left + "gpu 0000:01:00.0\n",
        Listed().command_line("rd.driver.blacklist=nouveau").alias(nouveau).told());
}

TEST(says_nothing_where_another_driver_is_left)
{
    auto const* other = "alias pci:v000010DEd*sv*sd*bc03sc00i00* nvidia";
    TEST_ASSERT_EQUAL_STRING("", Listed().file("blacklist nouveau\n").alias(nouveau).alias(other).told());
    TEST_ASSERT_EQUAL_STRING("", Listed().file("blacklist nouveau\n").alias(other).alias(nouveau).told());
    Listed listed;
    listed.has_driver[0] = true;
    TEST_ASSERT_EQUAL_STRING("", listed.file("blacklist nouveau\n").alias(nouveau).told());
    TEST_ASSERT_EQUAL_STRING("'blacklist nouveau' in /a:1" + left
            + "gpu 0000:01:00.0\n'blacklist nvidia' in /a:2" + left + "gpu 0000:01:00.0\n",
        Listed().file("blacklist nouveau\nblacklist nvidia\n").alias(nouveau).alias(other).told());
}

TEST(compares_every_number_of_an_alias)
{
    for (auto const* pattern : {"pci:v000010DFd*sv*sd*bc*sc*i*", "pci:v000010DEd00002192sv*sd*bc*sc*i*",
             "pci:v*d*sv00001044sd*bc*sc*i*", "pci:v*d*sv*sd00008521bc*sc*i*", "pci:v*d*sv*sd*bc02sc*i*",
             "pci:v*d*sv*sd*bc03sc02i*", "pci:v*d*sv*sd*bc03sc00i01*", "usb:v*d*sv*sd*bc*sc*i*",
             "pci:v000010DE", "pci:", "vfio_pci:v*d*sv*sd*bc*sc*i*", "pci:v000010DEd"})
        TEST_ASSERT_EQUAL_STRING("",
            Listed("[bind]\ngpu = 01:00.0\n")
                .file("blacklist nouveau\n")
                .alias((std::string("alias ") + pattern + " nouveau").c_str())
                .told());
    TEST_ASSERT_FALSE(Listed()
                          .file("blacklist nouveau\n")
                          .alias("alias pci:v000010DEd00002191sv00001043sd00008520bc03sc00i00 nouveau")
                          .told()
                          .empty());
}

TEST(tells_of_an_override_that_takes_a_device_back)
{
    for (std::string const name : {"pci-0000:01:00.0", "0000:01:00.0"})
        TEST_ASSERT_EQUAL_STRING("'driverctl set-override nouveau' in /etc/driverctl.d/" + name
                + " takes this from vfio-early after the boot has bound it, remove the file ('driverctl "
                  "unset-override "
                  "ADDRESS' also unbinds the device at once): gpu 0000:01:00.0\n",
            Listed().override_of(name.c_str(), "nouveau\n").told());
}

TEST(tells_once_of_overrides_that_say_the_same)
{
    TEST_ASSERT_EQUAL_STRING(
        "'driverctl set-override ...' in /etc/driverctl.d is not needed, and takes these even when "
        "vfio-early refuses them or is switched off, remove the files ('driverctl unset-override ADDRESS' "
        "also "
        "unbinds the device at once): gpu 0000:01:00.0, gpu 0000:01:00.1, nic 0000:02:00.0\n",
        Listed()
            .override_of("pci-0000:01:00.0", "vfio-pci\n")
            .override_of("pci-0000:01:00.1", "vfio-pci")
            .override_of("pci-0000:02:00.0", "pci-stub\n")
            .told());
}

TEST(passes_over_overrides_of_what_is_not_listed_or_stays_with_the_host)
{
    TEST_ASSERT_EQUAL_STRING("",
        Listed()
            .override_of("pci-0000:03:00.0", "vfio-pci\n")
            .override_of("vmbus-0000:01:00.0", "x\n")
            .override_of("pci-0000:01:00.0", "\n")
            .override_of("pci-", "vfio-pci")
            .told());
    TEST_ASSERT_EQUAL_STRING(
        "", Listed("[bind]\ngpu = 01:00.0\n").override_of("0000:01:00.0", "nouveau").told());
}

TEST(sorts_settings_by_their_files)
{
    ForeignSettings found;
    ModuleSettings settings;
    settings.rivals = &found;
    std::string first = "blacklist b9\n\n\n\n\n\n\n\n\nblacklist b10\n";
    std::string second = "blacklist a\n";
    parse_modprobe_settings(first, "/b", settings);
    parse_modprobe_settings(second, "/a", settings);
    parse_kernel_settings("vfio-pci.ids=1:2", settings);
    sort_settings(found);
    std::string order;
    for (auto const& setting : found)
        order += std::string(setting.name.view()) + " ";
    TEST_ASSERT_EQUAL_STRING(" a b9 b10 ", order);
}

TEST(shows_no_raw_byte_of_a_name)
{
    auto const told = Listed().override_of("0000:01:00.0", "\x1b[31m").told();
    TEST_ASSERT_TRUE(told.find("'driverctl set-override \\x1b[31m' in") != std::string::npos);
}

UNITY_MAIN()
