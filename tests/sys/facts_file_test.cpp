// SPDX-License-Identifier: MIT
#include "sys/facts_file.h"

#include "core/recall.h"
#include "sys/scan.h"
#include "tree.h"

#include <csignal>
#include <memory>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace vfio_early;

constexpr char const* file = "etc/vfio-early.facts";

// What it is called while it is written.
static std::string const unfinished = file + std::string(".new") + std::to_string(getpid());

// The configuration space of a function with a serial number, as root reads it.
static std::string config_with_serial(uint64_t serial)
{
    std::string config(4096, '\0');
    auto const put = [&](size_t offset, uint64_t value, size_t bytes) {
        for (size_t i = 0; i < bytes; ++i)
            config[offset + i] = static_cast<char>(value >> 8 * i);
    };
    put(0x100, 0x00010003, 4);
    put(0x104, serial, 8);
    return config;
}

// A machine with an INI, whose facts are read, brought up to date and written as the hooks have it done.
struct Host {
    Tree tree;

    Host()
    {
        tree.add_machine();
        add("pci0000:00", "0000:00:1c.0", "8086:a338", 0x060400);
        has_behind_it("04");
    }

    // Where the device is in the tree of bridges, below /sys/devices.
    void add(std::string const& above, std::string const& address, std::string const& id,
        uint32_t class_code = 0x020000)
    {
        tree.add_device({.address = address, .id = id, .class_code = class_code});
        auto const link = "sys/bus/pci/devices/" + address;
        auto const place = "sys/devices/" + above + "/" + address;
        tree.make_directory("sys/devices/" + above);
        std::filesystem::rename(tree.directory() + "/" + link, tree.directory() + "/" + place);
        tree.link(link, "../../../devices/" + above + "/" + address);
    }

    // A NIC behind the root port 00:1c.0.
    void add_nic(std::string const& address) { add("pci0000:00/0000:00:1c.0", address, "8086:10d3"); }

    void has_behind_it(char const* bus)
    {
        auto const number = std::to_string(strtoul(bus, nullptr, 16)) + "\n";
        tree.write("sys/bus/pci/devices/0000:00:1c.0/secondary_bus_number", number);
    }

    void remove(std::string const& address)
    {
        tree.unlink("sys/devices/pci0000:00/0000:00:1c.0/" + address);
        tree.unlink("sys/bus/pci/devices/" + address);
    }

    // The text of the file after an image was made with this INI.
    std::string recorded(char const* ini, HostUses uses = {})
    {
        auto const root = tree.root();
        auto const facts = std::make_unique<Facts>();
        auto const config = std::make_unique<Config>();
        auto const inventory = std::make_unique<Inventory>();
        Problems problems;
        parse_config(ini, *config, problems);
        read_facts(root, *facts);
        scan(root, *config, *facts, *inventory);
        update_facts(root, *config, *inventory, uses, *facts);
        bool const is_good = problems.empty() && !facts->is_broken && facts->are_updated;
        if (!is_good || save_facts(root, Path(file), *facts).is_error())
            return "it failed";
        auto const text = tree.read(file);
        // What is above the first entry is the same in all.
        return text.substr(text.find("\n["));
    }
};

// What is recorded of the NIC that was at 04:00.0, for the line with this key.
static std::string nic_of(std::string const& key)
{
    return "\n[line]\nselector = " + key
        + "\naddress = 0000:04:00.0\nid = 8086:10d3:1043:8520\nslot = 0000:00:1c.0/00.0\n";
}

static std::string end_of(int entries)
{
    return "\n[end]\nentries = " + std::to_string(entries) + "\n";
}

TEST(records_what_a_new_line_means)
{
    Host host;
    host.add_nic("0000:04:00.0");
    TEST_ASSERT_EQUAL_STRING(nic_of("0000:04:00.0") + end_of(1), host.recorded("[bind]\nnic = 04:00.0\n"));
    host.tree.write("sys/bus/pci/devices/0000:04:00.0/config", config_with_serial(0x0011223344556677));
    TEST_ASSERT_EQUAL_STRING(nic_of("0000:04:00.0")
            + "\n[line]\nselector = 8086:10d3\n"
              "address = 0000:04:00.0\nid = 8086:10d3:1043:8520\n"
              "serial = 00-11-22-33-44-55-66-77\nslot = 0000:00:1c.0/00.0\n"
            + end_of(2),
        host.recorded("[bind]\nnic = 04:00.0\nsame = 8086:10d3\n"));
}

