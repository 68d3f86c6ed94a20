// SPDX-License-Identifier: MIT
#include "core/explain.h"

#include "machine.h"
#include "text_of.h"

using namespace vfio_early;

// What is said about the first decision, to the letter.
static std::string said(Session const& session)
{
    return written_by([&](Sink& sink) { describe(sink, session.plan.decisions[0], session); });
}

static std::string warnings_of(Session const& session)
{
    std::string all;
    for_each_warning(session, [&](std::string_view warning) { all += std::string(warning) + "\n"; });
    return all;
}

TEST(says_what_would_be_bound)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8, "nouveau");
    TEST_ASSERT_EQUAL_STRING("gpu 0000:01:00.0: would bind to vfio-pci (10de:2191, group 8, now on nouveau)",
        said(machine.plan("[bind]\ngpu = 01:00.0\n")));
}

TEST(says_of_a_display_that_may_be_the_one_of_the_boot_that_it_is_not_known)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8).may_be_boot_display = true;
    machine.session.facts.is_there = true;
    auto const said = warnings_of(machine.plan("[bind]\ngpu = 01:00.0\n[options]\nboot-display = bind\n"));
    TEST_ASSERT_TRUE(
        said.find("the firmware may have booted on 0000:01:00.0, so no framebuffer is detached\n")
        != std::string::npos);
    TEST_ASSERT_TRUE(said.find("goes dark") == std::string::npos);
}

TEST(says_that_a_group_comes_late)
{
    Machine machine;
    machine.session.inventory.groups_appear_late = true;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, {});
    TEST_ASSERT_EQUAL_STRING("nic 0000:01:00.0: would bind to vfio-pci "
                             "(8086:10d3, its group will be checked when it is bound, now without a driver)",
        said(machine.plan("[bind]\nnic = 01:00.0\n")));
}

TEST(names_the_peers_of_a_shared_group)
{
    Machine machine;
    machine.add("0000:00:1f.3", "8086:a170", 0x040300, 14);
    machine.add("0000:00:1f.2", "8086:a102", 0x010601, 14, "ahci");
    machine.session.inventory.groups[0].others.append(FixedString<max_member_name_bytes>("fd4a0000.usb"));
    TEST_ASSERT_EQUAL_STRING(
        "gpu 0000:00:1f.3: refused (shared-group): group 14 also holds 0000:00:1f.2 (ahci), "
        "fd4a0000.usb, and what is no PCI device cannot be given away",
        said(machine.plan("[bind]\ngpu = 00:1f.3\n")));
}

TEST(names_the_peer_that_was_refused)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    machine.add("0000:01:00.1", "10de:1aeb", 0x040300, 8);
    TEST_ASSERT_EQUAL_STRING(
        "gpu 0000:01:00.0: refused (group-refused): its group is bound whole or not at all, "
        "and 0000:01:00.1 was refused (id-mismatch)",
        said(machine.plan("[bind]\ngpu = 01:00.0\naudio = 01:00.1 10de:9999\n")));
}

TEST(explains_a_decision_by_what_it_was_based_on)
{
    // A device that appears later had no part in the decision.
    Machine ambiguous;
    ambiguous.add("0000:08:00.3", "1022:1639", 0x0c0330, 16);
    ambiguous.add("0000:08:00.4", "1022:1639", 0x0c0330, 17);
    auto const before = said(ambiguous.plan("[bind]\nusb = 1022:1639\n"));
    ambiguous.add("0000:08:00.5", "1022:1639", 0x0c0330, 18);
    TEST_ASSERT_EQUAL_STRING(before, said(ambiguous.session));

    Machine shared;
    shared.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    shared.add("0000:01:00.1", "10de:1aeb", 0x040300, 8);
    auto const shared_before = said(shared.plan("[bind]\ngpu = 01:00.0\n"));
    shared.add("0000:01:00.2", "10de:1aec", 0x0c0330, 8);
    TEST_ASSERT_EQUAL_STRING(shared_before, said(shared.session));

    Machine path;
    auto const path_before = said(path.plan("[bind]\nx = 00:01.0/00.0\n"));
    path.add("0000:00:01.0", "8086:1901", 0x060400, 1).secondary_bus = 1;
    TEST_ASSERT_EQUAL_STRING(path_before, said(path.session));
}

