// SPDX-License-Identifier: MIT
#include "core/module_settings.h"

#include "unity.h"

#include <memory>

using namespace vfio_early;

struct Settings {
    std::unique_ptr<ModuleSettings> owned = std::make_unique<ModuleSettings>();
    ModuleSettings& settings = *owned;
    ForeignSettings found;

    Settings& file(char const* name, std::string text)
    {
        parse_modprobe_settings(text, name, settings);
        return *this;
    }

    Settings& command_line(char const* text)
    {
        parse_kernel_settings(text, settings);
        return *this;
    }

    // 'DRIVER VENDOR:DEVICE FILE' for every id, one a line.
    std::string ids() const
    {
        std::string all;
        for (auto const& foreign : settings.ids) {
            char id[32];
            snprintf(id, sizeof(id), " %x:%x ", foreign.id.vendor, foreign.id.device);
            all += std::string(driver_name(foreign.target)) + id + std::string(foreign.place.view()) + "\n";
        }
        return all;
    }

    // Where the id stands that names an 8086:10d3 for one of the drivers.
    std::string named_in() const
    {
        Device device;
        device.id = {0x8086, 0x10d3};
        device.is_identified = true;
        auto const* found =
            find_foreign_id(settings, device, [](Target target) { return target == Target::VfioPci; });
        return found ? std::string(found->place.view()) : "nowhere";
    }

    std::string blacklisted(Target target, std::string_view loaded = "") const
    {
        return std::string(
            find_blacklisted(settings, target, [&](std::string_view module) { return module == loaded; }));
    }

    Settings& with_rivals()
    {
        settings.rivals = &found;
        return *this;
    }

    // 'KIND DRIVER WORD|NAME PLACE' for everything else that has a say, one a line.
    std::string rivals() const
    {
        constexpr char const* kinds[] = {"ids", "hide", "against ours", "against", "early"};
        std::string all;
        for (auto const& rival : found) {
            all += std::string(kinds[static_cast<size_t>(rival.kind)]) + " "
                + std::string(driver_name(rival.target)) + " " + rival.word + "|"
                + std::string(rival.name.view()) + " " + std::string(rival.place.view()) + "\n";
        }
        return all;
    }

    // Names of the modules with an 'install' line.
    std::string with_install_line() const
    {
        std::string all;
        for (size_t i = 0; i < std::size(driver_modules); ++i) {
            if (settings.has_install_line[i])
                all += std::string(driver_modules[i].name) + " ";
        }
        return all;
    }
};

TEST(reads_options_of_both_drivers)
{
    TEST_ASSERT_EQUAL_STRING("vfio-pci 8086:10d3 a:1\nvfio-pci 1b36:10 a:1\npci-stub 1:2 a:2\n",
        Settings()
            .file("a", "options vfio-pci ids=8086:10d3,1b36:0010 disable_vga=1\noptions pci_stub ids=1:2\n")
            .ids());
}

TEST(takes_a_dash_for_an_underscore)
{
    TEST_ASSERT_EQUAL_STRING("vfio-pci 1:2 a:1\nvfio-pci 3:4 a:2\n",
        Settings().file("a", "options vfio_pci ids=1:2\noptions vfio-pci ids=3:4").ids());
}

TEST(reads_every_option_of_a_line)
{
    TEST_ASSERT_EQUAL_STRING(
        "vfio-pci 1:2 a:1\n", Settings().file("a", "\toptions \t vfio-pci  disable_vga=1\tids=1:2").ids());
    TEST_ASSERT_EQUAL_STRING("vfio-pci 1:2 a:1\nvfio-pci 3:4 a:1\n",
        Settings().file("a", "options vfio-pci ids=\"1:2, 3:4\"").ids());
}

TEST(passes_over_other_lines)
{
    TEST_ASSERT_EQUAL_STRING("",
        Settings()
            .file("a",
                "# options vfio-pci ids=1:2\n#options vfio-pci ids=1:2\noptions vfio ids=1:2\n"
                "options vfio-pci\noptions vfio-pci xids=1:2 ids\nalias vfio-pci ids=1:2\n"
                "softdep nvme pre: vfio-pci\n\noptions\n")
            .ids());
}

