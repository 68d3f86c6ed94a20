// SPDX-License-Identifier: MIT
#include "core/why.h"

#include "fake_config_space.h"
#include "machine.h"
#include "text_of.h"

using namespace vfio_early;

namespace {

// A machine of ports and cards.
struct Board : Machine {
    Why why;

    void add_port(char const* address, uint8_t first_bus, uint8_t last_bus, uint32_t group)
    {
        auto& port = add(address, "8086:a110", 0x060400, group, "pcieport");
        port.secondary_bus = first_bus;
        port.last_bus = last_bus;
        port.is_express = true;
    }

    Device& add_card(char const* address, uint32_t group)
    {
        auto& card = add(address, "8086:10d3", 0x020000, group, "e1000e");
        card.is_express = true;
        return card;
    }

    Why& ask(char const* address)
    {
        why = {};
        auto const& inventory = session.inventory;
        find_why(inventory, inventory.devices[*inventory.find(parse_address(address).value())], why);
        return why;
    }

    // 'joint: TIE ADDRESS, …' for all other members, '-' for no joint.
    std::string ties(char const* address)
    {
        static char const* const names[] = {"behind", "function", "requester", "unknown"};
        ask(address);
        auto all = why.joint ? text_of("%a", why.joint->address) : "-";
        for (auto const& member : session.inventory.devices) {
            if (member.group == why.device->group && &member != why.device && &member != why.joint)
                all += text_of(" %c %a", names[static_cast<int>(tie_of(why, member))], member.address);
        }
        return all;
    }

    std::string boundary() const { return why.boundary ? text_of("%a", why.boundary->address) : "-"; }

    std::string places() const
    {
        std::string all;
        for (auto const index : why.places)
            all += text_of("%a ", session.inventory.devices[index].address);
        return all;
    }

    std::string text()
    {
        return written_by([&](Sink& sink) { write_why(sink, why); });
    }
};

} // namespace

TEST(a_card_alone_in_its_group_has_no_joint_and_is_isolated_by_the_port_above)
{
    Board board;
    board.add_port("0000:00:1c.0", 1, 1, 5);
    board.add_card("0000:01:00.0", 6);
    TEST_ASSERT_EQUAL_STRING("-", board.ties("0000:01:00.0"));
    TEST_ASSERT_EQUAL_STRING("0000:00:1c.0", board.boundary());
    TEST_ASSERT_FALSE(board.why.is_shared);
}

TEST(a_member_that_could_not_be_read_has_no_id)
{
    Board board;
    board.add_card("0000:01:00.0", 6);
    board.add_card("0000:01:00.1", 6);
    board.session.inventory.devices[1].is_identified = false;
    board.ask("0000:01:00.0");
    TEST_ASSERT_TRUE(board.text().find("  0000:01:00.1 - e1000e\n") != std::string::npos);
}

TEST(a_port_with_one_card_below_is_no_sharing)
{
    Board board;
    board.add_port("0000:00:01.0", 1, 1, 1);
    board.add_card("0000:01:00.0", 1);
    board.add_card("0000:01:00.1", 1);
    TEST_ASSERT_EQUAL_STRING("0000:00:01.0 behind 0000:01:00.1", board.ties("0000:01:00.0"));
    TEST_ASSERT_EQUAL_STRING("-", board.boundary());
    TEST_ASSERT_FALSE(board.why.is_shared);
    TEST_ASSERT_FALSE(board.ask("0000:00:01.0").is_shared);
}

TEST(the_topmost_bridge_in_the_group_is_the_joint_whatever_group_those_below_it_could_have)
{
    Board board;
    board.add_port("0000:00:1c.0", 1, 4, 5);
    board.add_port("0000:01:00.0", 2, 4, 5);
    board.add_port("0000:02:00.0", 3, 3, 5);
    board.add_port("0000:02:01.0", 4, 4, 5);
    board.add_card("0000:03:00.0", 5);
    board.add_card("0000:04:00.0", 5);
    TEST_ASSERT_EQUAL_STRING("0000:00:1c.0 behind 0000:01:00.0 behind 0000:02:00.0 behind 0000:02:01.0 "
                             "behind 0000:04:00.0",
        board.ties("0000:03:00.0"));
    TEST_ASSERT_TRUE(board.why.is_shared);
}

TEST(what_is_below_functions_that_do_not_isolate_each_other_is_tied_by_them)
{
    Board board;
    board.add_port("0000:00:1c.0", 1, 1, 5);
    board.add_port("0000:00:1c.1", 2, 2, 5);
    board.add_port("0000:00:1d.0", 3, 3, 6);
    board.add_card("0000:01:00.0", 5);
    board.add_card("0000:02:00.0", 5);
    TEST_ASSERT_EQUAL_STRING(
        "0000:00:1c.0 function 0000:00:1c.1 function 0000:02:00.0", board.ties("0000:01:00.0"));
    TEST_ASSERT_TRUE(board.why.is_shared);
    TEST_ASSERT_EQUAL_STRING("0000:00:1d.0 ", board.places());
}