TEST(says_what_is_there_instead)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:1401", 0x030000, 8).subsystem = {0x1043, 0x8520};
    TEST_ASSERT_EQUAL_STRING(
        "gpu 0000:01:00.0: refused (id-mismatch): it is 10de:1401 (subsystem 1043:8520), "
        "not the model that was named, so it stays with its host driver",
        said(machine.plan("[bind]\ngpu = 01:00.0 10de:2191\n")));
}

TEST(names_the_devices_that_an_id_matches)
{
    Machine machine;
    machine.add("0000:08:00.4", "1022:1639", 0x0c0330, 17);
    machine.add("0000:08:00.3", "1022:1639", 0x0c0330, 16);
    TEST_ASSERT_EQUAL_STRING("usb: refused (ambiguous): 2 devices match (0000:08:00.3, 0000:08:00.4), "
                             "add an address to choose one or 'all' to take all",
        said(machine.plan("[bind]\nusb = 1022:1639\n")));
}

TEST(says_that_not_all_devices_could_be_listed)
{
    Machine machine;
    machine.session.inventory.is_incomplete = true;
    TEST_ASSERT_EQUAL_STRING("x: refused (unreadable): not all devices of this machine could be listed, "
                             "add the address of the one you mean",
        said(machine.plan("[bind]\nx = 1b21:1242\n")));
}

TEST(says_where_a_path_ends)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    TEST_ASSERT_EQUAL_STRING(
        "x: refused (not-found): 0000:01:00.0 has no bus behind it, so a path cannot go through it",
        said(machine.plan("[bind]\nx = 01:00.0/00.0\n")));
    Machine empty;
    TEST_ASSERT_EQUAL_STRING("x: refused (not-found): there is no bridge at 0000:00:01.0, 'lspci -Dtv' shows "
                             "the way to each device",
        said(empty.plan("[bind]\nx = 00:01.0/00.0\n")));
    TEST_ASSERT_EQUAL_STRING(
        "x: refused (not-found): no device matches '1b21:1242', 'vfio-early list --all' shows all of them",
        said(Machine().plan("[bind]\nx = 1b21:1242\n")));
}

TEST(distinguishes_three_kinds_of_missing_iommu)
{
    auto const said_with = [](Iommu iommu) {
        Machine machine;
        machine.session.inventory.iommu = iommu;
        machine.add("0000:01:00.0", "8086:10d3", 0x020000, {});
        return said(machine.plan("[bind]\nnic = 01:00.0\n"));
    };
    std::string const start = "nic 0000:01:00.0: refused (no-iommu): ";
    TEST_ASSERT_EQUAL_STRING(start
            + "the kernel does not use the IOMMU that this machine has, boot with intel_iommu=on on Intel, "
              "or without amd_iommu=off and iommu=off",
        said_with(Iommu::OffInKernel));
    TEST_ASSERT_EQUAL_STRING(start
            + "the firmware reports no IOMMU, turn on VT-d (Intel) or IOMMU (AMD) in its setup if it has one",
        said_with(Iommu::OffInFirmware));
    TEST_ASSERT_EQUAL_STRING(
        start + "this machine has no IOMMU, so nothing can be isolated", said_with(Iommu::Absent));
}

// A NIC that the kernel failed to bind.
static Session& fail_to_bind(Machine& machine, Failure const& failure)
{
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 8);
    auto& session = machine.plan("[bind]\nnic = 01:00.0\n");
    session.mode = Mode::Bind;
    auto& decision = session.plan.decisions[0];
    decision.outcome = Outcome::Failed;
    decision.reason = Reason::BindFailed;
    decision.failure = failure;
    return session;
}

TEST(says_what_the_kernel_answered)
{
    Machine busy;
    TEST_ASSERT_EQUAL_STRING(
        "nic 0000:01:00.0: failed (bind-failed): unbinding it from its host driver failed: "
        "Resource busy (errno 16)",
        said(fail_to_bind(busy, {Failure::Step::Unbind, 16})));
    Machine unbound;
    TEST_ASSERT_EQUAL_STRING(
        "nic 0000:01:00.0: failed (bind-failed): the kernel reported success, but the device is "
        "not bound to vfio-pci",
        said(fail_to_bind(unbound, {Failure::Step::Verify, 0})));
}

