// SPDX-License-Identifier: MIT
#include "sys/apply.h"

#include "machine.h"
#include "sys/scan.h"
#include "sys/undo.h"
#include "tree.h"

using namespace vfio_early;

// A tree with one NIC on e1000e, and the plan to bind it.
struct Stage {
    Tree tree;
    Machine machine;

    explicit Stage(char const* driver = "e1000e")
    {
        tree.add_machine();
        tree.add_device("0000:01:00.0", "20000", "8086:10D3", 8, driver);
    }

    Session& plan(char const* config)
    {
        auto& session = machine.session;
        parse_config(config, session.config, session.problems);
        scan(tree.root(), session.config, session.facts, session.inventory);
        make_plan(session.config, session.facts, session.inventory, session.plan, session.problems);
        session.is_planned = true;
        return session;
    }
};

// The same behind an IOMMU that makes a device's group only when a driver binds to it: the NIC has none yet.
struct LateStage : Stage {
    explicit LateStage(char const* driver = "vfio-pci") : Stage(driver)
    {
        tree.make_directory("sys/class/iommu/virtio0");
        tree.unlink(nic_group);
    }

    void make_group() { tree.link(nic_group, "../../../../kernel/iommu_groups/8"); }

    std::string const nic_group = "sys/bus/pci/devices/0000:01:00.0/iommu_group";
};

TEST(verifies_by_the_link_and_undoes_what_is_not_bound)
{
    Stage stage;
    stage.tree.add_driver("vfio-pci");
    auto& session = stage.plan("[bind]\nnic = 01:00.0\n");
    apply(session, stage.tree.root());
    // No kernel, so the link still says e1000e.
    TEST_ASSERT_EQUAL_STRING("nic 0000:01:00.0 bind-failed\n", verdicts(session));
    TEST_ASSERT_TRUE(session.plan.decisions[0].outcome == Outcome::Failed);
    TEST_ASSERT_EQUAL_STRING("0000:01:00.0", stage.tree.read("sys/bus/pci/drivers/e1000e/unbind"));
    TEST_ASSERT_EQUAL_STRING("0000:01:00.0", stage.tree.read("sys/bus/pci/drivers/vfio-pci/bind"));
    TEST_ASSERT_EQUAL_STRING("\n", stage.tree.read("sys/bus/pci/devices/0000:01:00.0/driver_override"));
    // It never lost its driver, so none is asked.
    TEST_ASSERT_EQUAL_STRING("", stage.tree.read("sys/bus/pci/drivers_probe"));
    TEST_ASSERT_EQUAL_STRING("e1000e", session.inventory.devices[0].driver.view());
}

TEST(writes_no_more_than_the_override_to_a_device_that_is_bound_already)
{
    Stage stage("vfio-pci");
    stage.tree.add_driver("vfio-pci");
    auto& session = stage.plan("[bind]\nnic = 01:00.0\n");
    apply(session, stage.tree.root());
    TEST_ASSERT_EQUAL_STRING("nic 0000:01:00.0 bound\n", verdicts(session));
    TEST_ASSERT_EQUAL_STRING("vfio-pci", stage.tree.read("sys/bus/pci/devices/0000:01:00.0/driver_override"));
    TEST_ASSERT_EQUAL_STRING("", stage.tree.read("sys/bus/pci/drivers/vfio-pci/bind"));
    TEST_ASSERT_EQUAL_STRING("", stage.tree.read("sys/bus/pci/drivers/vfio-pci/unbind"));
}

TEST(touches_no_host_driver_when_the_module_is_missing)
{
    Stage stage;
    auto& session = stage.plan("[bind]\nnic = 01:00.0\n");
    apply(session, stage.tree.root());
    TEST_ASSERT_EQUAL_STRING("nic 0000:01:00.0 module-missing\n", verdicts(session));
    TEST_ASSERT_EQUAL_STRING("", stage.tree.read("sys/bus/pci/drivers/e1000e/unbind"));
    TEST_ASSERT_EQUAL_STRING("\n", stage.tree.read("sys/bus/pci/devices/0000:01:00.0/driver_override"));
}

TEST(writes_nothing_to_what_the_plan_refuses)
{
    Stage stage;
    stage.tree.add_driver("vfio-pci");
    auto& session = stage.plan("[bind]\nnic = 01:00.0 10de:2191\n");
    apply(session, stage.tree.root());
    TEST_ASSERT_EQUAL_STRING("nic 0000:01:00.0 id-mismatch\n", verdicts(session));
    TEST_ASSERT_EQUAL_STRING("(null)\n", stage.tree.read("sys/bus/pci/devices/0000:01:00.0/driver_override"));
    TEST_ASSERT_EQUAL_STRING("", stage.tree.read("sys/bus/pci/drivers_probe"));
}

