// SPDX-License-Identifier: MIT
#include "core/sysfs_text.h"

#include "text_of.h"
#include "unity.h"

using namespace vfio_early;

static Device device_at(char const* address)
{
    Device device;
    device.address = *parse_address(address);
    return device;
}

static constexpr std::string_view nvme_uevent =
    "DRIVER=nvme\n"
    "PCI_CLASS=10802\n"
    "PCI_ID=144D:A808\n"
    "PCI_SUBSYS_ID=144D:A801\n"
    "PCI_SLOT_NAME=0000:2e:00.0\n"
    "MODALIAS=pci:v0000144Dd0000A808sv0000144Dsd0000A801bc01sc08i02\n";

TEST(reads_a_uevent)
{
    auto device = device_at("0000:2e:00.0");
    TEST_ASSERT_TRUE(parse_uevent(nvme_uevent, device));
    TEST_ASSERT_EQUAL_STRING(
        "144d:a808 144d:a801 nvme", text_of("%i %i %s", device.id, device.subsystem, device.driver));
    TEST_ASSERT_EQUAL_UINT(0x010802, device.class_code);
    TEST_ASSERT_TRUE(device.header == HeaderType::Normal);
}

TEST(refuses_a_uevent_of_another_device)
{
    auto device = device_at("0000:2f:00.0");
    TEST_ASSERT_FALSE(parse_uevent(nvme_uevent, device));
}

TEST(refuses_uevents_that_are_cut_or_invalid)
{
    auto device = device_at("0000:2e:00.0");
    for (size_t length = 0; length < 80; ++length) {
        if (parse_uevent(nvme_uevent.substr(0, length), device))
            TEST_FAIL_MESSAGE("took the first " + std::to_string(length) + " bytes");
    }
    TEST_ASSERT_FALSE(parse_uevent("PCI_CLASS=ffffffffff\nPCI_ID=144D:A808\nPCI_SUBSYS_ID=144D:A801\n"
                                   "PCI_SLOT_NAME=0000:2e:00.0\n",
        device));
    TEST_ASSERT_FALSE(parse_uevent(std::string(5000, '='), device));
}

TEST(knows_the_header_type_of_most_classes)
{
    TEST_ASSERT_TRUE(header_type_of_class(0x030000) == HeaderType::Normal);
    TEST_ASSERT_TRUE(header_type_of_class(0x060000) == HeaderType::Normal);
    TEST_ASSERT_TRUE(header_type_of_class(0x060400) == HeaderType::Bridge);
    TEST_ASSERT_TRUE(header_type_of_class(0x060700) == HeaderType::CardBus);
    TEST_ASSERT_TRUE(header_type_of_class(0x060900) == HeaderType::Unknown);
    TEST_ASSERT_TRUE(header_type_of_class(0x000000) == HeaderType::Unknown);
}

TEST(reads_the_header_type_without_the_multifunction_bit)
{
    std::string config(64, '\0');
    TEST_ASSERT_TRUE(header_type_of_config(config) == HeaderType::Normal);
    config[0x0e] = '\x81';
    TEST_ASSERT_TRUE(header_type_of_config(config) == HeaderType::Bridge);
    config[0x0e] = '\x02';
    TEST_ASSERT_TRUE(header_type_of_config(config) == HeaderType::CardBus);
    config[0x0e] = '\x7f';
    TEST_ASSERT_TRUE(header_type_of_config(config) == HeaderType::Unknown);
    TEST_ASSERT_TRUE(header_type_of_config(config.substr(0, 0x0e)) == HeaderType::Unknown);
}

TEST(knows_which_iommus_group_devices_up_front)
{
    TEST_ASSERT_TRUE(groups_devices_up_front("dmar0"));
    TEST_ASSERT_TRUE(groups_devices_up_front("ivhd1"));
    TEST_ASSERT_FALSE(groups_devices_up_front("smmu3.0x0000000009050000"));
    TEST_ASSERT_FALSE(groups_devices_up_front("virtio0"));
}

TEST(finds_the_device_that_holds_the_framebuffer)
{
    auto const owner = framebuffer_owner("80000000-afffffff : PCI Bus 0000:00\n"
                                         "  80000000-80ffffff : 0000:00:01.0\n"
                                         "    80000000-803e7fff : BOOTFB\n"
                                         "  81000000-81000fff : 0000:00:02.0\n");
    TEST_ASSERT_EQUAL_STRING("0000:00:01.0", text_of("%a", owner.value()));
}

TEST(does_not_attribute_a_framebuffer_to_the_device_before_it)
{
    TEST_ASSERT_FALSE(framebuffer_owner("  80000000-80ffffff : 0000:00:01.0\n"
                                        "  81000000-81000fff : BOOTFB\n")
                          .has_value());
    TEST_ASSERT_FALSE(framebuffer_owner("").has_value());
}