TEST(says_that_a_group_was_given_back_only_where_that_was_read)
{
    Machine machine;
    auto& session = fail_to_bind(machine, {Failure::Step::Bind, 5});
    std::string const start =
        "nic 0000:01:00.0: failed (bind-failed): binding it failed: I/O error (errno 5)";
    machine.add("0000:01:00.1", "8086:10d3", 0x020000, 8, "vfio-pci");
    machine.add("0000:02:00.0", "8086:10d3", 0x020000, 9, "vfio-pci");
    using State = UndoEntry::State;
    session.undo_log.append({.device = 0, .wanted = "vfio-pci", .state = State::PutBack});
    session.undo_log.append({.device = 2, .state = State::Stuck}); // of another group
    TEST_ASSERT_EQUAL_STRING(start + ", its group was given back to the host drivers", said(session));
    session.undo_log.append({.device = 1, .state = State::Written});
    TEST_ASSERT_EQUAL_STRING(start + ", its group is being given back", said(session));
    session.undo_log[2].state = State::Stuck;
    TEST_ASSERT_EQUAL_STRING(
        start + ", and not put back as they were: 0000:01:00.1 (vfio-pci), reboot to give them back",
        said(session));
}

TEST(does_not_say_host_drivers_where_a_device_was_and_is_for_ours)
{
    Machine machine;
    auto& session = fail_to_bind(machine, {Failure::Step::Bind, 5});
    machine.add("0000:01:00.1", "8086:10d3", 0x020000, 8, "vfio-pci");
    std::string const said_before = "nic 0000:01:00.0: failed (bind-failed): binding it failed: I/O "
                                    "error (errno 5), its group is as it was before";
    using State = UndoEntry::State;
    session.undo_log.append({.device = 0, .wanted = "vfio-pci", .state = State::PutBack});
    session.undo_log.append(
        {.device = 1, .wanted = "vfio-pci", .driver_was = DriverName("vfio-pci"), .state = State::PutBack});
    TEST_ASSERT_EQUAL_STRING(said_before, said(session));
    // It had no driver, and was for ours to take.
    session.undo_log[1].driver_was = {};
    session.undo_log[1].override_was = DriverName("vfio-pci");
    TEST_ASSERT_EQUAL_STRING(said_before, said(session));
    session.undo_log[0].state = State::Written;
    TEST_ASSERT_TRUE(said(session).ends_with(", its group is being given back"));
}

TEST(says_that_modprobe_could_not_be_started)
{
    Machine machine;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 8);
    auto& session = machine.plan("[bind]\nnic = 01:00.0\n");
    fail(session.plan.decisions[0], Reason::ModuleMissing);
    session.loading_of(Target::VfioPci).error_number = ENOMEM;
    TEST_ASSERT_EQUAL_STRING("nic 0000:01:00.0: failed (module-missing): vfio-pci cannot be loaded: starting "
                             "modprobe failed: Out of memory",
        said(session));
}

TEST(says_that_modprobe_did_not_end_in_time)
{
    Machine machine;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 8);
    auto& session = machine.plan("[bind]\nnic = 01:00.0\n");
    session.mode = Mode::Bind;
    session.is_loading = true;
    fail(session.plan.decisions[0], Reason::Timeout);
    TEST_ASSERT_EQUAL_STRING(
        "nic 0000:01:00.0: failed (timeout): modprobe did not end within 10 s", said(session));
}

TEST(says_what_modprobe_said)
{
    Machine machine;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 8);
    auto& session = machine.plan("[bind]\nnic = 01:00.0\n");
    session.plan.decisions[0].outcome = Outcome::Failed;
    session.plan.decisions[0].reason = Reason::ModuleMissing;
    auto& loading = session.loading_of(Target::VfioPci);
    loading.message = LoaderMessage("modprobe: FATAL: Module vfio-pci not found");
    TEST_ASSERT_EQUAL_STRING(
        "nic 0000:01:00.0: failed (module-missing): vfio-pci cannot be loaded: 'modprobe: FATAL: "
        "Module vfio-pci not found', it must be in the kernel or in the initramfs",
        said(session));
    loading.message.clear();
    loading.blacklisted = "vfio_pci";
    TEST_ASSERT_EQUAL_STRING(
        "nic 0000:01:00.0: failed (module-missing): vfio-pci cannot be loaded, module_blacklist= on the "
        "kernel command line forbids vfio_pci, take it out there",
        said(session));
}

