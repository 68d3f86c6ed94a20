// SPDX-License-Identifier: MIT
#include "core/explain.h"
#include "core/json.h"
#include "core/list.h"
#include "core/report.h"
#include "core/version.h"

namespace vfio_early {

namespace {

// Members of an object, behind another.
void put_text(Sink& sink, char const* key, std::string_view text)
{
    print(sink, R"(, "%c": %o)", key, text);
}

void put_flag(Sink& sink, char const* key, bool is_so)
{
    print(sink, R"(, "%c": %c)", key, is_so ? "true" : "false");
}

void put_number(Sink& sink, char const* key, std::optional<uint32_t> number)
{
    if (number)
        print(sink, R"(, "%c": %u)", key, *number);
    else
        put_text(sink, key, std::string_view{});
}

// Which kind of none it is, for who makes a tree of this.
std::string_view state_of(Iommu iommu)
{
    constexpr std::string_view states[] = {"absent", "on", "off-in-kernel", "no-driver", "off-in-firmware"};
    return states[static_cast<size_t>(iommu)];
}

void write_uses(Sink& sink, DeviceIndex index, List const& list)
{
    JsonList uses(sink);
    auto const write = [&](UseKind kind, std::string_view name) {
        print(uses.next(), R"({"kind": "%s", "name": %o})", name_of(kind), name_to_show(kind, name, list));
    };
    list.record.for_each_attached(
        index, [&](Attached const& thing) { write(thing.kind, thing.name.view()); });
    for (auto const& use : list.session.uses.uses) {
        if (use.device == list.session.inventory.devices[index].address
            && (use.kind != UseKind::Other || use.weight.is_now))
            write(use.kind, use.what.view());
    }
    uses.close();
}

// Why the host needs a device.
void put_need(Sink& sink, char const* key, Device const& device, bool is_spare, List const& list)
{
    auto const* fact = host_fact_of(device, is_spare, list.session.facts, list.session.inventory);
    auto const why = fact ? fact->why.view() : std::string_view{};
    put_text(sink, key, fact && list.is_anonymous ? "the host" : why);
}

// Numbers that are there only where the device could be identified.
void put_identity(Sink& sink, Device const& device)
{
    using Number = FixedString<sizeof("ffff:ffff")>;
    bool const is_known = device.is_identified;
    put_text(sink, "id", is_known ? printed<Number>("%i", device.id).view() : "");
    put_text(sink, "subsystem", is_known ? printed<Number>("%i", device.subsystem).view() : "");
    put_text(sink, "class", is_known ? printed<Number>("%6x", device.class_code).view() : "");
}

void write_device(Sink& sink, DeviceIndex index, List const& list)
{
    auto const& device = list.session.inventory.devices[index];
    auto const& function = list.record.functions[index];
    auto const* line = line_of(index, list.session);
    auto const* name = list.record.names.find(device.id);
    std::optional<uint32_t> header;
    if (device.header != HeaderType::Unknown)
        header = static_cast<uint32_t>(device.header);
    std::optional<uint32_t> last_bus;
    if (device.secondary_bus)
        last_bus = device.last_bus;
    print(sink, R"({"address": "%a")", device.address);
    put_number(sink, "group", device.group);
    put_identity(sink, device);
    put_number(sink, "header", header);
    put_flag(sink, "readable", device.is_readable);
    put_text(sink, "driver", device.driver.view());
    put_text(sink, "label", line ? line->label.view() : "");
    sink.write(R"(, "uses": )");
    write_uses(sink, index, list);
    put_need(sink, "needed_for", device, false, list);
    put_need(sink, "one_of_several", device, true, list);
    put_flag(sink, "boot_display", device.is_boot_display);
    put_text(sink, "reset", function.reset.view());
    put_flag(sink, "express", device.is_express);
    put_number(sink, "secondary_bus", std::optional<uint32_t>(device.secondary_bus));
    put_number(sink, "last_bus", last_bus);
    put_flag(sink, "hotplug_controller", device.has_hotplug_controller);
    put_text(sink, "path", function.path.view());
    put_text(sink, "vendor", name ? name->vendor.view() : "");
    put_text(sink, "name", name ? name->device.view() : "");
    sink.write("}");
}

void write_group(Sink& sink, std::span<DeviceIndex const> members, List const& list)
{
    auto const& inventory = list.session.inventory;
    auto const number = *inventory.devices[members[0]].group;
    auto const offered = offer(members, list.session, list.trial);
    FixedString<max_detail_bytes> detail;
    Sink detail_sink(detail);
    put_reason(detail_sink, offered, list);
    print(sink, R"({"number": %u, "offer": "%s", "detail": %j)", number, name_of(offered), detail);
    put_text(sink, "code", offered == Offer::No ? name_of(decisive(list.trial.plan).reason) : "");
    sink.write(R"(, "members": )");
    JsonList addresses(sink);
    for (auto const index : members)
        print(addresses.next(), R"("%a")", inventory.devices[index].address);
    addresses.close();
    sink.write(R"(, "others": )");
    JsonList others(sink);
    auto const* group = inventory.find_group(number);
    if (group) {
        for (auto const& other : group->others)
            print(others.next(), "%j", other);
    }
    others.close();
    put_flag(sink, "no_iommu", group && group->is_no_iommu);
    sink.write("}");
}

} // namespace

void write_list_json(Sink& sink, List const& list)
{
    auto const& inventory = list.session.inventory;
    auto const shown = devices_to_show(list);
    print(sink, R"({"vfio_early": "%s", "command": "list")", version);
    put_text(sink, "iommu", name_of(inventory.iommu));
    put_text(sink, "iommu_state", state_of(inventory.iommu));
    put_text(sink, "iommu_unit", list.record.iommu_unit.view());
    put_flag(sink, "groups_appear_late", inventory.groups_appear_late);
    put_flag(sink, "acs_is_overridden", inventory.acs_is_overridden);
    put_text(sink, "kernel", list.record.kernel.view());
    put_flag(sink, "running", list.session.is_running_system);
    put_flag(sink, "shows_resets", list.record.shows_resets);
    sink.write(R"(, "warnings": )");
    JsonList warnings(sink);
    auto const add = [&](std::string_view warning) { print(warnings.next(), "%j", warning); };
    FunctionRef<void(std::string_view)> const tell = add;
    tell_of_problems(list.session, tell);
    for_each_general_warning(list.session, tell);
    for_each_warning(list, tell);
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