TEST(finds_what_holds_memory_of_a_device)
{
    constexpr char const* iomem = "80000000-afffffff : PCI Bus 0000:00\n"
                                  "  80000000-80ffffff : 0000:00:01.0\n"
                                  "    80000000-803e7fff : simple-framebuffer.0\n"
                                  "      80000000-803e7fff : simpledrm\n"
                                  "  81000000-81000fff : 0000:00:02.0\n"
                                  "    81000000-81000fff : vfio-pci\n"
                                  "  82000000-82000fff : 0000:00:01.0\n"
                                  "  83000000-83000fff : ACPI\n";
    TEST_ASSERT_EQUAL_STRING("simpledrm", holder_of_memory(iomem, *parse_address("0000:00:01.0")));
    TEST_ASSERT_EQUAL_STRING("", holder_of_memory(iomem, *parse_address("0000:00:02.0")));
    TEST_ASSERT_EQUAL_STRING("", holder_of_memory(iomem, *parse_address("0000:00:03.0")));
}

TEST(distinguishes_kinds_of_missing_iommu)
{
    IommuTables const none;
    TEST_ASSERT_TRUE(iommu_that_is_not_on({.has_dmar = true}, "") == Iommu::OffInKernel);
    TEST_ASSERT_TRUE(iommu_that_is_not_on({.has_ivrs = true}, "") == Iommu::OffInKernel);
    TEST_ASSERT_TRUE(iommu_that_is_not_on({.has_viot = true}, "") == Iommu::NoDriver);
    TEST_ASSERT_TRUE(iommu_that_is_not_on(none, "flags\t\t: fpu vmx sse\n") == Iommu::OffInFirmware);
    TEST_ASSERT_TRUE(
        iommu_that_is_not_on(none, "model : x\nflags\t\t: fpu svm sse\n") == Iommu::OffInFirmware);
    TEST_ASSERT_TRUE(iommu_that_is_not_on(none, "flags\t\t: fpu svm hypervisor\n") == Iommu::Absent);
    TEST_ASSERT_TRUE(iommu_that_is_not_on(none, "flags\t\t: fpu sse\n") == Iommu::Absent);
    TEST_ASSERT_TRUE(iommu_that_is_not_on(none, "") == Iommu::Absent);
}

static std::string functions_of(char const* path)
{
    std::string all;
    for (auto const address : functions_above(path))
        all += text_of("%a ", address);
    return all;
}

TEST(finds_the_function_of_a_disk_below_bridges)
{
    TEST_ASSERT_EQUAL_STRING("0000:01:00.0 ",
        functions_of("../../devices/pci0000:00/0000:00:1c.0/0000:01:00.0/nvme/nvme0/nvme0n1"));
    TEST_ASSERT_EQUAL_STRING("0000:00:14.0 ",
        functions_of("../../devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host6/"
                     "target6:0:0/6:0:0:0/block/sdb"));
    TEST_ASSERT_EQUAL_STRING("", functions_of("../../devices/virtual/block/dm-0"));
    TEST_ASSERT_EQUAL_STRING("", functions_of(""));
}

TEST(finds_the_endpoint_that_has_the_root_bus_of_a_disk_behind_it)
{
    TEST_ASSERT_EQUAL_STRING("0000:00:0e.0 10000:e1:00.0 ",
        functions_of(
            "../../devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0/nvme/nvme0/"
            "nvme0n1"));
}

TEST(keeps_the_nearest_of_more_functions_than_a_machine_has)
{
    std::string path;
    for (char bus = '1'; bus <= '6'; ++bus)
        path += std::string("pci000") + bus + ":00/000" + bus + ":00:01.0/";
    TEST_ASSERT_EQUAL_STRING(
        "0001:00:01.0 0002:00:01.0 0003:00:01.0 0006:00:01.0 ", functions_of(path.c_str()));
}

TEST(knows_a_keyboard_by_its_keys)
{
    TEST_ASSERT_TRUE(is_keyboard("1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe\n"));
    TEST_ASSERT_TRUE(is_keyboard("fffffffe\n"));
    // A mouse, a power button, a keyboard without the letter D.
    TEST_ASSERT_FALSE(is_keyboard("ff0000 0 0 0 0\n"));
    TEST_ASSERT_FALSE(is_keyboard("10000000000000 0\n"));
    TEST_ASSERT_FALSE(is_keyboard("fffffffe 7ffffffe\n"));
    TEST_ASSERT_FALSE(is_keyboard("0\n"));
    TEST_ASSERT_FALSE(is_keyboard(""));
    TEST_ASSERT_FALSE(is_keyboard("zzzzzzzz"));
}

UNITY_MAIN()