TEST(foretells_that_a_bridge_is_taken_from_shpchp)
{
    Machine machine;
    machine.add("0000:01:00.0", "1b36:000e", 0x060400, 7, "shpchp");
    machine.add("0000:02:01.0", "8086:100e", 0x020000, 7);
    TEST_ASSERT_EQUAL_STRING(
        "bridge 0000:01:00.0 in group 7 will be taken from shpchp, which would keep guests from "
        "the group\n",
        warnings_of(machine.plan("[bind]\nnic = 8086:100e\n")));
    machine.session.inventory.devices[0].driver = {};
    TEST_ASSERT_EQUAL_STRING("", warnings_of(machine.session));
    machine.session.inventory.devices[0].has_hotplug_controller = true;
    TEST_ASSERT_EQUAL_STRING(
        "bridge 0000:01:00.0 in group 7 will be kept from shpchp, which would keep guests from "
        "the group\n",
        warnings_of(machine.session));
}

TEST(leaves_the_bridge_of_a_group_alone_that_no_guest_gets)
{
    Machine refused;
    refused.add("0000:01:00.0", "1b36:000e", 0x060400, 7, "shpchp");
    refused.add("0000:02:01.0", "8086:100e", 0x020000, 7);
    TEST_ASSERT_EQUAL_STRING("", warnings_of(refused.plan("[bind]\nnic = 02:01.0 8086:9999\n")));
    Machine parked;
    parked.add("0000:01:00.0", "1b36:000e", 0x060400, 7, "shpchp");
    parked.add("0000:02:01.0", "8086:100e", 0x020000, 7);
    TEST_ASSERT_TRUE(warnings_of(parked.plan("[stub]\nnic = 02:01.0\n")).find("bridge") == std::string::npos);
}

TEST(says_what_became_of_a_bridge)
{
    Machine machine;
    machine.add("0000:01:00.0", "1b36:000e", 0x060400, 7, "shpchp");
    machine.add("0000:02:01.0", "8086:100e", 0x020000, 7);
    auto& session = machine.plan("[bind]\nnic = 8086:100e\n");
    session.mode = Mode::Bind;
    session.plan.decisions[0].outcome = Outcome::Bound;
    session.facts.is_there = true;
    session.undo_log.append({.device = 1, .wanted = "vfio-pci"});
    auto& driver = session.inventory.devices[0].driver;
    auto const still_driven = [&](std::string const& by) {
        return "bridge 0000:01:00.0 in group 7 is driven by " + by
            + ", which keeps guests from the group, 'echo 0000:01:00.0 > /sys/bus/pci/drivers/" + by
            + "/unbind' frees it\n";
    };
    auto const said = [&] {
        auto all = warnings_of(session);
        auto const start = all.find("bridge");
        return start == std::string::npos ? "" : all.substr(start);
    };
    TEST_ASSERT_EQUAL_STRING(still_driven("shpchp").c_str(), said());
    session.undo_log.append({.device = 0, .wanted = "pcieport", .driver_was = DriverName("shpchp")});
    TEST_ASSERT_EQUAL_STRING(still_driven("shpchp").c_str(), said());
    driver = {};
    TEST_ASSERT_EQUAL_STRING(
        "bridge 0000:01:00.0 in group 7 was taken from shpchp, which would keep guests from the group\n",
        said());
    session.undo_log[1].driver_was = {};
    TEST_ASSERT_EQUAL_STRING(
        "bridge 0000:01:00.0 in group 7 was kept from shpchp, which would keep guests from the group\n",
        said());
    driver = DriverName("i82875p_edac");
    TEST_ASSERT_EQUAL_STRING(still_driven("i82875p_edac").c_str(), said());
    // It has no driver so far, and its override could not be written.
    driver = {};
    session.inventory.devices[0].has_hotplug_controller = true;
    session.undo_log[1].state = UndoEntry::State::Stuck;
    TEST_ASSERT_EQUAL_STRING(
        "bridge 0000:01:00.0 in group 7 is not kept from shpchp, which would keep guests from the group\n",
        said());
    session.undo_log.clear();
    TEST_ASSERT_EQUAL_STRING(
        "bridge 0000:01:00.0 in group 7 is not kept from shpchp, which would keep guests from the group\n",
        said());
}

TEST(says_what_still_shows_on_a_display_that_was_given_away)
{
    Machine machine;
    auto& framebuffer = machine.session.framebuffer;
    machine.plan("[bind]\n");
    framebuffer.stuck = FixedString<max_member_name_bytes>("vtcon1");
    framebuffer.error_number = 5;
    TEST_ASSERT_EQUAL_STRING("detaching vtcon1, the firmware's framebuffer, failed: I/O error (errno 5)\n",
        warnings_of(machine.session));
    framebuffer.stuck = {};
    framebuffer.holder = FixedString<max_member_name_bytes>("simpledrm");
    framebuffer.display = *parse_address("0000:01:00.0");
    TEST_ASSERT_EQUAL_STRING(
        "simpledrm still holds memory of 0000:01:00.0 (/proc/iomem), so guests may be unable to map it\n",
        warnings_of(machine.session));
}