TEST(keeps_what_a_known_line_meant_although_the_machine_says_otherwise)
{
    Host host;
    host.add_nic("0000:04:00.0");
    auto const first = host.recorded("[bind]\nnic = 04:00.0\n");
    // A card was put in front: what was meant is at 05:00.0, and a twin at the listed address.
    host.remove("0000:04:00.0");
    host.add("pci0000:00", "0000:00:1b.0", "8086:a340", 0x060400);
    host.add("pci0000:00/0000:00:1b.0", "0000:04:00.0", "8086:10d3");
    host.add_nic("0000:05:00.0");
    host.has_behind_it("05");
    TEST_ASSERT_EQUAL_STRING(first, host.recorded("[bind]\nnic = 04:00.0\n"));
    // Nor when the slot holds another model, or nothing.
    host.remove("0000:05:00.0");
    TEST_ASSERT_EQUAL_STRING(first, host.recorded("[bind]\nnic = 04:00.0\n"));
}

TEST(knows_a_line_by_another_label_and_in_another_spelling)
{
    Host host;
    host.add_nic("0000:04:00.0");
    auto const first = host.recorded("[bind]\nnic = 0000:04:00.0 8086:10d3\n");
    host.remove("0000:04:00.0");
    TEST_ASSERT_EQUAL_STRING(first, host.recorded("[bind]\nnet = 0000:04:00.0 8086:10d3\n"));
    TEST_ASSERT_EQUAL_STRING(first, host.recorded("[bind]\nnic = 8086:10D3   4:0.0\n"));
    TEST_ASSERT_EQUAL_STRING(first, host.recorded("; a comment\n[stub]\nnic=04:00.0 8086:10d3\n"));
    TEST_ASSERT_EQUAL_STRING(
        "\n[line]\nselector = 0000:04:00.0\n" + end_of(1), host.recorded("[bind]\nnic = 04:00.0\n"));
}

TEST(drops_what_no_line_selects_any_more)
{
    Host host;
    host.add_nic("0000:04:00.0");
    host.recorded("[bind]\nnic = 04:00.0\nnone = 06:00.0\n");
    TEST_ASSERT_EQUAL_STRING(nic_of("0000:04:00.0") + end_of(1), host.recorded("[bind]\nnic = 04:00.0\n"));
    TEST_ASSERT_EQUAL_STRING(end_of(0), host.recorded("[bind]\n"));
}

TEST(records_that_nothing_was_there)
{
    Host host;
    auto const nothing = "\n[line]\nselector = 0000:04:00.0\n" + end_of(1);
    TEST_ASSERT_EQUAL_STRING(nothing, host.recorded("[bind]\nnic = 04:00.0\n"));
    host.add_nic("0000:04:00.0");
    TEST_ASSERT_EQUAL_STRING(nothing, host.recorded("[bind]\nnic = 04:00.0\n"));
}

TEST(records_nothing_where_it_is_not_known_what_a_line_means)
{
    Host host;
    host.add_nic("0000:04:00.0");
    host.add_nic("0000:04:01.0");
    TEST_ASSERT_EQUAL_STRING(end_of(0), host.recorded("[bind]\nnic = 8086:10d3\n"));
}

TEST(records_each_device_that_all_means_and_the_first_function_of_a_card)
{
    Host host;
    host.add_nic("0000:04:00.0");
    host.add_nic("0000:04:00.1");
    auto const text = host.recorded("[bind]\nnics = 8086:10d3 all\ncard = 04:00.*\n");
    TEST_ASSERT_TRUE(text.starts_with(nic_of("8086:10d3 all")));
    TEST_ASSERT_TRUE(text.find("[line]\nselector = 8086:10d3 all\naddress = 0000:04:00.1\n") != text.npos);
    TEST_ASSERT_TRUE(text.ends_with(nic_of("0000:04:00.0 *") + end_of(3)));
}

TEST(does_not_record_virtual_functions)
{
    Host host;
    host.add_nic("0000:04:00.0");
    host.add_nic("0000:04:10.0");
    host.tree.link("sys/bus/pci/devices/0000:04:10.0/physfn", "../0000:04:00.0");
    TEST_ASSERT_EQUAL_STRING(end_of(0), host.recorded("[bind]\nnic = 04:10.0\n"));
    TEST_ASSERT_EQUAL_STRING(
        nic_of("8086:10d3 all") + end_of(1), host.recorded("[bind]\nnics = 8086:10d3 all\n"));
}

TEST(does_not_record_a_serial_number_that_another_card_has_too)
{
    Host host;
    for (auto const* address : {"0000:04:00.0", "0000:04:00.1", "0000:04:01.0"}) {
        host.add_nic(address);
        host.tree.write("sys/bus/pci/devices/" + std::string(address) + "/config", config_with_serial(7));
    }
    auto const* ini = "[bind]\nnics = 8086:10d3 all\n";
    TEST_ASSERT_TRUE(host.recorded(ini).find("serial") == std::string::npos);
    // Functions of one card share theirs.
    host.remove("0000:04:01.0");
    host.tree.unlink(file);
    TEST_ASSERT_TRUE(host.recorded(ini).find("serial = 00-00-00-00-00-00-00-07") != std::string::npos);
}

