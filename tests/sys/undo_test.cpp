// SPDX-License-Identifier: MIT
#include "sys/undo.h"

#include "machine.h"
#include "sys/scan.h"
#include "sys/worker.h"
#include "tree.h"

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using namespace vfio_early;

// A NIC and an NVMe controller, each alone in its group and on vfio-pci, when the time was up.
struct Stage {
    Tree tree;
    Machine machine;
    Session& session = machine.session;

    Stage()
    {
        tree.add_machine();
        tree.add_driver("vfio-pci");
        tree.add_device("0000:01:00.0", "20000", "8086:10D3", 8);
        tree.add_device("0000:02:00.0", "10802", "144D:A808", 9);
        parse_config("[bind]\nnic = 01:00.0\nnvme = 02:00.0\n", session.config, session.problems);
        auto const root = tree.root();
        scan(root, session.config, session.facts, session.inventory);
        make_plan(session.config, session.facts, session.inventory, session.plan, session.problems);
        session.is_planned = true;
        for (auto const& decision : session.plan.decisions)
            TEST_ASSERT_TRUE(
                !note_what_it_was(root, session, decision, *decision.device, driver_name(decision.target))
                     .is_error());
        for (std::string const address : {"0000:01:00.0", "0000:02:00.0"}) {
            tree.link("sys/bus/pci/devices/" + address + "/driver", "../../drivers/vfio-pci");
            tree.write("sys/bus/pci/devices/" + address + "/driver_override", "vfio-pci\n");
        }
    }

    // Leaves a process behind that looks for up to a second for what `file` is to have, and then does
    // something. Undoes; true if it found that, and was waited for.
    template <typename Action>
    bool undo_beside(Reason reason, char const* file, char const* expected, Action action)
    {
        auto* is_found = static_cast<bool*>(allocate_shared(1));
        static_cast<void>(signal(SIGCHLD, SIG_IGN)); // none is left to be waited for
        session.left_behind = fork();
        if (session.left_behind == 0) {
            setpgid(0, 0);
            for (int i = 0; i < 100 && !*is_found; ++i) {
                wait_milliseconds(10);
                *is_found = tree.has(file) && tree.read(file) == expected;
            }
            action();
            _exit(0);
        }
        setpgid(session.left_behind, 0);
        settle(session, reason, 0);
        undo(session, tree.root());
        return *is_found && kill(-session.left_behind, 0) != 0;
    }
};

constexpr auto unbind_file = "sys/bus/pci/drivers/vfio-pci/unbind";
constexpr auto override_file = "sys/bus/pci/devices/0000:01:00.0/driver_override";

TEST(does_not_wait_for_what_hangs_with_what_does_not)
{
    Stage stage;
    stage.tree.write(unbind_file, "");
    stage.session.plan.decisions[0].failure.step = Failure::Step::Unbind;
    TEST_ASSERT_TRUE(stage.undo_beside(Reason::Timeout, unbind_file, "0000:02:00.0", [] {}));
    TEST_ASSERT_EQUAL_STRING("0000:01:00.0", stage.tree.read(unbind_file));
}

TEST(clears_overrides_and_then_waits_for_a_driver_that_is_being_loaded)
{
    // The time was up, or the worker died.
    for (auto const reason : {Reason::Timeout, Reason::BindFailed}) {
        Stage stage;
        stage.session.is_loading = true;
        // While a driver is being loaded, it has no `unbind`.
        TEST_ASSERT_TRUE(stage.undo_beside(reason, override_file, "\n", [&] {
            wait_milliseconds(2000);
            stage.tree.write(unbind_file, "");
        }));
        TEST_ASSERT_EQUAL_STRING("0000:01:00.0", stage.tree.read(unbind_file));
    }
}

UNITY_MAIN()