TEST(without_a_bridge_in_the_group_the_device_itself_is_the_joint_and_no_place_helps)
{
    Board board;
    board.add_port("0000:00:1c.0", 1, 2, 5);
    board.add_port("0000:00:1d.0", 3, 3, 6);
    board.add_card("0000:01:00.0", 7);
    board.add_port("0000:01:00.1", 2, 2, 7);
    board.add_card("0000:02:00.0", 7);
    TEST_ASSERT_EQUAL_STRING(
        "0000:01:00.0 function 0000:01:00.1 function 0000:02:00.0", board.ties("0000:01:00.0"));
    TEST_ASSERT_EQUAL_STRING("0000:00:1c.0", board.boundary());
    TEST_ASSERT_TRUE(board.why.is_shared);
    TEST_ASSERT_EQUAL_STRING("", board.places());
}

TEST(cards_on_a_conventional_bus_share_a_requester_id_and_no_port_takes_them)
{
    Board board;
    board.add_port("0000:00:1c.0", 1, 2, 5);
    board.add_port("0000:00:1d.0", 3, 3, 6);
    board.add_port("0000:01:00.0", 2, 2, 7);
    board.add_card("0000:02:01.0", 7).is_express = false;
    board.add_card("0000:02:02.0", 7).is_express = false;
    TEST_ASSERT_EQUAL_STRING("0000:01:00.0 requester 0000:02:02.0", board.ties("0000:02:01.0"));
    TEST_ASSERT_EQUAL_STRING("0000:00:1c.0", board.boundary());
    TEST_ASSERT_EQUAL_STRING("", board.places());
    TEST_ASSERT_EQUAL_STRING(
        "0000:01:00.0 requester 0000:02:01.0 requester 0000:02:02.0", board.ties("0000:01:00.0"));
}

TEST(a_conventional_bus_below_a_joint_stays_one_whatever_the_joint_does)
{
    Board board;
    board.add_port("0000:00:1c.0", 1, 3, 5);
    board.add_port("0000:01:00.0", 2, 2, 5);
    board.add_card("0000:02:01.0", 5).is_express = false;
    board.add_card("0000:02:02.0", 5).is_express = false;
    board.add_card("0000:01:00.1", 5);
    TEST_ASSERT_EQUAL_STRING("0000:00:1c.0 requester 0000:01:00.0 requester 0000:02:02.0 behind 0000:01:00.1",
        board.ties("0000:02:01.0"));
    // Seen from outside it is one thing among others.
    TEST_ASSERT_EQUAL_STRING("0000:00:1c.0 behind 0000:01:00.0 behind 0000:02:01.0 behind 0000:02:02.0",
        board.ties("0000:01:00.1"));
}

TEST(what_the_kernel_joins_for_reasons_of_its_own_is_said_to_be_that)
{
    Board board;
    board.add_card("0000:00:04.0", 3);
    board.add_card("0000:00:05.0", 3);
    TEST_ASSERT_EQUAL_STRING("- unknown 0000:00:05.0", board.ties("0000:00:04.0"));
    TEST_ASSERT_TRUE(board.why.is_shared);
    TEST_ASSERT_EQUAL_STRING("0000:00:04.0 is in group 3, with other cards\n"
                             "joined by the kernel; why cannot be seen from here:\n"
                             "  0000:00:05.0 8086:10d3 e1000e\n",
        board.text());
}

TEST(members_that_are_no_PCI_functions_count_as_joined_by_the_kernel)
{
    Board board;
    board.add_card("0000:00:04.0", 3);
    board.session.inventory.groups[0].others.append(FixedString<max_member_name_bytes>("soc:dma"));
    TEST_ASSERT_TRUE(board.ask("0000:00:04.0").is_shared);
    TEST_ASSERT_EQUAL_STRING("0000:00:04.0 is in group 3, with other cards\n"
                             "joined by the kernel; why cannot be seen from here:\n"
                             "  soc:dma\n",
        board.text());
}

// A shared group, and a port beside it at 00:1d.0 with this bus below.
static Board board_with_a_place()
{
    Board board;
    board.add_port("0000:00:1c.0", 1, 4, 5);
    board.add_port("0000:01:00.0", 2, 4, 5);
    board.add_card("0000:02:00.0", 5);
    board.add_card("0000:02:01.0", 5);
    board.add_port("0000:00:1d.0", 6, 6, 6);
    return board;
}