TEST(records_what_the_host_lives_on_anew_each_time)
{
    Host host;
    host.add_nic("0000:04:00.0");
    auto const uses = std::make_unique<HostUses>();
    uses->add({parse_address("0000:04:00.0").value(), vital, UseText("the default route through eno1")});
    uses->add({parse_address("0000:04:00.0").value(), open_now, UseText("eno1 is up")});
    TEST_ASSERT_EQUAL_STRING("\n[host]\nwhy = the default route through eno1\naddress = 0000:04:00.0\n"
                             "id = 8086:10d3:1043:8520\nslot = 0000:00:1c.0/00.0\n"
            + end_of(1),
        host.recorded("[bind]\n", *uses));
    TEST_ASSERT_EQUAL_STRING(end_of(0), host.recorded("[bind]\n"));
}

TEST(finds_a_slot_at_its_new_address)
{
    Host host;
    host.add_nic("0000:04:00.0");
    host.recorded("[bind]\nnic = 04:00.0\n");
    host.has_behind_it("09");
    auto const facts = std::make_unique<Facts>();
    auto const inventory = std::make_unique<Inventory>();
    read_facts(host.tree.root(), *facts);
    locate_facts(host.tree.root(), *facts, *inventory);
    TEST_ASSERT_EQUAL_STRING("0000:09:00.0", text_of("%a", facts->lines[0].device->place.value()));
    host.tree.unlink("sys/devices/pci0000:00");
    locate_facts(host.tree.root(), *facts, *inventory);
    TEST_ASSERT_FALSE(facts->lines[0].device->place.has_value());
}

// --- the file

static bool can_save(Tree& tree, char const* path = file)
{
    auto const facts = std::make_unique<Facts>();
    return !save_facts(tree.root(), Path(path), *facts).is_error();
}

TEST(tells_a_file_that_is_missing_from_one_that_cannot_be_used)
{
    Tree tree;
    auto const read = [&] {
        auto const facts = std::make_unique<Facts>();
        read_facts(tree.root(), *facts);
        return std::string(facts->is_there ? "there" : "") + (facts->is_broken ? "broken" : "");
    };
    TEST_ASSERT_EQUAL_STRING("", read());
    tree.make_directory("etc");
    TEST_ASSERT_TRUE(can_save(tree));
    TEST_ASSERT_EQUAL_STRING("there", read());
    tree.write(file, "");
    TEST_ASSERT_EQUAL_STRING("broken", read());
    tree.write(file, std::string(max_facts_bytes + 1, '\n'));
    TEST_ASSERT_EQUAL_STRING("broken", read());
    tree.unlink(file);
    tree.make_directory(file);
    TEST_ASSERT_EQUAL_STRING("broken", read());
}

TEST(everyone_may_read_the_file)
{
    Tree tree;
    tree.make_directory("etc");
    auto const before = umask(077); // dracut's
    TEST_ASSERT_TRUE(can_save(tree));
    umask(before);
    struct stat status = {};
    stat((tree.directory() + "/" + file).c_str(), &status);
    TEST_ASSERT_EQUAL_UINT(0644, status.st_mode & 07777);
}

// An image that was made before would be older than its facts.
TEST(leaves_a_file_alone_that_has_the_same)
{
    Tree tree;
    tree.make_directory("etc");
    TEST_ASSERT_TRUE(can_save(tree));
    tree.age(file, 1000);
    auto const before = tree.root().modified(Path(file));
    TEST_ASSERT_TRUE(can_save(tree));
    TEST_ASSERT_EQUAL_UINT(before, tree.root().modified(Path(file)));
    for (auto const& other : {tree.read(file) + "\n", tree.read(file).substr(1), std::string()}) {
        tree.write(file, other);
        tree.age(file, 1000);
        TEST_ASSERT_TRUE(can_save(tree));
        TEST_ASSERT_TRUE(tree.root().modified(Path(file)) > before + 500);
    }
}

TEST(replaces_the_file_as_a_whole)
{
    Tree tree;
    tree.write(file, std::string(100000, 'x'));
    TEST_ASSERT_TRUE(can_save(tree));
    TEST_ASSERT_TRUE(tree.read(file).starts_with("version = 1\n"));
    TEST_ASSERT_TRUE(tree.read(file).ends_with(end_of(0)));
    TEST_ASSERT_FALSE(tree.has(unfinished));
}

