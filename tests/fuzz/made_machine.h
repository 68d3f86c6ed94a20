// SPDX-License-Identifier: MIT
// Makes a machine, lines that name its functions, and facts of its bytes. The first byte says how many
// functions there are and what is special about the machine; each function takes bytes_of_function; the rest
// is left.
#pragma once

#include "bytes.h"
#include "core/facts.h"
#include "core/viability.h"
#include "fuzz.h"

#include <algorithm>
#include <vector>

namespace vfio_early {

constexpr size_t max_functions = 30;
constexpr size_t bytes_of_function = 12;

class MadeMachine {
public:
    MadeMachine(Session& session, Bytes& bytes) : m_session(session), m_inventory(session.inventory)
    {
        auto const head = bytes.take();
        m_inventory.iommu = head % 16 == 15 ? Iommu::OffInKernel : Iommu::On;
        m_inventory.groups_appear_late = head % 16 == 14;
        m_inventory.is_incomplete = head % 16 == 13;
        for (size_t i = 0; i < head / 16 * 2u && bytes.left >= bytes_of_function; ++i)
            add_function(bytes);
    }

    // The lines of a configuration that name functions.
    std::string const& lines() const { return m_lines; }

    // What the lines of the session's configuration meant once, by the bytes of the functions.
    void recall_lines()
    {
        m_session.facts.is_there = true;
        auto const& entries = m_session.config.entries;
        for (size_t i = 0; i < entries.size() && i < m_memories.size(); ++i) {
            if (m_memories[i] % 4 == 0)
                m_session.facts.lines.append(fact_of(key_of(entries[i].selector), m_memories[i] / 4));
        }
    }

private:
    static constexpr uint32_t classes[] = {
        0x030000, 0x020000, 0x010802, 0x040300, 0x060000, 0x060400, 0x060700, 0x0c0330, 0x060100, 0x0c0500};
    static constexpr std::string_view drivers[] = {
        "", "e1000e", "vfio-pci", "pci-stub", "pcieport", "nvme", "shpchp", "odd \"name\"\x1b"};

    // By two bits nothing was there, or it is where it was, nowhere, or elsewhere; by the others which device
    // it was. One in four was another model, and one in four another card.
    LineFact fact_of(SelectorKey const& key, uint8_t memory) const
    {
        LineFact fact{key, {}};
        auto const kind = memory % 4;
        auto const which = memory / 4;
        if (kind == 0)
            return fact;
        auto const& devices = m_inventory.devices;
        fact.device = identity_of(devices[which % devices.size()]);
        if (which % 4 == 2)
            fact.device->id.device = static_cast<uint16_t>(fact.device->id.device + 8);
        if (which % 4 == 3 && fact.device->serial)
            fact.device->serial = *fact.device->serial + 1;
        if (kind == 2)
            fact.device->place.reset();
        if (kind == 3)
            fact.device->place = devices[(which + 1) % devices.size()].address;
        return fact;
    }

    static Identity identity_of(Device const& device)
    {
        return {.address = device.address,
            .slot = {},
            .id = device.id,
            .subsystem = device.subsystem,
            .serial = device.serial,
            .place = device.address};
    }

