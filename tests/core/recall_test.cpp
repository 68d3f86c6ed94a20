// SPDX-License-Identifier: MIT
#include "core/recall.h"

#include "core/config.h"
#include "fake_machine.h"
#include "text_of.h"
#include "unity.h"

#include "core/sysfs_text.h"

#include <memory>

using namespace vfio_early;

// The machine of now, and what was recorded of the machine of then.
struct Scene {
    std::unique_ptr<Inventory> inventory = std::make_unique<Inventory>();
    std::unique_ptr<Facts> facts = std::make_unique<Facts>();

    static constexpr char const* nic = "8086:10d3";
    static constexpr char const* other = "10de:2191";

    Device& has(char const* address, char const* id, std::optional<uint64_t> serial = {})
    {
        Device device;
        device.address = parse_address(address).value();
        device.is_readable = device.is_identified =
            parse_uevent(uevent_of({.address = address, .id = id, .class_code = 0x020000}), device);
        device.serial = serial;
        inventory->devices.append(device);
        return *(inventory->devices.end() - 1);
    }

    static Identity identity(
        char const* address, char const* id, std::optional<uint64_t> serial, char const* slot_is_now)
    {
        Identity was;
        was.address = parse_address(address).value();
        was.id = parse_device_id(id).value();
        was.subsystem = parse_device_id("1043:8520").value();
        was.serial = serial;
        if (*slot_is_now)
            was.place = parse_address(slot_is_now).value();
        return was;
    }

    // The line meant a NIC that was at `address`; its slot is now at another address, or at none.
    void meant(
        char const* line, char const* address, char const* slot_is_now, std::optional<uint64_t> serial = {})
    {
        facts->lines.append({key(line), identity(address, nic, serial, slot_is_now)});
    }

    void meant_nothing(char const* line) { facts->lines.append({key(line), {}}); }

    static SelectorKey key(char const* line) { return key_of(selector(line)); }

    static Selector selector(char const* line)
    {
        FixedString<max_problem_bytes> problem;
        Sink sink(problem);
        return parse_selector(line, sink).value();
    }

    // 'bind ADDRESS...' or the reason, with what else is said of it.
    std::string recalled(char const* line) const
    {
        auto const recollection = recall(selector(line), *facts, *inventory);
        auto const& resolution = recollection.resolution;
        std::string said;
        if (recollection.reason != Reason::None)
            said = name_of(recollection.reason);
        else if (resolution.kind == Resolution::Kind::NotFound)
            said = "not-found";
        else if (resolution.kind == Resolution::Kind::IdMismatch)
            said = "id-mismatch";
        else if (resolution.kind == Resolution::Kind::Ambiguous)
            said = "ambiguous";
        else
            said = "bind";
        if (said == "bind") {
            for (auto const index : resolution.devices)
                said += " " + text_of("%a", inventory->devices[index].address);
        }
        using Note = Recollection::Note;
        auto const note = recollection.note;
        if (note == Note::NotCompared)
            said += " not-compared";
        if (note == Note::Replaced)
            said += " replaced";
        if (note == Note::FoundById)
            said += " found-by-id";
        if (note == Note::NotRecorded)
            said += " not-recorded";
        return said;
    }
};

constexpr char const* by_address = "0000:04:00.0";
constexpr char const* by_address_and_id = "0000:04:00.0 8086:10d3";
constexpr char const* by_path = "0000:00:1c.0/00.0";
constexpr char const* by_id = "8086:10d3";

TEST(without_facts_binds_and_says_that_nothing_was_compared)
{
    Scene scene;
    scene.has("0000:04:00.0", Scene::nic);
    TEST_ASSERT_EQUAL_STRING("bind 0000:04:00.0 not-compared", scene.recalled(by_address));
    TEST_ASSERT_EQUAL_STRING("bind 0000:04:00.0", scene.recalled(by_id));
    scene.meant("0000:05:00.0", "0000:05:00.0", "0000:05:00.0"); // another line
    TEST_ASSERT_EQUAL_STRING("bind 0000:04:00.0 not-compared", scene.recalled(by_address));
}

TEST(binds_what_came_after_nothing_was_there_only_where_an_id_says_what_it_is)
{
    Scene scene;
    scene.has("0000:04:00.0", Scene::nic);
    for (auto const* line : {by_address, by_address_and_id, by_id})
        scene.meant_nothing(line);
    TEST_ASSERT_EQUAL_STRING("changed", scene.recalled(by_address));
    TEST_ASSERT_EQUAL_STRING("bind 0000:04:00.0", scene.recalled(by_address_and_id));
    TEST_ASSERT_EQUAL_STRING("bind 0000:04:00.0", scene.recalled(by_id));
}

