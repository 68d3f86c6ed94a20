// SPDX-License-Identifier: MIT
#include "core/explain.h"
#include "core/json.h"
#include "core/list.h"
#include "core/report.h"
#include "core/version.h"

namespace vfio_early {

namespace {

// A string, or null where it is empty.
struct OrNull {
    std::string_view text;
};

void put(Sink& sink, OrNull string)
{
    if (string.text.empty())
        sink.write("null");
    else
        put(sink, JsonString{string.text});
}

// A number, or null.
struct NumberOrNull {
    std::optional<uint32_t> number;
};

void put(Sink& sink, NumberOrNull number)
{
    if (number.number)
        put(sink, *number.number);
    else
        sink.write("null");
}

char const* text_of(bool is_so)
{
    return is_so ? "true" : "false";
}

// Which kind of none it is, for who makes a tree of this.
std::string_view state_of(Iommu iommu)
{
    constexpr std::string_view states[] = {"on", "off-in-kernel", "no-driver", "off-in-firmware", "absent"};
    return states[static_cast<size_t>(iommu)];
}

void write_uses(Sink& sink, DeviceIndex index, List const& list)
{
    JsonList uses(sink);
    auto const write = [&](UseKind kind, std::string_view name) {
        print(uses.next(), R"({"kind": "%s", "name": %o})", name_of(kind), OrNull{name_to_show(kind, name, list)});
    };
    list.record.for_each_attached(index, [&](Attached const& thing) { write(thing.kind, thing.name.view()); });
    for (auto const& use : list.session.uses.uses) {
        if (use.device == list.session.inventory.devices[index].address
            && (use.kind != UseKind::Other || use.weight.is_now))
            write(use.kind, use.what.view());
    }
    uses.close();
}

// Why the host needs a device.
void write_need(Sink& sink, Device const& device, bool is_spare, List const& list)
{
    auto const* fact = host_fact_of(device, is_spare, list.session.facts, list.session.inventory);
    auto const why = fact ? fact->why.view() : std::string_view{};
    put(sink, OrNull{fact && list.is_anonymous ? "the host" : why});
}

void write_device(Sink& sink, DeviceIndex index, List const& list)
{
    auto const& device = list.session.inventory.devices[index];
    auto const& function = list.record.functions[index];
    auto const* line = line_of(index, list.session);
    auto const* name = list.record.names.find(device.id);
    bool const is_header_known = device.header != HeaderType::Unknown;
    print(sink, R"({"group": %o, "address": "%o", )", NumberOrNull{device.group}, device.address);
    if (device.is_identified)
        print(sink, R"("id": "%o", "subsystem": "%o", "class": "%x", )", device.id, device.subsystem,
            Hex{device.class_code, 6});
    else
        sink.write(R"("id": null, "subsystem": null, "class": null, )");
    print(sink,
        R"("header": %o, "readable": %c, "driver": %o, "label": %o, "uses": )",
        NumberOrNull{is_header_known ? std::optional<uint32_t>(static_cast<uint32_t>(device.header)) : std::nullopt},
        text_of(device.is_readable), OrNull{device.driver.view()},
        OrNull{line ? line->label.view() : std::string_view{}});
    write_uses(sink, index, list);
    sink.write(R"(, "needed_for": )");
    write_need(sink, device, false, list);
    sink.write(R"(, "one_of_several": )");
    write_need(sink, device, true, list);
    print(sink,
        R"(, "boot_display": %c, "reset": %o, "express": %c, "secondary_bus": %o, "last_bus": %o, "hotplug_controller": %c, "path": %o, "vendor": %o, "name": %o})",
        text_of(device.is_boot_display), OrNull{function.reset.view()}, text_of(device.is_express),
        NumberOrNull{device.secondary_bus},
        NumberOrNull{device.secondary_bus ? std::optional<uint32_t>(device.last_bus) : std::nullopt},
        text_of(device.has_hotplug_controller), OrNull{function.path.view()},
        OrNull{name ? name->vendor.view() : std::string_view{}},
        OrNull{name ? name->device.view() : std::string_view{}});
}

void write_group(Sink& sink, std::span<DeviceIndex const> members, List const& list)
{
    auto const& inventory = list.session.inventory;
    auto const number = *inventory.devices[members[0]].group;
    auto const offered = offer(members, list.session, list.trial);
    FixedString<max_detail_bytes> detail;
    Sink detail_sink(detail);
    put_reason(detail_sink, offered, list);
    auto const reason = offered == Offer::No ? decisive(list.trial.plan).reason : Reason::None;
    print(sink, R"({"number": %u, "offer": "%s", "code": %o, "detail": %j, "members": )", number,
        name_of(offered), OrNull{name_of(reason)}, detail);
    JsonList addresses(sink);
    for (auto const index : members)
        print(addresses.next(), R"("%o")", inventory.devices[index].address);
    addresses.close();
    sink.write(R"(, "others": )");
    JsonList others(sink);
    auto const* group = inventory.find_group(number);
    if (group) {
        for (auto const& other : group->others)
            print(others.next(), "%j", other);
    }
    others.close();
    print(sink, R"(, "no_iommu": %c})", text_of(group && group->is_no_iommu));
}

} // namespace

void write_list_json(Sink& sink, List const& list)
{
    auto const& inventory = list.session.inventory;
    auto const shown = devices_to_show(list);
    print(sink,
        R"({"vfio_early": "%s", "command": "list", "iommu": "%s", "iommu_state": "%s", "iommu_unit": %o, "groups_appear_late": %c, "acs_is_overridden": %c, "kernel": %o, "running": %c, "shows_resets": %c, "warnings": )",
        version, name_of(inventory.iommu), state_of(inventory.iommu), OrNull{list.record.iommu_unit.view()},
        text_of(inventory.groups_appear_late), text_of(inventory.acs_is_overridden),
        OrNull{list.record.kernel.view()}, text_of(list.session.is_running_system),
        text_of(list.record.shows_resets));
    JsonList warnings(sink);
    for_each_warning(list, [&](std::string_view warning) { print(warnings.next(), "%j", warning); });
    warnings.close();
    sink.write(",\n \"groups\": ");
    JsonList groups(sink);
    for_each_group({shown.begin(), shown.size()}, inventory, [&](std::span<DeviceIndex const> members) {
        if (inventory.devices[members[0]].group)
            write_group(groups.next(",\n   "), members, list);
    });
    groups.close();
    sink.write(",\n \"devices\": ");
    JsonList devices(sink);
    for (auto const index : shown)
        write_device(devices.next(",\n   "), index, list);
    devices.close();
    sink.write("}\n");
}

} // namespace vfio_early