TEST(replaces_a_link_and_leaves_alone_what_it_points_to)
{
    Tree tree;
    tree.write("victim", "old");
    tree.link(file, "../victim");
    TEST_ASSERT_TRUE(can_save(tree));
    TEST_ASSERT_EQUAL_STRING("old", tree.read("victim"));
    tree.link(unfinished, "../victim");
    TEST_ASSERT_TRUE(can_save(tree));
    TEST_ASSERT_EQUAL_STRING("old", tree.read("victim"));
}

TEST(images_can_be_made_at_the_same_time)
{
    Tree tree;
    tree.make_directory("etc");
    auto const failures = [&] {
        unsigned count = 0;
        for (int i = 0; i < 200; ++i)
            count += can_save(tree) ? 0 : 1;
        return count;
    };
    auto const other = fork();
    if (other == 0)
        _exit(failures() > 0);
    TEST_ASSERT_EQUAL_UINT(0, failures());
    int status = -1;
    waitpid(other, &status, 0);
    TEST_ASSERT_TRUE(status == 0);
}

TEST(leaves_the_old_file_and_nothing_else_where_writing_fails)
{
    Tree tree;
    tree.write(file, "old");
    // As on a full disk.
    rlimit old_limit = {};
    getrlimit(RLIMIT_FSIZE, &old_limit);
    auto const limit = rlimit{.rlim_cur = 10, .rlim_max = old_limit.rlim_max};
    auto const old_handler = signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    auto const could_save = can_save(tree);
    setrlimit(RLIMIT_FSIZE, &old_limit);
    signal(SIGXFSZ, old_handler);
    TEST_ASSERT_FALSE(could_save);
    TEST_ASSERT_EQUAL_STRING("old", tree.read(file));
    TEST_ASSERT_FALSE(tree.has(unfinished));
}

TEST(leaves_nothing_where_the_file_cannot_be_replaced)
{
    Tree tree;
    tree.make_directory(file);
    TEST_ASSERT_FALSE(can_save(tree));
    TEST_ASSERT_FALSE(tree.has(unfinished));
    TEST_ASSERT_FALSE(can_save(tree, "nowhere/facts"));
    TEST_ASSERT_FALSE(can_save(tree, ("etc/" + std::string(max_path_bytes, 'x')).c_str()));
}

TEST(records_a_card_that_came_after_its_line_where_the_line_names_it)
{
    Host host;
    host.recorded("[bind]\nnic = 04:00.0 8086:10d3\nany = 04:00.0\n");
    host.add_nic("0000:04:00.0");
    auto const text = host.recorded("[bind]\nnic = 04:00.0 8086:10d3\nany = 04:00.0\n");
    TEST_ASSERT_TRUE(text.find(nic_of("0000:04:00.0 8086:10d3")) != std::string::npos);
    TEST_ASSERT_TRUE(text.find(nic_of("0000:04:00.0")) == std::string::npos);
}

TEST(records_one_fact_for_a_function_however_many_uses_it_has)
{
    Host host;
    host.add_nic("0000:04:00.0");
    auto const uses = std::make_unique<HostUses>();
    for (auto const* what : {"/ on sda1", "/boot on sda2", "/var on sda3"})
        uses->add({parse_address("0000:04:00.0").value(), vital, UseText(what)});
    uses->add({parse_address("0000:00:1c.0").value(), spare,
        UseText("one of several default routes, through eth0")});
    auto const text = host.recorded("[bind]\n", *uses);
    TEST_ASSERT_TRUE(text.find("/ on sda1") != std::string::npos);
    TEST_ASSERT_TRUE(text.find("/boot") == std::string::npos);
    TEST_ASSERT_TRUE(text.find("through eth0\nspare = yes\n") != std::string::npos);
    TEST_ASSERT_TRUE(text.find("entries = 2\n") != std::string::npos);
    auto const facts = std::make_unique<Facts>();
    read_facts(host.tree.root(), *facts);
    TEST_ASSERT_TRUE(facts->is_there && !facts->host[0].is_spare && facts->host[1].is_spare);
}

TEST(says_when_only_root_could_compare)
{
    Host host;
    host.add_nic("0000:04:00.0");
    host.tree.write("sys/bus/pci/devices/0000:04:00.0/config", config_with_serial(7));
    host.recorded("[bind]\nnic = 04:00.0\n");
    auto const is_cut = [&] {
        auto const facts = std::make_unique<Facts>();
        auto const config = std::make_unique<Config>();
        auto const inventory = std::make_unique<Inventory>();
        read_facts(host.tree.root(), *facts);
        scan(host.tree.root(), *config, *facts, *inventory);
        return facts->is_config_cut;
    };
    TEST_ASSERT_FALSE(is_cut());
    host.tree.write("sys/bus/pci/devices/0000:04:00.0/config", config_with_serial(7).substr(0, 64));
    TEST_ASSERT_TRUE(is_cut());
}

UNITY_MAIN()
