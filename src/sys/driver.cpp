// SPDX-License-Identifier: MIT
#include "sys/driver.h"

#include "base/text.h"
#include "sys/scan.h"
#include "sys/worker.h"

#include <errno.h>

namespace vfio_early {

Result<DriverName> bound_driver(Root const& root, Address const& address)
{
    auto name = root.link_name(device_path(address, "driver"));
    // That there is none is an answer that is acted on: one failure must not look like it.
    if (name.is_error() && is_absence(name.error()))
        name = root.link_name(device_path(address, "driver"));
    if (name.is_error() && is_absence(name.error()))
        return DriverName{};
    if (name.is_error())
        return name.error();
    return DriverName(name.value().view());
}

Result<DriverName> read_override(Root const& root, Address const& address)
{
    char buffer[max_word_bytes];
    auto const text = trimmed(TRY(root.read_attribute(device_path(address, "driver_override"), buffer)));
    DriverName const name(text == "(null)" ? std::string_view{} : text);
    if (name.was_cut())
        return Error{"reading", ENAMETOOLONG};
    return name;
}

bool is_bound_to(Root const& root, Address const& address, std::string_view driver)
{
    auto const now = bound_driver(root, address);
    return !now.is_error() && now.value().view() == driver;
}

// While a driver is just being bound, its `driver` link is there before its `unbind` file (seen on 6.12 and
// 7.2): ENOENT then means "not yet".
Result<void> unbind(Root const& root, Address const& address, std::string_view driver)
{
    constexpr int attempts = 20;
    constexpr int64_t pause_milliseconds = 10;
    auto const file = path_of("sys/bus/pci/drivers/%s/unbind", driver);
    auto const name = path_of("%a", address);
    auto result = root.write(file, name.view());
    for (int i = 1; i < attempts && result.is_error() && result.error().number == ENOENT; ++i) {
        auto const now = bound_driver(root, address);
        if (!now.is_error() && now.value().view() != driver)
            return {};
        wait_milliseconds(pause_milliseconds);
        result = root.write(file, name.view());
    }
    return result;
}

} // namespace vfio_early
