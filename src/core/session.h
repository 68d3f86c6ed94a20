// SPDX-License-Identifier: MIT
#pragma once

#include "core/module_settings.h"
#include "core/plan.h"
#include "core/undo_log.h"

namespace vfio_early {

enum class Mode {
    Check, // plan and report
    Bind, // and apply
    Release, // give devices back to the host
};

// The last line that modprobe wrote. It is only shown, so cutting it does no harm.
using LoaderMessage = FixedString<max_loader_message_bytes>;

// It is shown only, so cutting it does no harm.
using ConfigName = FixedString<max_shown_path_bytes>;

// As in /lib/modules.
using KernelVersion = FixedString<max_name_bytes>;

// How one of the two drivers gets into the kernel.
struct Loading {
    bool is_ours = false; // we load it, or the next boot will: with an empty ids=
    bool is_unknown = false; // whether it could be loaded
    bool is_missing = false; // as far as `list` and the like see
    LoaderMessage message;
    int error_number = 0; // of what kept modprobe from being started
    std::string_view blacklisted; // the module of core/module_settings.h that it is missing for
};

// A device that no line selects, and why its user should know of it (stranger.h).
struct Stranger {
    Address address;
    bool is_on_vfio_pci = false;
    std::optional<Target> named_for = {}; // by an ids= that does not count, as we load the driver
    SettingPlace place = {}; // where that ids= stands
    bool is_taken = false; // it is on the driver that it is named for, until the next boot
};

// What a setting of somebody else has a say about (rival.h): an index into the settings, and a decision about
// a device, or none where it is about loading our drivers.
struct Rival {
    uint16_t setting = 0;
    std::optional<uint16_t> decision = {};
};

// The initramfs of an installed kernel (image.h).
struct Image {
    enum class State : uint8_t {
        Unseen, // there was no time to look, or nothing to look with
        Good,
        Absent,
        Older, // than something that it has a copy of
        Lacking, // something that it must have
        Unreadable,
    };
    KernelVersion kernel = {};
    SettingPlace path = {}; // as it is shown; of one that is absent, where the kernel is
    State state = State::Unseen;
    uint8_t parts = 0; // Lacking: what it lacks, a bit for each of image_parts
    SettingPlace newer = {}; // Older: what is newer
    LoaderMessage message = {}; // Unreadable: the last line of the program that was to list it
};

// Whose command makes images here.
enum class Generator : uint8_t { Unknown, InitramfsTools, Dracut, Mkinitcpio };

// The firmware's framebuffer on a boot display that is given away: what keeps guests from the display's
// memory.
struct FirmwareFramebuffer {
    // The console or the device of it that could not be detached, and the errno.
    FixedString<max_member_name_bytes> stuck = {};
    int error_number = 0;
    // What /proc/iomem still shows in the memory of the display after it was bound.
    FixedString<max_member_name_bytes> holder = {};
    Address display = {};
};

// What would keep the next boot from doing what a rehearsal shows.
struct Outlook {
    Generator generator = Generator::Unknown;
    ForeignSettings settings;
    FixedVector<Rival, max_rivals> rivals;
    FixedVector<Image, max_images> images; // newest kernel first
    uint32_t images_left_out = 0; // of older kernels
};

// One run from configuration to report, as plain values. It stands in memory that the process which binds
// shares with the one that watches it, so that a run that was cut short can still be reported. It is large,
// and what a run does not use of it is never touched.
struct Session {
    Mode mode = Mode::Check;
    Outlook* outlook = nullptr; // a rehearsal's; large, so that the boot has none
    bool is_running_system = false; // outside of an initramfs: what the host lives on and uses can be seen
    // The switch that turns us off may be on the kernel command line: nothing is planned.
    bool is_command_line_unknown = false;
    // rd.vfio_early= on the running kernel's command line kept its boot from binding anything.
    bool is_switched_off = false;
    bool is_planned = false;
    bool is_loading = false; // drivers; its process may hang in the init of one
    bool is_forced = false; // a release takes what processes have open
    // A release knows of all devices what they are to be: what was written before that is nothing.
    bool is_releasing = false;
    bool is_undone_late = false; // when nobody waits for it any more
    int left_behind = 0; // the process group of a worker that was cut short, 0 where nothing of it is left
    bool is_reported = false;
    bool has_more_strangers = false;
    int worker_signal = 0; // the signal that ended the worker, 0 where none did
    KernelVersion kernel; // whose modules a rehearsal asks about; empty where it is neither named nor found
    ConfigName config_name; // the path of the configuration as its user would find it
    Loading loading[2]; // by Target
    FirmwareFramebuffer framebuffer;
    UseText handover_step; // what a handover is doing, or why it ended
    UseText handover_problem; // the first thing that could not be undone of one
    // From here on it is large.
    Problems problems; // of the configuration; where there are any, nothing is bound
    Config config;
    HostUses uses;
    Facts facts;
    Inventory inventory;
    Plan plan;
    UndoLog undo_log;
    ModuleSettings module_settings;
    FixedVector<Stranger, max_devices> strangers; // by address

    Loading& loading_of(Target target) { return loading[static_cast<size_t>(target)]; }
    Loading const& loading_of(Target target) const { return loading[static_cast<size_t>(target)]; }
};

// Settles what a worker that was cut short left open. Every decision without an outcome fails for `reason` (a
// rehearsal refuses it), and the rest of its group is refused, but not in a release. If there was no plan
// yet, every entry fails. The drivers of what something was written for are unknown until they are read
// again.
void settle(Session&, Reason, int worker_signal);

// For a driver that is not available: what the plan would bind to it fails (a rehearsal refuses it).
void settle_without_driver(Session&, Target);

} // namespace vfio_early