TEST(a_port_is_a_place_if_only_what_is_below_it_is_in_its_group)
{
    auto const places = [](void (*change)(Board&)) {
        auto board = board_with_a_place();
        change(board);
        board.ask("0000:02:00.0");
        return board.places();
    };
    TEST_ASSERT_EQUAL_STRING("0000:00:1d.0 ", places([](Board&) {}));
    TEST_ASSERT_EQUAL_STRING(
        "0000:00:1d.0 ", places([](Board& board) { board.add_card("0000:06:00.0", 6); }));
    TEST_ASSERT_EQUAL_STRING(
        "0000:00:1d.0 ", places([](Board& board) { board.add_card("0000:06:00.0", 7); }));
    // AMD's dummy host bridge beside it does not count.
    TEST_ASSERT_EQUAL_STRING(
        "0000:00:1d.0 ", places([](Board& board) { board.add("0000:00:1d.1", "1022:1482", 0x060000, 6); }));
    TEST_ASSERT_EQUAL_STRING("", places([](Board& board) { board.add_card("0000:00:1d.1", 6); }));
    // A second port that it is not isolated from, or a switch in it.
    TEST_ASSERT_EQUAL_STRING("", places([](Board& board) { board.add_port("0000:00:1d.1", 7, 7, 6); }));
    TEST_ASSERT_EQUAL_STRING("", places([](Board& board) { board.add_port("0000:06:00.0", 7, 7, 6); }));
    // A conventional bus.
    TEST_ASSERT_EQUAL_STRING(
        "", places([](Board& board) { board.add_card("0000:06:00.0", 7).is_express = false; }));
}

TEST(text_says_where_else_the_card_isolates)
{
    auto board = board_with_a_place();
    board.ask("0000:02:00.0");
    TEST_ASSERT_EQUAL_STRING(
        "0000:02:00.0 is in group 5, with other cards\n"
        "joint: 0000:00:1c.0 8086:a110 pcieport, the topmost bridge above it that is in its group\n"
        "behind the joint, which does not keep them apart:\n"
        "  0000:01:00.0 8086:a110 pcieport\n"
        "  0000:02:01.0 8086:10d3 e1000e\n"
        "what helps: another place for the card; ports that isolate now:\n"
        "  0000:00:1d.0, group 6: empty\n"
        "firmware hides most empty slots, and pcie_acs_override= would only pretend\n"
        "run as root, it also tells ACS bits, and which ports have slots\n",
        board.text());
}

TEST(where_config_space_and_the_groups_disagree_the_groups_win)
{
    Board board;
    board.add_port("0000:00:1c.0", 1, 1, 5);
    board.add_card("0000:01:00.0", 6);
    auto& isolation = board.ask("0000:01:00.0").boundary_isolation;
    auto const last_line = [&] { return board.text().substr(board.text().rfind("pcieport") + 9); };
    isolation = isolation_of(express(4, 0));
    TEST_ASSERT_EQUAL_STRING(
        "  it has no ACS, but the kernel treats it as isolating: a quirk\n", last_line());
    isolation.control = AccessControl{.capability = 0x1f, .control = 0};
    TEST_ASSERT_EQUAL_STRING(
        "  its ACS: capability 001f, control 0000, asked for 001d, but the kernel treats "
        "it as isolating: a quirk\n",
        last_line());
    isolation.control->control = 0x1d;
    TEST_ASSERT_EQUAL_STRING("  its ACS: capability 001f, control 001d, asked for 001d\n", last_line());
    isolation = isolation_of(express(5, 0)); // an upstream port of one function
    TEST_ASSERT_EQUAL_STRING("  it has no ACS and needs none\n", last_line());
}

TEST(a_joint_whose_access_control_is_on_is_not_trusted_by_the_kernel)
{
    auto board = board_with_a_place();
    auto& isolation = board.ask("0000:02:00.0").joint_isolation;
    auto const says = [&](char const* text) { return board.text().find(text) != std::string::npos; };
    isolation = isolation_of(express(4, 0));
    TEST_ASSERT_TRUE(says("  it has no ACS\n"));
    isolation.control = AccessControl{.capability = 0x05, .control = 0x04};
    TEST_ASSERT_TRUE(says("  its ACS: capability 0005, control 0004, asked for 001d\n"));
    isolation.control->control = 0x05;
    TEST_ASSERT_TRUE(
        says(", control 0005, asked for 001d, but the kernel treats it as not isolating: a quirk\n"));
}

TEST(without_an_iommu_nothing_is_predicted)
{
    Board board;
    board.session.inventory.iommu = Iommu::Absent;
    board.add("0000:01:00.0", "8086:10d3", 0x020000, {});
    board.ask("0000:01:00.0");
    TEST_ASSERT_EQUAL_STRING("0000:01:00.0 has no IOMMU group: this machine has no IOMMU, so nothing can be "
                             "isolated, and what would share a group is not predicted\n",
        board.text());
    board.session.inventory.iommu = Iommu::On;
    board.session.inventory.groups_appear_late = true;
    TEST_ASSERT_EQUAL_STRING(
        "0000:01:00.0 has no IOMMU group: this IOMMU gives it one when a driver binds to it\n", board.text());
}

TEST(groups_that_are_pretended_are_said_to_be)
{
    Board board;
    board.session.inventory.acs_is_overridden = true;
    board.add_card("0000:00:04.0", 3);
    board.ask("0000:00:04.0");
    TEST_ASSERT_EQUAL_STRING("0000:00:04.0 is in group 3, alone\npcie_acs_override= is on the kernel command "
                             "line, so the groups do not show what is isolated\n",
        board.text());
}

UNITY_MAIN()
