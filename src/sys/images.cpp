// SPDX-License-Identifier: MIT
#include "sys/images.h"

#include "base/text.h"
#include "core/image.h"
#include "sys/directory.h"
#include "sys/modules.h"
#include "sys/program.h"

namespace vfio_early {

namespace {

using State = Image::State;

// What stands for the letters of image_places.
struct Names {
    KernelVersion version = {};
    FixedString<max_name_bytes> machine = {};
    FixedString<max_name_bytes> package = {};
};

FixedString<max_name_bytes> first_line(Root const& root, PathRef path)
{
    char buffer[max_name_bytes];
    auto const text = root.read_start(path, buffer);
    auto rest = text.is_error() ? std::string_view() : text.value();
    return FixedString<max_name_bytes>(trimmed(take_until(rest, '\n')));
}

// Empty where one of the names is not known.
Path expanded(char const* place, Names const& names)
{
    Path path;
    for (char const& letter : std::string_view(place)) {
        auto const name = letter == 'V' ? names.version.view()
            : letter == 'M'             ? names.machine.view()
            : letter == 'P'             ? names.package.view()
                                        : std::string_view(&letter, 1);
        if (name.empty())
            return {};
        path.append(name);
    }
    return path;
}

// Whether an image of a kind that is not looked into, with the kernel in it, may be what boots.
bool has_unified_images(Root const& root)
{
    for (auto const* directory : {"boot/EFI/Linux", "boot/efi/EFI/Linux", "efi/EFI/Linux"}) {
        if (root.exists(directory))
            return true;
    }
    return false;
}

// ostree gives files that it keeps one of the first two seconds of 1970.
constexpr int64_t no_time_seconds = 1;

// FAT, which /boot can be, has even seconds.
constexpr int64_t granularity_seconds = 2;

// What the image has a copy of and is older than, as it is shown; empty where there is nothing.
SettingPlace newer_than(Root const& root, int64_t image, ModuleSettings const& settings)
{
    for (auto const path : {std::string_view("/etc/vfio-early.ini"),
             std::string_view("/etc/vfio-early.facts"), settings.newest_file.view()}) {
        if (!path.empty() && root.modified(Path(path)) > image + granularity_seconds)
            return SettingPlace(path);
    }
    return {};
}

void print_path(Image& image, Path const& path)
{
    image.path = printed<SettingPlace>("/%s", path);
}

// Whether there is something to tell of the image of a kernel.
bool find_image(Root const& root, Image& image, Names const& names, ModuleSettings const& settings)
{
    for (auto const* place : image_places) {
        auto const path = expanded(place, names);
        if (path.empty() || !root.exists(path))
            continue;
        auto const time = root.modified(path);
        print_path(image, path);
        image.newer = newer_than(root, time, settings);
        if (time > no_time_seconds && !image.newer.empty())
            image.state = State::Older;
        return true;
    }
    // What a kernel left behind that was removed has no kernel, and no image either.
    for (auto const* place : {"boot/vmlinuz-V", "lib/modules/V/vmlinuz"}) {
        auto const path = expanded(place, names);
        if (!root.exists(path) || has_unified_images(root))
            continue;
        print_path(image, path);
        image.state = State::Absent;
        return true;
    }
    return false;
}

Generator find_generator(Root const& root)
{
    if (root.exists("usr/sbin/update-initramfs"))
        return Generator::InitramfsTools;
    if (root.exists("usr/bin/dracut"))
        return Generator::Dracut;
    if (root.exists("usr/bin/mkinitcpio"))
        return Generator::Mkinitcpio;
    return Generator::Unknown;
}

size_t count_digits(char const* text)
{
    size_t count = 0;
    while (text[count] >= '0' && text[count] <= '9')
        ++count;
    return count;
}

// By version, so that 6.1.0-9 is older than 6.1.0-10: of the first numbers that differ, the longer one is
// newer.
bool is_older(KernelVersion const& version, KernelVersion const& other)
{
    auto const* one = version.c_str();
    auto const* two = other.c_str();
    while (*one != '\0' && *one == *two) {
        ++one;
        ++two;
    }
    auto const digits = count_digits(one);
    auto const other_digits = count_digits(two);
    return digits == other_digits ? *one < *two : digits < other_digits;
}

// The newest installed kernel that is older than this one, or of all where this is empty. Empty where there
// is none.
KernelVersion next_older(Root const& root, KernelVersion const& than)
{
    KernelVersion found;
    Directory kernels(root, "lib/modules");
    while (auto const name = kernels.next()) {
        KernelVersion const kernel(*name);
        if ((than.empty() || is_older(kernel, than)) && is_older(found, kernel))
            found = kernel;
    }
    return found;
}

// What an image of this kernel must have, as parts_in() has it.
unsigned parts_needed(Root const& root, Session const& session, KernelVersion const& kernel)
{
    auto needed = parts_of_ours;
    for (auto const target : {Target::VfioPci, Target::PciStub}) {
        if (needs_driver(session.plan, target) && !is_built_in(root, kernel, target))
            needed |= part_of(target);
    }
    return needed;
}

} // namespace

void look_into(Root const& root, Session const& session, Image& image)
{
    auto const program =
        find_program(root, {"/usr/bin/lsinitramfs", "/usr/bin/lsinitrd", "/usr/bin/lsinitcpio"});
    image.state = State::Good;
    if (!program)
        return;
    unsigned parts = 0;
    // lsinitrd shows modes without being asked, lsinitcpio not at all.
    char const* option = program->view().ends_with("/lsinitramfs") ? "-l" : nullptr;
    auto const listed = run_program(*program,
        {program->c_str(), printed<Path>("%s%s", root.directory(), image.path).c_str(), option},
        [&](std::string_view line) {
            parts |= parts_in(line);
            if (!trimmed(line).empty())
                image.message = LoaderMessage(line);
        });
    bool const is_listed = !listed.is_error() && listed.value();
    auto const lacking = parts_needed(root, session, image.kernel) & ~parts;
    if (lacking != 0)
        image.state = is_listed ? State::Lacking : State::Unreadable;
    image.parts = static_cast<uint8_t>(lacking);
}

void find_images(Root const& root, Session& session)
{
    Names names{.machine = first_line(root, "etc/machine-id")};
    auto const running = first_line(root, "proc/sys/kernel/osrelease");
    auto& images = session.outlook->images;
    bool is_running_found = false;
    while (!(names.version = next_older(root, names.version)).empty()) {
        names.package = first_line(root, printed<Path>("lib/modules/%s/pkgbase", names.version));
        Image image;
        image.kernel = names.version;
        if (!find_image(root, image, names, session.module_settings))
            continue;
        is_running_found |= names.version.view() == running.view();
        // The last place is for the kernel that runs.
        if ((!is_running_found && images.size() + 1 == max_images) || !images.try_append(image))
            ++session.outlook->images_left_out;
    }
    session.outlook->generator = find_generator(root);
    // Those that boot first come first, in case that the time is up before the last.
    for (bool const does_run : {true, false}) {
        for (auto& image : images) {
            if (image.state != State::Unseen || (image.kernel.view() == running.view()) != does_run)
                continue;
            if (root.is_machine() && !session.plan.decisions.empty())
                look_into(root, session, image);
            else
                image.state = State::Good;
        }
    }
}

} // namespace vfio_early
