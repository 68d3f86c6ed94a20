// SPDX-License-Identifier: MIT
#include "sys/host_uses.h"

#include "tree.h"
#include "uses_text.h"

#include <memory>

using namespace vfio_early;

TEST(finds_storage_network_and_processes)
{
    Tree tree;
    tree.add_mount("0:30", "/", "server:/root", "nfs4");
    tree.make_directory("sys/class/block");
    tree.add_interface("pci0000:00/0000:00:1f.6/net/eno1", "0x1003");
    tree.add_route("eno1", "0000A8C0");
    tree.link("sys/class/drm/card0", "../../devices/pci0000:00/0000:00:02.0/drm/card0");
    tree.add_process("812", "Xorg", {"/dev/dri/card0"});
    auto const uses = std::make_unique<HostUses>();
    find_host_uses(tree.root(), *uses);
    TEST_ASSERT_EQUAL_STRING("0000:00:1f.6 vital: a route through eno1, while / is on no PCI function\n"
                             "0000:00:1f.6 now: eno1 is up\n"
                             "0000:00:02.0 now: process 812 (Xorg) has /dev/dri/card0 open\n",
        uses_text(*uses));
}

TEST(does_not_fail_on_the_machine_it_runs_on)
{
    auto const uses = std::make_unique<HostUses>();
    find_host_uses(Root::open("/").release_value(), *uses);
    TEST_ASSERT_TRUE(!uses->is_incomplete || !uses->doubt.empty());
}

UNITY_MAIN()
