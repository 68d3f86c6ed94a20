// SPDX-License-Identifier: MIT
// The report of a boot, held against a machine and a configuration by `status`. The first byte says which
// labels are asked about, and what the configuration is.
#include "core/boot_report.h"
#include "core/plan.h"
#include "core/status.h"
#include "core/sysfs_text.h"
#include "output.h"

using namespace vfio_early;

namespace {

void add(Inventory& inventory, uint8_t bus, DeviceId id, uint32_t class_code, uint32_t group,
    std::string_view driver)
{
    Device device;
    device.address.bus = bus;
    device.id = id;
    device.class_code = class_code;
    device.header = header_type_of_class(class_code);
    device.driver = DriverName(driver);
    device.group = group;
    device.is_identified = device.is_readable = true;
    inventory.devices.append(device);
    if (!inventory.find_group(group))
        inventory.groups.append({.number = group});
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size)
{
    if (size == 0)
        return 0;
    auto const first = data[0];
    ExactCopy copy(text_of(data + 1, size - 1));
    auto& report = fresh<BootReport>();
    bool const is_report = parse_report({copy.bytes.get(), copy.text.size()}, report);
    if (!is_report)
        return 0;
    for (auto const& device : report.devices)
        must(!device.label.empty() && !device.outcome.empty() && !device.target.empty(),
            "a device of a report has a label, a driver and an outcome");

    auto& session = fresh<Session>();
    session.inventory.iommu = Iommu::On;
    add(session.inventory, 1, {0x10de, 0x2191}, 0x030000, 8, "vfio-pci");
    add(session.inventory, 2, {0x10de, 0x1aeb}, 0x040300, 8, "pci-stub");
    add(session.inventory, 3, {0x8086, 0x1572}, 0x020000, 9, "i40e");
    add(session.inventory, 4, {0x8086, 0x1572}, 0x020000, 10, "vfio-pci");
    add(session.inventory, 5, {0x8086, 0x0001}, 0x060400, 10, "odd\x1b");
    constexpr std::string_view configs[] = {"",
        "[bind]\ngpu = 0000:01:00.0\nnic = 0000:03:00.0\nnic-2 = 0000:04:00.0\n[stub]\nsound = "
        "0000:02:00.0\n",
        "[bind]\nnics = 8086:1572 all\ngone = 0000:07:00.0\n[handover]\nnics = x.service\n",
        "[bind]\ngpu = 0000:01:00.0\n[stub]\ngpu2 = 10de:2191\n"};
    parse_config(configs[first % 4], session.config, session.problems);
    make_plan(session.config, session.facts, session.inventory, session.plan, session.problems);
    if (!session.problems.empty())
        session.plan.decisions.clear();
    session.is_planned = true;
    constexpr std::string_view asked[] = {"gpu", "nics"};
    auto& rows = fresh<StatusRows>();
    Status status{.session = session,
        .report = report,
        .labels = {asked, static_cast<size_t>(first / 4 % 3)},
        .is_config_known = session.problems.empty(),
        .rows = rows};
    compare(status);
    for (auto& row : rows) {
        if (first & 0x80)
            row.override_now = row.driverctl = DriverName("odd driver");
    }
    auto json = json_of([&](Sink& sink) { write_status_json(sink, status); });
    plain_text_of([&](Sink& sink) { write_status(sink, status); });
    auto& again = fresh<BootReport, 1>();
    must(parse_report(json, again), "what status writes can be read as a report");
    return 0;
}