TEST(joins_continued_lines)
{
    TEST_ASSERT_EQUAL_STRING("vfio-pci 1:2 a:1\nvfio-pci 3:4 a:1\n",
        Settings().file("a", "options vfio-pci \\\n  ids=1:2,\\\n3:4\n").ids());
    TEST_ASSERT_EQUAL_STRING(
        "vfio-pci 1:2 a:1\n", Settings().file("a", "options vfio-pci ids=1\\:2\\").ids());
    TEST_ASSERT_EQUAL_STRING(
        "", Settings().file("a", "# a comment that goes on \\\noptions vfio-pci ids=1:2\n").ids());
}

TEST(reads_the_kernel_command_line)
{
    TEST_ASSERT_EQUAL_STRING("vfio-pci 1:2 \nvfio-pci 3:4 \npci-stub 5:6 \n",
        Settings().command_line("quiet vfio-pci.ids=1:2 vfio_pci.ids=3:4 pci-stub.ids=5:6\n").ids());
    TEST_ASSERT_EQUAL_STRING("vfio-pci 1:2 \nvfio-pci 3:4 \nvfio-pci 5:6 \n",
        Settings().command_line("vfio-pci.ids=\"1:2, 3:4\" \"vfio-pci.ids=5:6\"").ids());
    TEST_ASSERT_EQUAL_STRING(
        "", Settings().command_line("xvfio-pci.ids=1:2 ids=1:2 vfio-pci.idsx=1:2").ids());
}

TEST(says_that_there_are_more_ids_than_fit)
{
    std::string list;
    for (size_t i = 0; i < max_foreign_ids; ++i)
        list += "1:2,";
    TEST_ASSERT_FALSE(Settings().file("a", "options vfio-pci ids=" + list).settings.has_more_ids);
    TEST_ASSERT_TRUE(Settings().file("a", "options vfio-pci ids=" + list + "3:4").settings.has_more_ids);
}

TEST(names_the_place_that_kmod_would_let_count)
{
    auto const* text = "options vfio-pci ids=8086:10d3";
    TEST_ASSERT_EQUAL_STRING("/b:1", Settings().file("/a", text).file("/b", text).named_in());
    TEST_ASSERT_EQUAL_STRING("/b:1", Settings().file("/b", text).file("/a", text).named_in());
    TEST_ASSERT_EQUAL_STRING(
        "", Settings().file("/a", text).command_line("vfio-pci.ids=8086:10d3").named_in());
    TEST_ASSERT_EQUAL_STRING(
        "", Settings().command_line("vfio-pci.ids=8086:10d3").file("/a", text).named_in());
    TEST_ASSERT_EQUAL_STRING("nowhere", Settings().command_line("pci-stub.ids=8086:10d3").named_in());
}

TEST(knows_what_the_kernel_refuses_to_load)
{
    TEST_ASSERT_EQUAL_STRING("vfio_pci",
        Settings().command_line("module_blacklist=nouveau,vfio_pci,vfio").blacklisted(Target::VfioPci));
    TEST_ASSERT_EQUAL_STRING(
        "vfio", Settings().command_line("module_blacklist=vfio").blacklisted(Target::VfioPci));
    TEST_ASSERT_EQUAL_STRING("vfio_pci",
        Settings().command_line("module_blacklist=\"a b,vfio_pci\"").blacklisted(Target::VfioPci));
    TEST_ASSERT_EQUAL_STRING(
        "pci_stub", Settings().command_line("module-blacklist=pci_stub").blacklisted(Target::PciStub));
    // A dash is not what the kernel calls the module, and the last list counts.
    TEST_ASSERT_EQUAL_STRING(
        "", Settings().command_line("module_blacklist=vfio-pci").blacklisted(Target::VfioPci));
    TEST_ASSERT_EQUAL_STRING("",
        Settings()
            .command_line("module_blacklist=vfio_pci module_blacklist=nouveau")
            .blacklisted(Target::VfioPci));
}

