#include "core/viability.h"

namespace vfio_early {

namespace {

bool is_bridge(Device const& device)
{
    return device.is_readable
        && (device.header == HeaderType::Bridge || device.header == HeaderType::CardBus);
}

} // namespace

bool stands_in_the_way(Device const& peer)
{
    if (is_bridge(peer))
        return false;
    return !(peer.is_readable && is_host_bridge(peer) && peer.driver.empty());
}

DeviceIndices peers_in_the_way(Decision const& decision, Plan const& plan, Inventory const& inventory)
{
    DeviceIndices peers;
    auto const* device = device_of(decision, inventory);
    if (!device || !device->group)
        return peers;
    for (size_t i = 0; i < inventory.devices.size(); ++i) {
        auto const index = static_cast<DeviceIndex>(i);
        auto const& peer = inventory.devices[i];
        if (peer.group == device->group && stands_in_the_way(peer) && !find_decision(plan, index))
            static_cast<void>(peers.append(index));
    }
    inventory.sort_by_address(peers);
    return peers;
}

DeviceIndices refused_peers(Decision const& decision, Plan const& plan, Inventory const& inventory)
{
    DeviceIndices peers;
    for (auto const& other : plan.decisions) {
        bool const has_own_reason = other.code != Code::None && other.code != Code::GroupRefused;
        if (has_own_reason && other.device != decision.device && share_group(decision, other, inventory))
            static_cast<void>(peers.append(*other.device));
    }
    return peers;
}

bool has_troublesome_driver(Device const& device)
{
    return is_bridge(device) && !device.driver.empty() && device.driver.view() != "pcieport";
}

} // namespace vfio_early
