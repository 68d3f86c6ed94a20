// SPDX-License-Identifier: MIT
#include "sys/modprobe_d.h"

#include "base/fixed_vector.h"
#include "sys/directory.h"

namespace vfio_early {

namespace {

// default_config_paths in libkmod/libkmod.c.
constexpr char const* directories[] = {
    "etc/modprobe.d", "run/modprobe.d", "usr/local/lib/modprobe.d", "usr/lib/modprobe.d", "lib/modprobe.d"};

// A file of the same name in a directory that comes earlier.
bool is_hidden(Root const& root, std::string_view name, std::span<char const* const> earlier)
{
    for (auto const* directory : earlier) {
        if (root.exists(path_of("%c/%s", directory, name)))
            return true;
    }
    return false;
}

void note_unread(Path const& path, ModuleSettings& settings)
{
    if (++settings.unread_files == 1)
        settings.unread_file = printed<SettingPlace>("/%s", path);
}

void read_file(Root const& root, Path const& path, ModuleSettings& settings)
{
    static char buffer[max_modprobe_file_bytes];
    auto const text = root.read(path, buffer);
    if (text.is_error())
        return note_unread(path, settings);
    auto const name = printed<SettingPlace>("/%s", path);
    bool const is_of_ours = parse_modprobe_settings({buffer, text.value().size()}, name.view(), settings);
    if (!is_of_ours || !settings.rivals)
        return;
    auto const time = root.modified(path);
    if (time > settings.newest_time) {
        settings.newest_time = time;
        settings.newest_file = name;
    }
}

} // namespace

void read_modprobe_d(Root const& root, ModuleSettings& settings)
{
    FixedVector<char const*, std::size(directories)> earlier; // those that are there
    for (auto const* directory : directories) {
        Path const path(directory);
        Directory names(root, path);
        while (auto const name = names.next()) {
            if ((name->ends_with(".conf") || name->ends_with(".alias")) && !name->starts_with('.')
                && !is_hidden(root, *name, {earlier.begin(), earlier.size()}))
                read_file(root, path_of("%s/%s", path, *name), settings);
        }
        if (names.has_failed() && root.presence(path) != Presence::Absent)
            note_unread(path, settings);
        if (!names.is_absent())
            earlier.append(directory);
    }
}

} // namespace vfio_early