TEST(announces_that_a_display_goes_dark)
{
    Machine machine;
    auto const line = [&] {
        return written_by(
            [&](Sink& sink) { announce_darkness(sink, *parse_address("0000:01:00.0"), machine.session); });
    };
    TEST_ASSERT_EQUAL_STRING(
        "the display 0000:01:00.0 goes dark now, as it is given away, rd.vfio_early=0 boots "
        "without that",
        line());
    machine.session.is_running_system = true;
    TEST_ASSERT_EQUAL_STRING("the display 0000:01:00.0 goes dark now, as it is given away", line());
}

TEST(names_who_is_in_the_way_where_the_kernel_keeps_guests_from_a_group)
{
    Machine machine;
    machine.add("0000:00:01.0", "8086:1901", 0x060400, 7, "pcieport");
    machine.add("0000:00:1f.0", "8086:a143", 0x060000, 7, "ie31200_edac");
    machine.add("0000:02:01.0", "8086:100e", 0x020000, 7, "vfio-pci");
    machine.add("0000:03:00.0", "8086:100e", 0x020000, 8, "e1000e");
    machine.plan("[bind]\nnic = 02:01.0 8086:100e\n");
    machine.session.facts.is_there = machine.session.facts.are_updated = true;
    machine.session.inventory.groups[0].is_viable = false;
    TEST_ASSERT_EQUAL_STRING(
        "host bridge 0000:00:1f.0 in group 7 is driven by ie31200_edac, which keeps guests from the group, "
        "'readlink /sys/bus/pci/drivers/ie31200_edac/module' names the module to blacklist in "
        "/etc/modprobe.d\n"
        "guests cannot use group 7, as the kernel says that it is not viable, in the way: "
        "0000:00:1f.0 (ie31200_edac)\n",
        warnings_of(machine.session));
    machine.session.inventory.devices[1].driver = {};
    TEST_ASSERT_EQUAL_STRING(
        "guests cannot use group 7, as the kernel says that it is not viable, and no member "
        "of it has a host driver\n",
        warnings_of(machine.session));
    machine.session.inventory.groups[0].is_viable = true;
    TEST_ASSERT_EQUAL_STRING("", warnings_of(machine.session));
}

TEST(does_not_treat_two_devices_without_a_group_as_one_group)
{
    Machine machine;
    machine.session.inventory.groups_appear_late = true;
    machine.add("0000:00:01.0", "1b36:000c", 0x060400, {}, "shpchp").secondary_bus = 1;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, {});
    TEST_ASSERT_EQUAL_STRING("", warnings_of(machine.plan("[bind]\nnic = 00:01.0/00.0\n")));
}

TEST(warns_that_nothing_is_bound_while_it_is_switched_off)
{
    Machine machine;
    machine.session.is_switched_off = true;
    TEST_ASSERT_EQUAL_STRING(
        "rd.vfio_early= is on the running kernel's command line: while it stays there, nothing is bound\n",
        warnings_of(machine.plan("[bind]\n")));
}

TEST(warns_of_groups_that_are_fiction)
{
    Machine machine;
    machine.session.inventory.acs_is_overridden = true;
    TEST_ASSERT_EQUAL_STRING(
        "pcie_acs_override= is on the kernel command line, so the groups do not show what is isolated\n",
        warnings_of(machine.plan("[bind]\n")));
}

TEST(warns_that_a_display_goes_dark)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8).is_boot_display = true;
    TEST_ASSERT_EQUAL_STRING("the firmware booted on 0000:01:00.0, which goes dark when it is bound\n",
        warnings_of(machine.plan("[bind]\ngpu = 10de:2191\n[options]\nboot-display = bind\n")));
}

