// SPDX-License-Identifier: MIT
#include "core/offer.h"

#include "machine.h"
#include "text_of.h"

using namespace vfio_early;

namespace {

constexpr uint32_t display = 0x030000;
constexpr uint32_t audio = 0x040300;
constexpr uint32_t network = 0x020000;
constexpr uint32_t bridge = 0x060400;
constexpr uint32_t host_bridge = 0x060000;
constexpr uint32_t isa_bridge = 0x060100;
constexpr uint32_t thermal = 0x118000;

// A machine whose groups are offered.
struct Offered : Machine {
    std::unique_ptr<Trial> trial = std::make_unique_for_overwrite<Trial>();

    Offer offer_of(uint32_t group) { return offer(group, session, *trial); }

    // 'ADDRESS DRIVER CODE' for every decision of the trial.
    std::string decisions() const
    {
        std::string all;
        for (auto const& decision : trial->plan.decisions) {
            all += text_of("%a %s %s\n", device_of(decision, session.inventory)->address,
                driver_name(decision.target), name_of(decision.reason));
        }
        return all;
    }

    void live_on(char const* address, char const* why)
    {
        HostFact fact;
        fact.why = FactText(why);
        fact.device.address = parse_address(address).value();
        fact.device.place = fact.device.address;
        session.facts.host.append(fact);
    }
};

} // namespace

TEST(offers_one_function_alone_beside_its_bridges)
{
    Offered machine;
    machine.add("0000:00:01.0", "8086:1901", bridge, 1, "pcieport");
    machine.add("0000:00:00.0", "8086:191f", host_bridge, 1);
    machine.add("0000:01:00.0", "10de:1401", display, 1, "nouveau");
    TEST_ASSERT_TRUE(machine.offer_of(1) == Offer::Alone);
    TEST_ASSERT_EQUAL_STRING("0000:01:00.0 vfio-pci \n", machine.decisions());
}

TEST(offers_the_functions_of_one_card_together)
{
    Offered machine;
    machine.add("0000:01:00.0", "10de:1401", display, 1);
    machine.add("0000:01:00.1", "10de:0fba", audio, 1);
    machine.add("0000:02:00.0", "8086:1533", network, 2);
    TEST_ASSERT_TRUE(machine.offer_of(1) == Offer::Together);
    TEST_ASSERT_EQUAL_UINT(2, machine.trial->plan.decisions.size());
}

TEST(offers_several_cards_with_each_other)
{
    Offered machine;
    machine.add("0000:01:00.0", "10de:1401", display, 1);
    machine.add("0000:02:00.0", "8086:1533", network, 1);
    TEST_ASSERT_TRUE(machine.offer_of(1) == Offer::WithOthers);
}

TEST(parks_parts_of_the_board_that_the_host_can_do_without)
{
    Offered machine;
    machine.add("0000:00:14.0", "8086:a12f", 0x0c0330, 3);
    machine.add("0000:00:14.2", "8086:a131", thermal, 3);
    TEST_ASSERT_TRUE(machine.offer_of(3) == Offer::Alone);
    TEST_ASSERT_EQUAL_STRING("0000:00:14.0 vfio-pci \n0000:00:14.2 pci-stub \n", machine.decisions());
}

TEST(does_not_offer_what_the_platform_needs)
{
    Offered machine;
    machine.add("0000:00:1f.0", "8086:a145", isa_bridge, 10);
    machine.add("0000:00:1f.3", "8086:a170", audio, 10);
    TEST_ASSERT_TRUE(machine.offer_of(10) == Offer::No);
    TEST_ASSERT_EQUAL_STRING("0000:00:1f.3 vfio-pci shared-group\n", machine.decisions());
}