TEST(gives_the_whole_group_back_for_one_member)
{
    Stage stage("");
    stage.tree.add_driver("vfio-pci");
    stage.tree.add_device("0000:01:00.1", "20000", "8086:10D3", 8, "e1000e");
    auto& session = stage.plan("[bind]\nnics = 01:00.*\n");
    apply(session, stage.tree.root());
    TEST_ASSERT_EQUAL_STRING(
        "nics 0000:01:00.0 bind-failed\nnics 0000:01:00.1 group-refused\n", verdicts(session));
    TEST_ASSERT_EQUAL_STRING("\n", stage.tree.read("sys/bus/pci/devices/0000:01:00.0/driver_override"));
    TEST_ASSERT_EQUAL_STRING("0000:01:00.0", stage.tree.read("sys/bus/pci/drivers_probe"));
}

TEST(keeps_the_other_groups_when_one_fails)
{
    Stage stage;
    stage.tree.add_driver("vfio-pci");
    stage.tree.add_device("0000:02:00.0", "10802", "144D:A808", 9, "vfio-pci");
    auto& session = stage.plan("[bind]\nnic = 01:00.0\nnvme = 02:00.0\n");
    apply(session, stage.tree.root());
    TEST_ASSERT_EQUAL_STRING("nic 0000:01:00.0 bind-failed\nnvme 0000:02:00.0 bound\n", verdicts(session));
    TEST_ASSERT_EQUAL_STRING("vfio-pci", stage.tree.read("sys/bus/pci/devices/0000:02:00.0/driver_override"));
}

TEST(undoes_a_late_group_that_holds_an_unlisted_device)
{
    LateStage stage;
    stage.tree.add_driver("vfio-pci");
    auto& session = stage.plan("[bind]\nnic = 01:00.0\n");
    TEST_ASSERT_EQUAL_STRING("nic 0000:01:00.0 would-bind\n", verdicts(session));
    // The group appears while the device is bound, and holds another device.
    stage.make_group();
    stage.tree.add_device("0000:01:00.1", "20000", "8086:10D3", 8, "e1000e");
    apply(session, stage.tree.root());
    TEST_ASSERT_EQUAL_STRING("nic 0000:01:00.0 shared-group\n", verdicts(session));
    TEST_ASSERT_EQUAL_STRING("\n", stage.tree.read("sys/bus/pci/devices/0000:01:00.0/driver_override"));
}

TEST(does_not_assume_that_a_late_group_leaves_out_a_function_of_the_same_card)
{
    LateStage stage;
    stage.tree.add_driver("vfio-pci");
    auto& session = stage.plan("[bind]\nnic = 01:00.0\n");
    stage.make_group();
    stage.tree.add_device("0000:01:00.1", "10802", "144D:A808", -1);
    apply(session, stage.tree.root());
    TEST_ASSERT_EQUAL_STRING("nic 0000:01:00.0 shared-group\n", verdicts(session));
}

TEST(does_not_treat_a_listed_function_as_bound_because_its_neighbour_is)
{
    LateStage stage;
    stage.tree.add_driver("vfio-pci");
    stage.tree.add_device("0000:01:00.1", "20000", "8086:10D3", -1, "e1000e");
    auto& session = stage.plan("[bind]\nnics = 01:00.*\n");
    stage.make_group();
    apply(session, stage.tree.root());
    TEST_ASSERT_EQUAL_STRING("nics 0000:01:00.0 bound\nnics 0000:01:00.1 bind-failed\n", verdicts(session));
}

TEST(keeps_the_reason_of_a_device_whose_group_would_have_come_late)
{
    LateStage stage("e1000e");
    auto& session = stage.plan("[bind]\nnic = 01:00.0\n");
    apply(session, stage.tree.root());
    TEST_ASSERT_EQUAL_STRING("nic 0000:01:00.0 module-missing\n", verdicts(session));
}

TEST(refuses_a_device_whose_late_group_never_came)
{
    LateStage stage;
    stage.tree.add_driver("vfio-pci");
    auto& session = stage.plan("[bind]\nnic = 01:00.0\n");
    apply(session, stage.tree.root());
    TEST_ASSERT_EQUAL_STRING("nic 0000:01:00.0 no-group\n", verdicts(session));
    TEST_ASSERT_EQUAL_STRING("\n", stage.tree.read("sys/bus/pci/devices/0000:01:00.0/driver_override"));
}

// The NIC, bound, behind a conventional bridge in its group.
struct BridgeStage : Stage {
    explicit BridgeStage(char const* driver_of_bridge) : Stage("vfio-pci")
    {
        tree.add_driver("vfio-pci");
        tree.add_device("0000:00:1e.0", "60400", "1B36:000E", 8, driver_of_bridge);
        tree.write("sys/bus/pci/drivers/shpchp/unbind", "");
    }