TEST(warns_of_what_an_ids_names_and_no_line)
{
    Machine machine;
    auto& session = machine.session;
    session.strangers.append({.address = *parse_address("0000:03:00.0"), .named_for = Target::VfioPci});
    TEST_ASSERT_EQUAL_STRING(
        "0000:03:00.0 is named by vfio-pci.ids= and by no line here, so it stays with its host driver, "
        "add it under [bind]\n",
        warnings_of(session));
    session.strangers[0].is_taken = true;
    TEST_ASSERT_EQUAL_STRING(
        "0000:03:00.0 is named by vfio-pci.ids= and by no line here, so the next boot leaves it with its "
        "host driver, add it under [bind]\n",
        warnings_of(session));
    session.strangers[0] = {.address = *parse_address("0000:03:00.0"),
        .named_for = Target::PciStub,
        .place = SettingPlace("/etc/modprobe.d/vfio.conf")};
    TEST_ASSERT_EQUAL_STRING(
        "0000:03:00.0 is named by 'options pci-stub ids=' in /etc/modprobe.d/vfio.conf and by no line here, "
        "so it stays with its host driver, add it under [stub]\n",
        warnings_of(session));
}

TEST(warns_of_what_is_on_vfio_pci_without_a_line)
{
    Machine machine;
    machine.session.strangers.append({.address = *parse_address("0000:03:00.0"), .is_on_vfio_pci = true});
    TEST_ASSERT_EQUAL_STRING(
        "0000:03:00.0 is on vfio-pci already and no line here selects it, so nothing of it was checked\n",
        warnings_of(machine.session));
}

TEST(says_what_it_could_not_look_at)
{
    Machine machine;
    auto& session = machine.session;
    session.has_more_strangers = true;
    session.module_settings.has_more_ids = true;
    session.module_settings.unread_files = 2;
    session.module_settings.unread_file = SettingPlace("/etc/modprobe.d/vfio.conf");
    std::string const first =
        "more than 1024 devices that no line selects are on vfio-pci or named by an ids=, "
        "the rest are not shown\n";
    TEST_ASSERT_EQUAL_STRING(first, warnings_of(session));
    session.loading_of(Target::PciStub).is_ours = true;
    TEST_ASSERT_EQUAL_STRING(first
            + "vfio-pci.ids= and the like have more than 256 ids: what the rest name stays with its host "
              "driver too, and is not shown\n"
              "2 of the files of modprobe.d cannot be read, such as /etc/modprobe.d/vfio.conf: what their "
              "ids= name stays with its host driver, and is not shown\n",
        warnings_of(session));
}

TEST(says_what_more_devices_than_fit_do_to_an_answer)
{
    Machine machine;
    machine.session.inventory.is_overfull = true;
    auto const told = written_by([&](Sink& sink) {
        for_each_general_warning(machine.session, [&](std::string_view warning) { sink.write(warning); });
    });
    TEST_ASSERT_EQUAL_STRING("this machine has more than 1024 PCI functions, so nothing can be said of one "
                             "of them or of its group, and the rest is not shown; 'check' reads only what "
                             "lines select",
        told);
}

TEST(warns_once_that_nothing_is_recorded)
{
    Machine machine;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 1);
    machine.add("0000:02:00.0", "8086:10d3", 0x020000, 2);
    auto& session = machine.plan("[bind]\nleft = 01:00.0\nright = 02:00.0\n");
    TEST_ASSERT_EQUAL_STRING(
        "/etc/vfio-early.facts is not there, so addresses are taken at their word, the next "
        "image that is made on this machine records what the lines mean\n",
        warnings_of(session));
    session.facts.are_updated = true;
    TEST_ASSERT_EQUAL_STRING("", warnings_of(session));
    session.facts.are_updated = false;
    session.facts.is_there = true;
    TEST_ASSERT_EQUAL_STRING(
        "left 0000:01:00.0: nothing is recorded of what this line means, so it is taken at its word\n"
        "right 0000:02:00.0: nothing is recorded of what this line means, so it is taken at its word\n",
        warnings_of(session));
    session.facts.is_there = false;
    session.facts.is_broken = true;
    TEST_ASSERT_EQUAL_STRING(
        "/etc/vfio-early.facts is not whole, so addresses are taken at their word, the next "
        "image that is made on this machine records what the lines mean\n",
        warnings_of(session));
}