TEST(does_not_blame_what_keeps_nothing_from_being_loaded)
{
    TEST_ASSERT_EQUAL_STRING("",
        Settings()
            .command_line("modprobe.blacklist=vfio_pci module_blacklist=pci_stub,vfio_iommu_type1")
            .file("a", "blacklist vfio-pci\nblacklist vfio\ninstall vfio-pci /bin/false\n")
            .blacklisted(Target::VfioPci));
    TEST_ASSERT_EQUAL_STRING(
        "", Settings().command_line("module_blacklist=vfio").blacklisted(Target::VfioPci, "vfio"));
}

TEST(finds_install_lines)
{
    TEST_ASSERT_EQUAL_STRING("vfio_pci_core irqbypass ",
        Settings()
            .file("a",
                "install irqbypass /bin/true\ninstall vfio-pci-core /bin/false\n#install vfio /bin/false\n")
            .with_install_line());
}

TEST(finds_who_has_a_say_on_the_kernel_command_line)
{
    TEST_ASSERT_EQUAL_STRING("ids vfio-pci vfio-pci.ids| \n"
                             "ids pci-stub pci-stub.ids| \n"
                             "hide vfio-pci xen-pciback.hide| \n"
                             "early vfio-pci rd.driver.pre|vfio-pci \n"
                             "against vfio-pci rd.driver.blacklist|nouveau \n"
                             "against ours vfio-pci rd.driver.blacklist|vfio_pci \n"
                             "against vfio-pci modprobe.blacklist|snd_hda_intel \n",
        Settings()
            .with_rivals()
            .command_line("vfio_pci.ids=1:2 pci-stub.ids=3:4 xen-pciback.hide=(01:00.0) "
                          "rd.driver.pre=nvme,vfio-pci,vfio rd.driver.blacklist=nouveau,vfio_pci "
                          "rd.driver.post=vfio-pci modprobe.blacklist=snd_hda_intel blacklist=nvme")
            .rivals());
    TEST_ASSERT_EQUAL_STRING("(01:00.0)",
        Settings().command_line("xen-pciback.hide=(02:00.0) xen_pciback.hide=(01:00.0)").settings.hidden);
}

TEST(finds_who_has_a_say_in_modprobe_d)
{
    TEST_ASSERT_EQUAL_STRING("ids vfio-pci options|vfio-pci ids= a:1\n"
                             "early vfio-pci softdep|nouveau a:3\n"
                             "early pci-stub softdep|nvme a:6\n"
                             "against vfio-pci blacklist|nouveau a:7\n"
                             "against ours vfio-pci blacklist|vfio a:8\n"
                             "against vfio-pci install|nvme a:9\n"
                             "against ours vfio-pci install|vfio_pci a:10\n"
                             "against ours pci-stub install|pci-stub a:11\n",
        Settings()
            .with_rivals()
            .file("a",
                "options vfio-pci disable_vga=1 ids=1:2\n# blacklist nvme\nsoftdep nouveau pre: \\\n a \\\n "
                "vfio-pci\nsoftdep nvme post: pci_stub vfio-pci\nblacklist nouveau\nblacklist vfio\n"
                "install nvme /bin/false\ninstall vfio_pci x\ninstall pci-stub x\nsoftdep vfio-pci pre: "
                "nouveau\nalias a "
                "vfio-pci\n"
                "options vfio-pci disable_idle_d3=1\nremove nvme x\n")
            .rivals());
}

TEST(keeps_nothing_that_nobody_asks_for)
{
    auto const settings = Settings().file("a", "blacklist nouveau").command_line("vfio-pci.ids=1:2").rivals();
    TEST_ASSERT_EQUAL_STRING("", settings);
}

TEST(tells_whether_a_file_is_about_our_drivers)
{
    ModuleSettings settings;
    for (std::string line :
        {"options vfio-pci disable_vga=1", "blacklist vfio_iommu_type1", "install pci-stub x"})
        TEST_ASSERT_TRUE(parse_modprobe_settings(line, "a", settings));
    for (std::string line :
        {"options nouveau modeset=0", "# options vfio-pci ids=1:2", "softdep nvme pre: vfio-pci"})
        TEST_ASSERT_FALSE(parse_modprobe_settings(line, "a", settings));
}

UNITY_MAIN()