TEST(binds_what_is_as_it_was)
{
    Scene scene;
    scene.has("0000:04:00.0", Scene::nic, 7);
    for (auto const* line : {by_address, by_address_and_id, by_id})
        scene.meant(line, "0000:04:00.0", "0000:04:00.0", 7);
    for (auto const* line : {by_address, by_address_and_id, by_id})
        TEST_ASSERT_EQUAL_STRING("bind 0000:04:00.0", scene.recalled(line));
}

TEST(follows_a_slot_to_its_new_address_and_leaves_the_twin_alone)
{
    // A card was put in front: the twin, which may be the root disk's, is at the listed address now.
    Scene scene;
    scene.has("0000:04:00.0", Scene::nic);
    scene.has("0000:05:00.0", Scene::nic);
    for (auto const* line : {by_address, by_address_and_id, by_id})
        scene.meant(line, "0000:04:00.0", "0000:05:00.0");
    for (auto const* line : {by_address, by_address_and_id, by_id})
        TEST_ASSERT_EQUAL_STRING("bind 0000:05:00.0", scene.recalled(line));
    auto const recollection = recall(Scene::selector(by_address), *scene.facts, *scene.inventory);
    TEST_ASSERT_EQUAL_STRING("0000:04:00.0", text_of("%a", recollection.meant->was));
    TEST_ASSERT_EQUAL_STRING("0000:05:00.0", text_of("%a", recollection.meant->is_now.value()));
}

TEST(binds_another_card_of_the_model_in_the_slot_when_the_remembered_one_is_gone)
{
    Scene scene;
    scene.has("0000:04:00.0", Scene::nic, 8);
    for (auto const* line : {by_address, by_address_and_id, by_id})
        scene.meant(line, "0000:04:00.0", "0000:04:00.0", 7);
    TEST_ASSERT_EQUAL_STRING("bind 0000:04:00.0 replaced", scene.recalled(by_address));
    TEST_ASSERT_EQUAL_STRING("bind 0000:04:00.0 replaced", scene.recalled(by_address_and_id));
    TEST_ASSERT_EQUAL_STRING("bind 0000:04:00.0", scene.recalled(by_id));
}

TEST(sees_that_the_remembered_card_is_in_another_slot)
{
    Scene swapped;
    swapped.has("0000:04:00.0", Scene::nic, 8);
    swapped.has("0000:05:00.0", Scene::nic, 7);
    for (auto const* line : {by_address, by_address_and_id, by_id})
        swapped.meant(line, "0000:04:00.0", "0000:04:00.0", 7);
    TEST_ASSERT_EQUAL_STRING("changed", swapped.recalled(by_address));
    TEST_ASSERT_EQUAL_STRING("changed", swapped.recalled(by_address_and_id));
    TEST_ASSERT_EQUAL_STRING("ambiguous", swapped.recalled(by_id));
    auto const recollection = recall(Scene::selector(by_address), *swapped.facts, *swapped.inventory);
    TEST_ASSERT_EQUAL_STRING("0000:05:00.0", text_of("%a", recollection.meant->is_now.value()));

    Scene moved;
    moved.has("0000:05:00.0", Scene::nic, 7);
    moved.meant(by_id, "0000:04:00.0", "", 7);
    TEST_ASSERT_EQUAL_STRING("bind 0000:05:00.0", moved.recalled(by_id));
}

TEST(does_not_go_by_a_serial_number_that_two_cards_have)
{
    Scene scene;
    scene.has("0000:04:00.0", Scene::nic, 7);
    scene.has("0000:05:00.0", Scene::nic, 7);
    scene.meant(by_address, "0000:06:00.0", "", 7);
    auto const recollection = recall(Scene::selector(by_address), *scene.facts, *scene.inventory);
    TEST_ASSERT_TRUE(recollection.reason == Reason::Changed);
}

TEST(says_that_the_model_left_its_slot)
{
    Scene scene;
    scene.has("0000:04:00.0", Scene::other);
    scene.has("0000:05:00.0", Scene::nic);
    for (auto const* line : {by_address, by_id})
        scene.meant(line, "0000:04:00.0", "0000:04:00.0");
    TEST_ASSERT_EQUAL_STRING("changed", scene.recalled(by_address));
    TEST_ASSERT_EQUAL_STRING("bind 0000:05:00.0 found-by-id", scene.recalled(by_id));
    scene.has("0000:06:00.0", Scene::nic);
    TEST_ASSERT_EQUAL_STRING("ambiguous", scene.recalled(by_id));
}

