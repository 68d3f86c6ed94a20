// SPDX-License-Identifier: MIT
#include "core/slot.h"

#include "base/text.h"

namespace vfio_early {

namespace {

std::string_view without_start(std::string_view link)
{
    constexpr std::string_view start = "devices/";
    auto const position = link.find(start);
    return position == std::string_view::npos ? link : slice(link, position + start.size());
}

} // namespace

std::optional<RootBus> parse_root_bus(std::string_view name)
{
    if (!name.starts_with("pci"))
        return {};
    name.remove_prefix(3);
    auto const domain = parse_hex(take_until(name, ':'), 8);
    auto const bus = parse_hex(name, 2);
    if (!domain || !bus)
        return {};
    RootBus root;
    root.domain = *domain;
    root.bus = static_cast<uint8_t>(*bus);
    return root;
}

std::optional<Slot> parse_slot_link(std::string_view link)
{
    auto const path = without_start(link);
    std::optional<Slot> slot;
    auto rest = path;
    while (!rest.empty()) {
        auto const parent = slice(path, 0, path.size() - rest.size());
        auto const name = take_until(rest, '/');
        if (auto const root = parse_root_bus(name)) {
            slot = Slot{};
            slot->root = *root;
            slot->root.parent.append(parent);
            if (slot->root.parent.was_cut())
                return {};
        } else if (slot) {
            auto const address = parse_address(name);
            if (!address || !slot->steps.try_append({address->device, address->function}))
                return {};
        }
    }
    return slot && !slot->steps.empty() ? slot : std::nullopt;
}

bool is_same_root(RootBus const& left, RootBus const& right)
{
    if (!left.firmware_path.empty() && !right.firmware_path.empty())
        return left.firmware_path.view() == right.firmware_path.view();
    if (left.parent.view() != right.parent.view())
        return false;
    return !left.parent.empty() || (left.domain == right.domain && left.bus == right.bus);
}

void put_slot(Sink& sink, Slot const& slot)
{
    bool is_first = true;
    for (auto const& step : slot.steps) {
        if (is_first)
            print(sink, "%a", Address{slot.root.domain, slot.root.bus, step.device, step.function});
        else
            print(sink, "/%2x.%x", step.device, step.function);
        is_first = false;
    }
}

} // namespace vfio_early
