// SPDX-License-Identifier: MIT
#include "core/image.h"

namespace vfio_early {

namespace {

using State = Image::State;

// What an image must have, by bit. The last two are told by part_of().
constexpr char const* part_names[] = {"/usr/sbin/vfio-early", "/etc/vfio-early.ini",
    "the hook that runs it (executable)", "vfio-pci", "pci-stub"};

// initramfs-tools passes over scripts that are not executable (set_initlist() in scripts/functions). The mode
// is seen where a line begins with it, as ls -l has it.
constexpr unsigned if_executable = 0b10000000;

// What a line has that shows a part. The hooks are as hooks/ has them: initramfs-tools; units; dracut without
// systemd; mkinitcpio without systemd.
constexpr struct {
    unsigned part;
    char const* mark;
} marks[] = {
    {0b1, "bin/vfio-early"},
    {0b10, "etc/vfio-early.ini"},
    {0b100 | if_executable, "init-top/00-vfio-early"},
    {0b100, "sysinit.target.wants/vfio-early.service"},
    {0b100, "cmdline/00-vfio-early"},
    {0b100, "hooks/vfio-early"},
    {part_of(Target::VfioPci), "/vfio-pci.ko"},
    {part_of(Target::PciStub), "/pci-stub.ko"},
};

void put_lacking(Sink& sink, unsigned parts)
{
    auto const* separator = " lacks ";
    for (auto const* name : part_names) {
        if ((parts & 1) != 0) {
            print(sink, "%c%c", separator, name);
            separator = ", ";
        }
        parts >>= 1;
    }
}

void tell_of(Image const& image, Tell tell)
{
    FixedString<max_warning_bytes> warning;
    Sink sink(warning);
    print(sink, "kernel %e: ", image.kernel);
    if (image.state == State::Absent)
        print(sink, "there is no initramfs for %e, so nothing is bound when it boots", image.path);
    else
        print(sink, "its initramfs %e", image.path);
    switch (image.state) {
    case State::Good:
    case State::Absent:
        break;
    case State::Older:
        print(sink, " is older than %e, and the boot goes by the copy in there", image.newer);
        break;
    case State::Lacking:
        put_lacking(sink, image.parts);
        print(sink, ", so nothing is bound when it boots");
        break;
    case State::Unseen:
        print(sink, " was not looked into, as there was no time");
        break;
    case State::Unreadable:
        print(sink, " could not be looked into: %n", image.message);
        break;
    }
    tell(warning.view());
}

// The command that makes an image anew: of one kernel, and of all.
constexpr struct {
    char const* one;
    char const* all;
} commands[] = {
    {nullptr, nullptr},
    {"update-initramfs -u -k ", "update-initramfs -u -k all"},
    {"dracut -f --kver ", "dracut -f --regenerate-all"},
    {nullptr, "mkinitcpio -P"},
};

bool wants_making(Image const& image)
{
    return image.state == State::Absent || image.state == State::Older || image.state == State::Lacking;
}

} // namespace

uint8_t parts_in(std::string_view line)
{
    unsigned parts = 0;
    for (auto const& [part, mark] : marks) {
        bool const is_none = (part & if_executable) != 0 && line.starts_with("-rw-");
        if (!is_none && line.find(mark) != std::string_view::npos)
            parts |= part & ~if_executable;
    }
    return static_cast<uint8_t>(parts);
}

void tell_of_images(Session const& session, Tell tell)
{
    if (!session.outlook)
        return;
    Image const* first = nullptr;
    bool is_only = true;
    for (auto const& image : session.outlook->images) {
        if (image.state == State::Good)
            continue;
        tell_of(image, tell);
        if (!wants_making(image))
            continue;
        is_only = !first;
        if (!first)
            first = &image;
    }
    if (session.outlook->images_left_out > 0)
        tell(printed<FixedString<max_warning_bytes>>(
            "%u older kernels were not looked at, as there are more than %u",
            session.outlook->images_left_out, max_images)
                 .view());
    auto const& [one, all] = commands[static_cast<size_t>(session.outlook->generator)];
    if (!first || !all)
        return;
    FixedString<max_warning_bytes> warning;
    Sink sink(warning);
    if (is_only && one)
        print(sink, "'%c%e", one, first->kernel);
    else
        print(sink, "'%c", all);
    print(sink, "' makes %c anew", is_only ? "it" : "them");
    tell(warning.view());
}

} // namespace vfio_early
