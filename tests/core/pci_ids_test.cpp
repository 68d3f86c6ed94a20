// SPDX-License-Identifier: MIT
#include "core/pci_ids.h"

#include "text_of.h"
#include "unity.h"

#include <memory>

using namespace vfio_early;

namespace {

constexpr DeviceId graphics = {0x10de, 0x1e84};
constexpr DeviceId sound = {0x10de, 0x10f8};
constexpr DeviceId unknown = {0x10de, 0xffff};
constexpr DeviceId of_nobody = {0xfff0, 0x0001};

std::unique_ptr<ModelNames> read(std::initializer_list<char const*> lines)
{
    auto names = std::make_unique_for_overwrite<ModelNames>();
    new (names.get()) ModelNames;
    for (auto const id : {graphics, sound, unknown, of_nobody})
        names->want(id);
    for (auto const* line : lines)
        names->read_line(line);
    return names;
}

std::string name_of(ModelNames const& names, DeviceId id)
{
    return written_by([&](Sink& sink) { put_model(sink, *names.find(id)); });
}

} // namespace

TEST(finds_the_names_of_the_models_that_are_wanted)
{
    auto const names = read({"# a comment", "", "10cf  Fujitsu Limited.", "\t1e84  not this one",
        "10de  NVIDIA Corporation", "\t10f8  TU104 HD Audio Controller", "\t\t10de 1e84  a subsystem",
        "\t1e84  TU104 [GeForce RTX 2070 SUPER]", "10df  Emulex Corporation", "\t10f8  nor this"});
    TEST_ASSERT_EQUAL_STRING("NVIDIA TU104 [GeForce RTX 2070 SUPER]", name_of(*names, graphics));
    TEST_ASSERT_EQUAL_STRING("NVIDIA TU104 HD Audio Controller", name_of(*names, sound));
    TEST_ASSERT_EQUAL_STRING("NVIDIA Corporation", names->find(sound)->vendor.view());
}

TEST(has_the_vendor_of_a_model_that_is_not_in_the_list)
{
    auto const names = read({"10de  NVIDIA Corporation", "\t10f8  TU104 HD Audio Controller"});
    TEST_ASSERT_EQUAL_STRING("NVIDIA Device", name_of(*names, unknown));
    TEST_ASSERT_EQUAL_STRING("", name_of(*names, of_nobody));
    TEST_ASSERT_TRUE(names->find(DeviceId{1, 1}) == nullptr);
}

TEST(takes_no_class_for_a_model)
{
    auto const names =
        read({"10de  NVIDIA Corporation", "C 03  Display controller", "\t10  no model", "C 10de  no vendor"});
    TEST_ASSERT_EQUAL_STRING("NVIDIA Device", name_of(*names, graphics));
}

TEST(takes_one_of_two_entries)
{
    auto const names = read({"10de  NVIDIA Corporation", "\t1e84  TU104", "10de  NVIDIA", "\t1e84  TU104B"});
    TEST_ASSERT_EQUAL_STRING("NVIDIA TU104", name_of(*names, graphics));
}

TEST(reads_what_is_no_list_without_harm)
{
    auto const names = read({"\t", "\t1e84", "10d", "10de", "\t1e84", "zzzz  nothing", "\t10f8  a name"});
    TEST_ASSERT_EQUAL_STRING("", name_of(*names, graphics));
    TEST_ASSERT_EQUAL_STRING("a name", names->find(sound)->device.view());
}

TEST(cuts_what_vendors_are_called_besides_their_name)
{
    TEST_ASSERT_EQUAL_STRING("AMD", short_vendor("Advanced Micro Devices, Inc. [AMD]"));
    TEST_ASSERT_EQUAL_STRING("AMD/ATI", short_vendor("Advanced Micro Devices, Inc. [AMD/ATI]"));
    TEST_ASSERT_EQUAL_STRING("Intel", short_vendor("Intel Corporation"));
    TEST_ASSERT_EQUAL_STRING("Realtek", short_vendor("Realtek Semiconductor Co., Ltd."));
    TEST_ASSERT_EQUAL_STRING("Samsung", short_vendor("Samsung Electronics Co Ltd"));
    TEST_ASSERT_EQUAL_STRING("Red Hat", short_vendor("Red Hat, Inc."));
    TEST_ASSERT_EQUAL_STRING("Broadcom / LSI", short_vendor("Broadcom / LSI"));
    TEST_ASSERT_EQUAL_STRING("", short_vendor(""));
    TEST_ASSERT_EQUAL_STRING("]", short_vendor("]"));
}

TEST(escapes_what_a_terminal_could_obey)
{
    auto const names = read({"10de  NVIDIA", "\t1e84  \x1b[31mred"});
    TEST_ASSERT_EQUAL_STRING("NVIDIA \\x1b[31mred", name_of(*names, graphics));
}

UNITY_MAIN()
