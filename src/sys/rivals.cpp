// SPDX-License-Identifier: MIT
#include "sys/rivals.h"

#include "core/rival.h"
#include "core/viability.h"
#include "sys/directory.h"
#include "sys/lines.h"
#include "sys/modules.h"

namespace vfio_early {

namespace {

// What has a host driver now has one, also if none of a module that its aliases name.
void note_drivers(Session const& session, std::span<bool> has_driver)
{
    for (size_t i = 0; i < session.plan.decisions.size(); ++i) {
        auto const* device = device_of(session.plan.decisions[i], session.inventory);
        has_driver[i] = device && has_host_driver(*device);
    }
}

void read_overrides(Root const& root, Session& session)
{
    Directory names(root, "etc/driverctl.d");
    while (auto const name = names.next()) {
        char buffer[max_word_bytes];
        auto const text = root.read_start(path_of("etc/driverctl.d/%s", *name), buffer);
        if (!text.is_error())
            note_override(session, *name, text.value());
    }
}

} // namespace

void find_rivals(Root const& root, Session& session)
{
    sort_settings(session.outlook->settings);
    bool has_driver[max_decisions];
    note_drivers(session, has_driver);
    auto const kernel = find_kernel(root, session.kernel);
    if (are_aliases_wanted(session.outlook->settings) && !kernel.empty())
        for_each_line(root, printed<Path>("lib/modules/%s/modules.alias", kernel),
            [&](std::string_view line) { note_alias(session, line, has_driver); });
    note_rivals(session, has_driver);
    read_overrides(root, session);
}

} // namespace vfio_early
