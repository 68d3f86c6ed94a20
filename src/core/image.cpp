// SPDX-License-Identifier: MIT
#include "core/image.h"

namespace vfio_early {

namespace {

using State = Image::State;

void put_lacking(Sink& sink, unsigned parts)
{
    bool is_first = true;
    for (size_t i = 0; i < std::size(image_parts); ++i) {
        if ((parts >> i & 1) == 0)
            continue;
        print(sink, "%s%s", is_first ? std::string_view(" lacks ") : ", ", image_parts[i].name);
        is_first = false;
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
    std::string_view one;
    std::string_view all;
} commands[] = {
    {},
    {"update-initramfs -u -k ", "update-initramfs -u -k all"},
    {"dracut -f --kver ", "dracut -f --regenerate-all"},
    {"mkinitcpio -P", "mkinitcpio -P"},
};

bool wants_making(Image const& image)
{
    return image.state == State::Absent || image.state == State::Older || image.state == State::Lacking;
}

} // namespace

uint8_t parts_in(std::string_view line)
{
    unsigned parts = 0;
    for (size_t i = 0; i < std::size(image_parts); ++i) {
        for (auto const mark : image_parts[i].marks) {
            if (!mark.empty() && line.find(mark) != std::string_view::npos)
                parts |= 1U << i;
        }
    }
    return static_cast<uint8_t>(parts);
}

void tell_of_images(Session const& session, Tell tell)
{
    Image const* first = nullptr;
    bool is_only = true;
    for (auto const& image : session.images) {
        if (image.state == State::Good)
            continue;
        tell_of(image, tell);
        if (!wants_making(image))
            continue;
        is_only = !first;
        if (!first)
            first = &image;
    }
    auto const& [one, all] = commands[static_cast<size_t>(session.generator)];
    if (!first || all.empty())
        return;
    bool const is_for_one = is_only && one.size() != all.size();
    tell(printed<FixedString<max_warning_bytes>>("'%s%e' makes %s anew", is_for_one ? one : all,
        is_for_one ? first->kernel.view() : std::string_view(), std::string_view(is_only ? "it" : "them"))
             .view());
}

} // namespace vfio_early