TEST(says_where_a_device_is_that_moved_and_what_to_write)
{
    Machine machine;
    machine.add("0000:05:00.0", "8086:10d3", 0x020000, 5);
    machine.meant("04:00.0", "0000:04:00.0", "8086:10d3", "0000:05:00.0");
    TEST_ASSERT_EQUAL_STRING(
        "nic: the line meant 8086:10d3 at 0000:04:00.0 when it was recorded, which is at 0000:05:00.0 now "
        "and is "
        "taken there, write 'nic = 0000:05:00.0 8086:10d3', correct every guest that names 0000:04:00.0\n",
        warnings_of(machine.plan("[bind]\nnic = 04:00.0\n")));
    Machine card;
    card.add("0000:05:00.0", "8086:10d3", 0x020000, 5);
    card.meant("04:00.*", "0000:04:00.0", "8086:10d3", "0000:05:00.0");
    TEST_ASSERT_EQUAL_STRING(
        "nic: the line meant 8086:10d3 at 0000:04:00.0 when it was recorded, which is at 0000:05:00.0 now "
        "and is "
        "taken there, write 'nic = 0000:05:00.*', correct every guest that names 0000:04:00.0\n",
        warnings_of(card.plan("[bind]\nnic = 04:00.*\n")));
    Machine id;
    id.add("0000:05:00.0", "8086:10d3", 0x020000, 5);
    id.meant("8086:10d3", "0000:04:00.0", "8086:10d3", "0000:05:00.0");
    TEST_ASSERT_EQUAL_STRING(
        "nic: the line meant 8086:10d3 at 0000:04:00.0 when it was recorded, which is at "
        "0000:05:00.0 now and is taken there, 'vfio-early accept nic' records that, correct every "
        "guest that names 0000:04:00.0\n",
        warnings_of(id.plan("[bind]\nnic = 8086:10d3\n")));
}

TEST(says_what_a_line_meant_that_means_something_else_now)
{
    auto const said_with = [](char const* elsewhere, char const* slot_is_now, char const* line) {
        Machine machine;
        machine.add("0000:04:00.0", "10de:2191", 0x030000, 4);
        if (*elsewhere)
            machine.add(elsewhere, "8086:10d3", 0x020000, 6);
        machine.meant("04:00.0", "0000:04:00.0", "8086:10d3", slot_is_now);
        return said(machine.plan(line));
    };
    constexpr auto line = "[bind]\nnic = 04:00.0\n";
    // Which of its model it is, only a serial number tells.
    TEST_ASSERT_EQUAL_STRING("nic 0000:04:00.0: refused (changed): the line meant 8086:10d3 at 0000:04:00.0 "
                             "when it was recorded, and one of that model is at 0000:06:00.0 now, "
                             "'vfio-early accept nic' makes it mean what is there now",
        said_with("0000:06:00.0", "0000:04:00.0", line));
    Machine known;
    known.add("0000:04:00.0", "10de:2191", 0x030000, 4);
    known.add("0000:06:00.0", "8086:10d3", 0x020000, 6).serial = 7;
    known.meant("04:00.0", "0000:04:00.0", "8086:10d3", "0000:04:00.0");
    known.session.facts.lines[0].device->serial = 7;
    TEST_ASSERT_EQUAL_STRING("nic 0000:04:00.0: refused (changed): the line meant 8086:10d3 at 0000:04:00.0 "
                             "when it was recorded, which is at 0000:06:00.0 now, write 'nic = 0000:06:00.0 "
                             "8086:10d3', 'vfio-early accept nic' makes it mean what is there now",
        said(known.plan(line)));
    TEST_ASSERT_EQUAL_STRING(
        "nic 0000:04:00.0: refused (changed): the line meant 8086:10d3 at 0000:04:00.0 when it "
        "was recorded, which is gone, 'vfio-early accept nic' makes it mean what is there now",
        said_with("", "0000:04:00.0", line));
    TEST_ASSERT_EQUAL_STRING(
        "nic: refused (not-found): the line meant 8086:10d3 at 0000:04:00.0 when it was "
        "recorded, which is gone, 'vfio-early accept nic' makes it mean what is there now",
        said_with("", "0000:05:00.0", line));
}

TEST(cuts_a_long_list_and_not_the_advice)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    for (int i = 1; i <= 80; ++i) {
        char address[16];
        snprintf(address, sizeof(address), "0000:02:%02x.%d", i / 8, i % 8);
        machine.add(address, "8086:1572", 0x020000, 8);
    }
    auto const text = std::string(said(machine.plan("[bind]\ngpu = 01:00.0\n")));
    TEST_ASSERT_TRUE(
        text.ends_with("0000:02:01.4 and 68 more, which must be listed under [bind] or [stub] too"));
}