TEST(says_that_the_model_is_nowhere)
{
    Scene empty;
    empty.meant(by_address, "0000:04:00.0", "0000:04:00.0");
    empty.meant(by_id, "0000:04:00.0", "0000:04:00.0");
    TEST_ASSERT_EQUAL_STRING("not-found", empty.recalled(by_address));
    TEST_ASSERT_EQUAL_STRING("not-found", empty.recalled(by_id));
    Scene taken;
    taken.has("0000:04:00.0", Scene::other);
    for (auto const* line : {by_address, by_address_and_id, by_id})
        taken.meant(line, "0000:04:00.0", "0000:04:00.0");
    TEST_ASSERT_EQUAL_STRING("changed", taken.recalled(by_address));
    TEST_ASSERT_EQUAL_STRING("id-mismatch", taken.recalled(by_address_and_id));
    TEST_ASSERT_EQUAL_STRING("not-found", taken.recalled(by_id));
    // The slot is empty, and the listed address leads to another card since the buses were renumbered.
    Scene shifted;
    shifted.has("0000:04:00.0", Scene::other);
    for (auto const* line : {by_address, by_address_and_id, by_id})
        shifted.meant(line, "0000:04:00.0", "0000:05:00.0");
    for (auto const* line : {by_address, by_address_and_id, by_id})
        TEST_ASSERT_EQUAL_STRING("not-found", shifted.recalled(line));
    // The slot has another card, and the listed address leads to nothing.
    Scene other_card;
    other_card.has("0000:05:00.0", Scene::other);
    for (auto const* line : {by_address, by_address_and_id})
        other_card.meant(line, "0000:04:00.0", "0000:05:00.0");
    TEST_ASSERT_EQUAL_STRING("changed", other_card.recalled(by_address));
    TEST_ASSERT_EQUAL_STRING("id-mismatch", other_card.recalled(by_address_and_id));
}

TEST(says_that_nothing_is_known_of_what_has_the_id_and_not_the_subsystem_of_what_was_meant)
{
    Scene scene;
    scene.has("0000:04:00.0", Scene::nic).subsystem = parse_device_id("1028:0001").value();
    for (auto const* line : {by_address, by_address_and_id, by_id})
        scene.meant(line, "0000:04:00.0", "0000:04:00.0");
    TEST_ASSERT_EQUAL_STRING("changed", scene.recalled(by_address));
    TEST_ASSERT_EQUAL_STRING("id-mismatch", scene.recalled(by_address_and_id));
    TEST_ASSERT_EQUAL_STRING("not-found", scene.recalled(by_id));
}

TEST(does_not_take_facts_of_another_model_for_those_of_a_line_that_names_one)
{
    Scene scene;
    scene.has("0000:04:00.0", Scene::nic);
    scene.facts->lines.append(
        {Scene::key("04:00.0 10de:2191"), Scene::identity("0000:04:00.0", Scene::nic, {}, "0000:04:00.0")});
    scene.has("0000:05:00.0", Scene::other);
    TEST_ASSERT_EQUAL_STRING("changed", scene.recalled("04:00.0 10de:2191"));
}

TEST(tells_when_the_line_itself_no_longer_leads_to_what_it_means)
{
    Scene scene;
    scene.has("0000:05:00.0", Scene::nic);
    scene.meant(by_address, "0000:04:00.0", "0000:05:00.0");
    scene.meant(by_id, "0000:04:00.0", "0000:05:00.0");
    TEST_ASSERT_TRUE(
        recall(Scene::selector(by_address), *scene.facts, *scene.inventory).meant->is_line_stale);
    TEST_ASSERT_FALSE(recall(Scene::selector(by_id), *scene.facts, *scene.inventory).meant->is_line_stale);
}

TEST(judges_a_whole_card_by_its_first_function)
{
    Scene scene;
    scene.has("0000:04:00.0", Scene::nic);
    scene.has("0000:05:00.0", Scene::nic);
    scene.has("0000:05:00.1", Scene::other);
    scene.meant("0000:04:00.*", "0000:04:00.0", "0000:05:00.0");
    TEST_ASSERT_EQUAL_STRING("bind 0000:05:00.0 0000:05:00.1", scene.recalled("0000:04:00.*"));
}

TEST(takes_all_and_says_which_were_not_recorded)
{
    Scene scene;
    scene.has("0000:04:00.0", Scene::nic);
    scene.has("0000:05:00.0", Scene::nic);
    scene.meant("8086:10d3 all", "0000:04:00.0", "0000:04:00.0");
    TEST_ASSERT_EQUAL_STRING("bind 0000:04:00.0 0000:05:00.0 not-recorded", scene.recalled("8086:10d3 all"));
    auto const selector = Scene::selector("8086:10d3 all");
    TEST_ASSERT_TRUE(was_recorded(selector, *scene.facts, scene.inventory->devices[0]));
    TEST_ASSERT_FALSE(was_recorded(selector, *scene.facts, scene.inventory->devices[1]));
}