    // Addresses, ids and groups repeat, so that functions meet. What holds of every scan holds here: an
    // address is there once, a group of a function is known, a bridge leads to a higher bus, and what is not
    // identified has neither an id nor a class.
    void add_function(Bytes& bytes)
    {
        Device device;
        auto const where = bytes.take();
        device.address = {.domain = bytes.take() > 250 ? 0x10000u : 0u,
            .bus = static_cast<uint8_t>(where >> 6),
            .device = static_cast<uint8_t>(where >> 3 & 7),
            .function = static_cast<uint8_t>(where & 7)};
        auto const model = bytes.take();
        auto const kind = bytes.take();
        device.driver = DriverName(drivers[bytes.take() % std::size(drivers)]);
        auto const group = bytes.take();
        if (group < 250 && !m_inventory.groups_appear_late)
            device.group = group % 6;
        auto const flags = bytes.take();
        device.is_identified = (flags & 0x0f) != 0;
        device.is_readable = device.is_identified && (flags & 0xf0) != 0;
        if (device.is_identified) {
            device.id = {.vendor = 0x8086, .device = static_cast<uint16_t>(model % 8)};
            device.subsystem = {.vendor = 0x1043, .device = 1};
            device.class_code = classes[kind % std::size(classes)];
        }
        auto const class_of_device = device.class_code >> 8;
        device.header = !device.is_readable || kind >= 240 ? HeaderType::Unknown
            : class_of_device == class_pci_bridge          ? HeaderType::Bridge
            : class_of_device == class_cardbus_bridge      ? HeaderType::CardBus
                                                           : HeaderType::Normal;
        device.is_boot_display = is_display(device) && (flags & 0x11) == 0x11;
        device.may_be_boot_display = is_display(device) && (flags & 0x22) == 0x22;
        auto const more = bytes.take();
        auto const choice = bytes.take();
        auto const serial = bytes.take();
        m_memories.push_back(bytes.take());
        auto const uses = bytes.take();
        device.is_express = serial % 3 != 0;
        device.has_hotplug_controller = serial % 5 == 0;
        if (serial >= 200)
            device.serial = serial % 4 + 1;
        if (device.header == HeaderType::Bridge && more % 2) {
            device.secondary_bus = static_cast<uint8_t>(device.address.bus + 1 + more % 3);
            device.last_bus = static_cast<uint8_t>(*device.secondary_bus + serial % 2);
        }
        if (m_inventory.find(device.address))
            return;
        add_group(device, more);
        m_inventory.devices.append(device);
        if (choice < 224)
            add_line(device, choice);
        add_uses(device, uses);
    }

    void add_group(Device const& device, uint8_t more)
    {
        if (!device.group || m_inventory.find_group(device.group))
            return;
        Group made = {.number = *device.group};
        made.is_no_iommu = more % 31 == 3;
        made.is_readable = more % 29 != 5;
        if (more % 23 == 7)
            made.others.append(FixedString<max_member_name_bytes>("MSFT0101:00"));
        m_inventory.groups.append(made);
    }

    void add_line(Device const& device, uint8_t choice)
    {
        auto const form = choice / 2 % 5;
        m_lines += choice % 16 == 15 ? "[stub]\n" : "[bind]\n";
        Sink sink(m_lines);
        print(sink, "l%u = ", m_count++);
        if (form == 0 || form == 1)
            print(sink, "%a ", device.address);
        if (form == 4)
            print(sink, "%4x:%2x:%2x.* ", device.address.domain, device.address.bus, device.address.device);
        if (form == 1 || form == 2 || form == 3)
            print(sink, "%i ", device.id);
        m_lines += form == 3 ? "all\n" : "\n";
    }

    // What the next boot needs is a fact, and what the running system has open is a use.
    void add_uses(Device const& device, uint8_t uses)
    {
        if (uses % 16 >= 10 && uses % 16 <= 12) {
            HostFact fact = {
                .why = FactText("/ on nvme0n1"), .device = identity_of(device), .is_spare = uses % 16 == 12};
            if (uses % 16 == 10) // which is in no slot that is known
                fact.device.place.reset();
            m_session.facts.host.append(fact);
        }
        if (uses % 16 == 13 || uses % 16 == 14)
            m_session.uses.add({.device = device.address,
                .weight = open_now,
                .what = UseText("/home on nvme0n1"),
                .kind = uses % 16 == 14 ? UseKind::Guest : UseKind::Disk});
    }

    Session& m_session;
    Inventory& m_inventory;
    std::string m_lines;
    std::vector<uint8_t> m_memories;
    uint32_t m_count = 0;
};

} // namespace vfio_early