TEST(does_not_advise_to_give_away_what_the_platform_needs)
{
    char const* const parts[][2] = {{"0000:00:1f.0", "060100"}, {"0000:00:14.0", "0c0500"},
        {"0000:00:1f.5", "088000"}, {"0000:00:1f.6", "118000"}};
    for (auto const& part : parts) {
        Machine machine;
        machine.add("0000:00:1f.2", "8086:a102", 0x010601, 14);
        machine.add(part[0], "8086:a170", static_cast<uint32_t>(strtoul(part[1], nullptr, 16)), 14);
        TEST_ASSERT_EQUAL_STRING("sata 0000:00:1f.2: refused (shared-group): group 14 also holds "
                + std::string(part[0])
                + ", so it is the platform's own group, which the host cannot do without",
            said(machine.plan("[bind]\nsata = 00:1f.2\n")));
    }
    Machine machine;
    machine.add("0000:03:00.0", "8086:a102", 0x010601, 14);
    machine.add("0000:03:00.1", "8086:a170", 0x118000, 14);
    TEST_ASSERT_TRUE(std::string(said(machine.plan("[bind]\nsata = 03:00.0\n")))
                         .ends_with("which must be listed under [bind] or [stub] too"));
}

TEST(warns_of_a_driver_on_a_host_bridge_and_says_what_keeps_it_away)
{
    Machine machine;
    machine.session.facts.is_there = true;
    machine.add("0000:00:00.0", "8086:1918", 0x060000, 1, "ie31200_edac");
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 1);
    auto const& session = machine.plan("[bind]\ngpu = 10de:2191\n");
    TEST_ASSERT_EQUAL_STRING("gpu 0000:01:00.0 would-bind\n", verdicts(session));
    TEST_ASSERT_EQUAL_STRING(
        "host bridge 0000:00:00.0 in group 1 is driven by ie31200_edac, which keeps guests "
        "from the group, 'readlink /sys/bus/pci/drivers/ie31200_edac/module' names the "
        "module to blacklist in /etc/modprobe.d\n",
        warnings_of(session));
}

TEST(quotes_names_that_someone_else_chose)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    machine.add("0000:01:00.1", "10de:1aeb", 0x040300, 8, "snd\x1b[2J");
    machine.session.inventory.groups[0].others.append(FixedString<max_member_name_bytes>("a\rb"));
    auto const text = std::string(said(machine.plan("[bind]\ngpu = 01:00.0\n")));
    TEST_ASSERT_TRUE(text.find("('snd\\x1b[2J'), 'a\\x0db'") != std::string::npos);
}

TEST(says_that_a_device_is_bound_already)
{
    Machine machine;
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8, "vfio-pci");
    TEST_ASSERT_EQUAL_STRING("gpu 0000:01:00.0: is bound to vfio-pci (10de:2191, group 8, already)",
        said(machine.plan("[bind]\ngpu = 01:00.0\n")));
}

TEST(counts_what_a_list_leaves_out)
{
    Machine machine;
    machine.session.inventory.groups.append({.number = 8});
    machine.add("0000:01:00.0", "10de:2191", 0x030000, 8);
    auto& group = machine.session.inventory.groups[0];
    for (size_t i = 0; i < group.others.capacity(); ++i)
        group.others.append(FixedString<max_member_name_bytes>("part"));
    group.others_left_out = 1;
    auto const text = std::string(said(machine.plan("[bind]\ngpu = 01:00.0\n")));
    TEST_ASSERT_TRUE(text.find("part, part and 1 more, and what") != std::string::npos);
}

TEST(names_what_was_not_put_back_whatever_the_reason)
{
    Machine machine;
    machine.add("0000:01:00.0", "8086:10d3", 0x020000, 8);
    auto& session = machine.plan("[bind]\nnic = 01:00.0\n");
    session.plan.decisions[0].outcome = Outcome::Failed;
    session.plan.decisions[0].reason = Reason::ModuleMissing;
    session.undo_log.append({.device = 0, .wanted = "vfio-pci", .state = UndoEntry::State::PutBack});
    TEST_ASSERT_EQUAL_STRING(
        "nic 0000:01:00.0: failed (module-missing): vfio-pci cannot be loaded, it must be in the "
        "kernel or in the initramfs",
        said(session));
    session.undo_log[0].state = UndoEntry::State::Stuck;
    TEST_ASSERT_EQUAL_STRING(
        "nic 0000:01:00.0: failed (module-missing): vfio-pci cannot be loaded, it must be in the "
        "kernel or in the initramfs, and not put back as they were: 0000:01:00.0, reboot to give "
        "them back",
        said(session));
}

UNITY_MAIN()