static std::string use_of(Scene const& scene, size_t device)
{
    auto const* fact = host_fact_of(scene.inventory->devices[device], false, *scene.facts, *scene.inventory);
    return fact ? std::string(fact->why.view()) : "";
}

TEST(protects_the_slot_that_the_host_lives_on_whatever_sits_in_it)
{
    Scene scene;
    scene.has("0000:04:00.0", Scene::other);
    scene.facts->host.append(
        {FactText("/ on nvme0n1"), Scene::identity("0000:03:00.0", Scene::nic, {}, "0000:04:00.0")});
    TEST_ASSERT_EQUAL_STRING("/ on nvme0n1", use_of(scene, 0));
}

TEST(protects_the_device_that_the_host_lives_on_wherever_it_is)
{
    Scene scene;
    scene.has("0000:04:00.0", Scene::nic, 8);
    scene.has("0000:05:00.0", Scene::nic, 7);
    scene.facts->host.append({FactText("/ on nvme0n1"), Scene::identity("0000:03:00.0", Scene::nic, 7, "")});
    TEST_ASSERT_EQUAL_STRING("", use_of(scene, 0));
    TEST_ASSERT_EQUAL_STRING("/ on nvme0n1", use_of(scene, 1));
}

TEST(protects_both_twins_where_nothing_tells_which_is_the_hosts)
{
    Scene scene;
    scene.has("0000:04:00.0", Scene::nic);
    scene.has("0000:05:00.0", Scene::nic);
    scene.has("0000:06:00.0", Scene::other);
    scene.facts->host.append({FactText("/ on nvme0n1"), Scene::identity("0000:03:00.0", Scene::nic, {}, "")});
    TEST_ASSERT_EQUAL_STRING("/ on nvme0n1", use_of(scene, 0));
    TEST_ASSERT_EQUAL_STRING("/ on nvme0n1", use_of(scene, 1));
    TEST_ASSERT_EQUAL_STRING("", use_of(scene, 2));
}

TEST(does_not_protect_the_twin_of_what_is_in_its_slot)
{
    Scene scene;
    scene.has("0000:04:00.0", Scene::nic);
    scene.has("0000:05:00.0", Scene::nic);
    scene.facts->host.append(
        {FactText("/ on nvme0n1"), Scene::identity("0000:03:00.0", Scene::nic, {}, "0000:04:00.0")});
    TEST_ASSERT_EQUAL_STRING("/ on nvme0n1", use_of(scene, 0));
    TEST_ASSERT_EQUAL_STRING("", use_of(scene, 1));
}

TEST(needs_to_know_all_of_a_model_when_a_slot_does_not_hold_what_it_held)
{
    Scene scene;
    scene.has("0000:04:00.0", Scene::nic, 7);
    scene.meant(by_address, "0000:04:00.0", "0000:04:00.0", 7);
    TEST_ASSERT_FALSE(needs_census(*scene.facts, *scene.inventory));
    scene.meant(by_id, "0000:04:00.0", "0000:04:00.0", 8);
    TEST_ASSERT_TRUE(needs_census(*scene.facts, *scene.inventory));
    Scene host;
    host.facts->host.append({FactText("/"), Scene::identity("0000:03:00.0", Scene::nic, {}, "0000:03:00.0")});
    TEST_ASSERT_TRUE(needs_census(*host.facts, *host.inventory));
}

TEST(does_not_take_another_card_for_the_one_that_was_meant)
{
    Scene scene;
    scene.has("0000:05:00.0", Scene::nic, 8);
    scene.meant(by_id, "0000:04:00.0", "", 7);
    TEST_ASSERT_EQUAL_STRING("bind 0000:05:00.0 found-by-id", scene.recalled(by_id));
    TEST_ASSERT_FALSE(
        recall(Scene::selector(by_id), *scene.facts, *scene.inventory).meant->is_now.has_value());
}

TEST(does_not_say_that_what_cannot_be_read_is_gone)
{
    Scene scene;
    scene.has("0000:04:00.0", Scene::nic).is_readable = false;
    scene.inventory->devices[0].id = {};
    scene.meant(by_address, "0000:04:00.0", "0000:04:00.0");
    TEST_ASSERT_EQUAL_STRING(
        "bind 0000:04:00.0", scene.recalled(by_address)); // which the plan refuses as unreadable
}

UNITY_MAIN()