    std::string override_of_bridge() const
    {
        return tree.read("sys/bus/pci/devices/0000:00:1e.0/driver_override");
    }
    std::string unbound() const { return tree.read("sys/bus/pci/drivers/shpchp/unbind"); }
};

TEST(takes_the_bridge_of_a_bound_group_from_shpchp)
{
    BridgeStage stage("shpchp");
    auto& session = stage.plan("[bind]\nnic = 01:00.0\n");
    apply(session, stage.tree.root());
    TEST_ASSERT_EQUAL_STRING("nic 0000:01:00.0 bound\n", verdicts(session));
    TEST_ASSERT_EQUAL_STRING("pcieport", stage.override_of_bridge());
    TEST_ASSERT_EQUAL_STRING("0000:00:1e.0", stage.unbound());
    auto const* entry = find_entry(session.undo_log, *session.inventory.find(*parse_address("0000:00:1e.0")));
    TEST_ASSERT_TRUE(entry);
    TEST_ASSERT_EQUAL_STRING("shpchp", entry->driver_was.view());
    TEST_ASSERT_EQUAL_STRING("", entry->override_was.view());
}

TEST(gives_the_bridge_back_with_its_group)
{
    BridgeStage stage("shpchp");
    auto& session = stage.plan("[bind]\nnic = 01:00.0\n");
    apply(session, stage.tree.root());
    fail(session.plan.decisions[0], Reason::BindFailed);
    stage.tree.unlink("sys/bus/pci/devices/0000:00:1e.0/driver");
    undo(session, stage.tree.root());
    TEST_ASSERT_EQUAL_STRING("\n", stage.override_of_bridge());
    TEST_ASSERT_EQUAL_STRING("0000:00:1e.0", stage.tree.read("sys/bus/pci/drivers_probe"));
    // There is no kernel that would bind it.
    auto const bridge = *session.inventory.find(*parse_address("0000:00:1e.0"));
    TEST_ASSERT_TRUE(find_entry(session.undo_log, bridge)->state == UndoEntry::State::Stuck);
    TEST_ASSERT_TRUE(
        given_back(session.plan.decisions[0], session.undo_log, session.inventory) == GivenBack::No);
}

TEST(keeps_a_bridge_from_shpchp_that_is_still_to_be_loaded)
{
    BridgeStage stage("");
    stage.tree.add_hotplug_controller("0000:00:1e.0");
    apply(stage.plan("[bind]\nnic = 01:00.0\n"), stage.tree.root());
    TEST_ASSERT_EQUAL_STRING("pcieport", stage.override_of_bridge());
    TEST_ASSERT_EQUAL_STRING("", stage.unbound());
}

TEST(leaves_other_bridges_alone)
{
    for (auto const* driver : {"", "pcieport", "i82875p_edac"}) {
        BridgeStage stage(driver);
        apply(stage.plan("[bind]\nnic = 01:00.0\n"), stage.tree.root());
        TEST_ASSERT_EQUAL_STRING("(null)\n", stage.override_of_bridge());
    }
    BridgeStage stage("shpchp");
    apply(stage.plan("[bind]\nnic = 01:00.0 10de:2191\n"), stage.tree.root());
    TEST_ASSERT_EQUAL_STRING("(null)\n", stage.override_of_bridge());
    TEST_ASSERT_EQUAL_STRING("", stage.unbound());
}

// A display that the firmware booted on, its framebuffer, and vfio-pci.
struct DisplayStage : Stage {
    DisplayStage() : Stage("")
    {
        tree.add_driver("vfio-pci");
        tree.add_device("0000:02:00.0", "38000", "1234:1111", 9, "vfio-pci");
        tree.write("sys/bus/pci/devices/0000:02:00.0/boot_display", "1\n");
        tree.add_platform_device("platform/efi-framebuffer.0", "efi-framebuffer");
        tree.write("dev/console", "");
        tree.write("proc/iomem", "80000000-80ffffff : 0000:02:00.0\n  80000000-803e7fff : efifb\n");
    }

    std::string unbound() const { return tree.read("sys/bus/platform/drivers/efi-framebuffer/unbind"); }
};

TEST(darkens_a_boot_display_that_is_bound)
{
    DisplayStage stage;
    auto& session = stage.plan("[bind]\ngpu = 02:00.0\n[options]\nboot-display = bind\n");
    apply(session, stage.tree.root());
    TEST_ASSERT_EQUAL_STRING("gpu 0000:02:00.0 bound\n", verdicts(session));
    TEST_ASSERT_EQUAL_STRING("efi-framebuffer.0", stage.unbound());
    TEST_ASSERT_EQUAL_STRING("efifb", session.framebuffer.holder.view());
}