TEST(has_nothing_to_offer_of_bridges_and_parts_of_the_board)
{
    Offered machine;
    machine.add("0000:00:14.0", "1022:790b", 0x0c0500, 8);
    machine.add("0000:00:14.3", "1022:790e", isa_bridge, 8);
    machine.add("0000:00:1c.0", "8086:a110", bridge, 9);
    machine.add("0000:00:08.0", "8086:1911", 0x088000, 11);
    TEST_ASSERT_TRUE(machine.offer_of(8) == Offer::Nothing);
    TEST_ASSERT_TRUE(machine.offer_of(9) == Offer::Nothing);
    TEST_ASSERT_TRUE(machine.offer_of(11) == Offer::Nothing);
    TEST_ASSERT_TRUE(machine.offer_of(99) == Offer::Nothing);
}

TEST(does_not_offer_what_the_host_lives_on)
{
    Offered machine;
    machine.add("0000:02:00.0", "144d:a808", 0x010802, 4, "nvme");
    machine.add("0000:03:00.0", "8086:1533", network, 4);
    machine.live_on("0000:02:00.0", "/ on nvme0n1p2");
    TEST_ASSERT_TRUE(machine.offer_of(4) == Offer::No);
    TEST_ASSERT_EQUAL_STRING(
        "0000:02:00.0 vfio-pci protected\n0000:03:00.0 vfio-pci group-refused\n", machine.decisions());
}

TEST(offers_it_where_the_configuration_gives_it_away)
{
    Offered machine;
    machine.add("0000:02:00.0", "144d:a808", 0x010802, 4, "nvme");
    machine.live_on("0000:02:00.0", "/ on nvme0n1p2");
    machine.plan("[bind]\nroot = 0000:02:00.0\n[options]\nprotect = all except root\n");
    TEST_ASSERT_TRUE(machine.offer_of(4) == Offer::Alone);
}

TEST(does_not_offer_the_boot_display_unless_the_configuration_does)
{
    Offered machine;
    machine.add("0000:01:00.0", "10de:1401", display, 1).is_boot_display = true;
    TEST_ASSERT_TRUE(machine.offer_of(1) == Offer::No);
    TEST_ASSERT_EQUAL_STRING("0000:01:00.0 vfio-pci boot-display\n", machine.decisions());
    machine.plan("[options]\nboot-display = bind\n");
    TEST_ASSERT_TRUE(machine.offer_of(1) == Offer::Alone);
}

TEST(does_not_offer_what_cannot_be_read)
{
    Offered machine;
    machine.add("0000:01:00.0", "10de:1401", display, 1);
    machine.add("0000:01:00.1", "10de:0fba", audio, 1).is_readable = false;
    TEST_ASSERT_TRUE(machine.offer_of(1) == Offer::No);
    machine.session.inventory.devices[1].is_identified = false;
    TEST_ASSERT_TRUE(machine.offer_of(1) == Offer::No);
}

TEST(does_not_offer_a_group_with_more_functions_than_lines)
{
    Offered machine;
    for (size_t i = 0; i <= max_entries; ++i) {
        auto& device = machine.add("0000:01:00.0", "8086:1533", network, 1);
        device.address.bus = static_cast<uint8_t>(i);
    }
    TEST_ASSERT_TRUE(machine.offer_of(1) == Offer::No);
}

TEST(names_the_line_that_selects_a_device)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:1401", display, 1);
    machine.add("0000:02:00.0", "8086:1533", network, 2);
    auto const& session = machine.plan("[bind]\ngpu = 0000:01:00.0\n");
    TEST_ASSERT_EQUAL_STRING("gpu", line_of(0, session)->label.view());
    TEST_ASSERT_TRUE(line_of(1, session) == nullptr);
}

TEST(has_words_for_each_offer)
{
    TEST_ASSERT_EQUAL_STRING("YES", answer_of(Offer::Alone));
    TEST_ASSERT_EQUAL_STRING("YES", answer_of(Offer::Together));
    TEST_ASSERT_EQUAL_STRING("WITH OTHERS", answer_of(Offer::WithOthers));
    TEST_ASSERT_EQUAL_STRING("NO", answer_of(Offer::No));
    TEST_ASSERT_EQUAL_STRING("with-others", name_of(Offer::WithOthers));
    TEST_ASSERT_EQUAL_STRING("nothing", name_of(Offer::Nothing));
}

UNITY_MAIN()
