// SPDX-License-Identifier: MIT
#pragma once

#include "core/explain.h"

#include <span>

namespace vfio_early {

// Others who want a say about the devices that the configuration lists: settings from before there was
// vfio-early, most of them. What concerns no listed device, and not how our drivers are loaded, is passed
// over.

// A saved override of driverctl (/etc/driverctl.d): `name` is that of its file, 'ADDRESS' or 'pci-ADDRESS',
// and `text` what is in it. udev applies it after the boot has bound the device.
void note_override(Session&, std::string_view name, std::string_view text);

// For each line of /lib/modules/VERSION/modules.alias, 'alias PATTERN MODULE': notes where a setting keeps
// such a module from a listed device, and in `has_driver`, by decision, where none does.
void note_alias(Session&, std::string_view line, std::span<bool> has_driver);

// True where anything has a say about modules of others, so that their aliases are worth reading.
bool are_aliases_wanted(ForeignSettings const&);

// Puts the settings in the order of their files; those of one file stay in theirs. Before anything is noted.
void sort_settings(ForeignSettings&);

// When all lines were noted: forgets the devices that have a driver all the same. And notes what follows from
// the plan and the settings alone.
void note_rivals(Session&, std::span<bool const> has_driver);

void tell_of_rivals(Session const&, Tell);

} // namespace vfio_early