TEST(leaves_the_framebuffer_of_a_display_that_is_not_known_to_be_the_one_of_the_boot)
{
    DisplayStage stage;
    auto const attribute = "sys/bus/pci/devices/0000:02:00.0/boot_display";
    stage.tree.unlink(attribute);
    stage.tree.make_directory(attribute); // it cannot be read
    stage.tree.unlink("proc/iomem");
    auto& session = stage.plan("[bind]\ngpu = 02:00.0\n[options]\nboot-display = bind\n");
    apply(session, stage.tree.root());
    TEST_ASSERT_EQUAL_STRING("gpu 0000:02:00.0 bound\n", verdicts(session));
    TEST_ASSERT_EQUAL_STRING("", stage.unbound());
    TEST_ASSERT_EQUAL_STRING("", stage.tree.read("dev/console"));
    // Another place that kernels show it in settles it.
    DisplayStage known;
    known.tree.unlink(attribute);
    known.tree.make_directory(attribute);
    apply(known.plan("[bind]\ngpu = 02:00.0\n[options]\nboot-display = bind\n"), known.tree.root());
    TEST_ASSERT_EQUAL_STRING("efi-framebuffer.0", known.unbound());
}

TEST(leaves_a_boot_display_lit_that_is_not_bound)
{
    DisplayStage refused;
    apply(refused.plan("[bind]\ngpu = 02:00.0\n"), refused.tree.root());
    TEST_ASSERT_EQUAL_STRING("", refused.unbound());
    DisplayStage rehearsed;
    rehearse(
        rehearsed.plan("[bind]\ngpu = 02:00.0\n[options]\nboot-display = bind\n"), rehearsed.tree.root());
    TEST_ASSERT_EQUAL_STRING("", rehearsed.unbound());
    DisplayStage without_driver;
    without_driver.tree.unlink("sys/bus/pci/drivers/vfio-pci");
    apply(without_driver.plan("[bind]\ngpu = 02:00.0\n[options]\nboot-display = bind\n"),
        without_driver.tree.root());
    TEST_ASSERT_EQUAL_STRING("", without_driver.unbound());
    TEST_ASSERT_EQUAL_STRING("", without_driver.tree.read("dev/console"));
}

TEST(notices_what_did_not_stay_bound)
{
    Stage stage("vfio-pci");
    stage.tree.add_driver("vfio-pci");
    auto& session = stage.plan("[bind]\nnic = 01:00.0\n");
    apply(session, stage.tree.root());
    stage.tree.unlink("sys/bus/pci/devices/0000:01:00.0/driver");
    judge_what_was_lost(session, stage.tree.root());
    TEST_ASSERT_EQUAL_STRING("nic 0000:01:00.0 bind-failed\n", verdicts(session));
}

TEST(undoes_the_whole_group_of_a_device_that_did_not_stay_bound)
{
    Stage stage("vfio-pci");
    stage.tree.add_driver("vfio-pci");
    stage.tree.add_device("0000:01:00.1", "20000", "8086:10D3", 8, "vfio-pci");
    auto& session = stage.plan("[bind]\nnics = 01:00.*\n");
    apply(session, stage.tree.root());
    for (auto& entry : session.undo_log)
        entry.driver_was = DriverName("e1000e");
    stage.tree.unlink("sys/bus/pci/devices/0000:01:00.0/driver");
    undo_what_was_lost(session, stage.tree.root());
    TEST_ASSERT_EQUAL_STRING(
        "nics 0000:01:00.0 bind-failed\nnics 0000:01:00.1 group-refused\n", verdicts(session));
    TEST_ASSERT_EQUAL_STRING("0000:01:00.1", stage.tree.read("sys/bus/pci/drivers/vfio-pci/unbind"));
    for (char const* address : {"0000:01:00.0", "0000:01:00.1"})
        TEST_ASSERT_EQUAL_STRING(
            "\n", stage.tree.read(std::string("sys/bus/pci/devices/") + address + "/driver_override"));
}

TEST(rehearses_without_writing)
{
    Stage stage;
    stage.tree.write("lib/modules/6.1.0/modules.dep", "");
    stage.tree.write("lib/modules/6.1.0/modules.builtin", "");
    auto& session = stage.plan("[bind]\nnic = 01:00.0\n");
    rehearse(session, stage.tree.root());
    TEST_ASSERT_EQUAL_STRING("nic 0000:01:00.0 module-missing\n", verdicts(session));
    TEST_ASSERT_TRUE(session.plan.decisions[0].outcome == Outcome::Refused);
    TEST_ASSERT_EQUAL_STRING("(null)\n", stage.tree.read("sys/bus/pci/devices/0000:01:00.0/driver_override"));
}

UNITY_MAIN()
