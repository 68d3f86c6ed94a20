// SPDX-License-Identifier: MIT
#include "core/storage_text.h"

#include "base/text.h"

namespace vfio_early {

namespace {

bool is_octal(char byte)
{
    return byte >= '0' && byte <= '7';
}

// mangle_path() in fs/seq_file.c writes a backslash and three digits; fstab(5) has the same.
TableWord unescaped(std::string_view text)
{
    TableWord word;
    for (size_t i = 0; i < text.size(); ++i) {
        char byte = text[i];
        if (byte == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) && is_octal(text[i + 2])
            && is_octal(text[i + 3])) {
            byte =
                static_cast<char>((text[i + 1] - '0') << 6 | (text[i + 2] - '0') << 3 | (text[i + 3] - '0'));
            i += 3;
        }
        word.append({&byte, 1});
    }
    return word;
}

bool has_option(std::string_view options, std::string_view wanted)
{
    while (!options.empty()) {
        if (take_until(options, ',') == wanted)
            return true;
    }
    return false;
}

bool can_be_missing(std::string_view options)
{
    return has_option(options, "noauto") || has_option(options, "nofail");
}

bool is_comment(std::string_view word)
{
    return word.empty() || word.starts_with('#');
}

// The bytes that udev leaves as they are in the name of a link (is_whitelisted() in util-linux'
// libblkid/src/encode.c); it leaves UTF-8 too.
bool stays_in_link(char byte)
{
    return is_letter_or_digit(byte) || std::string_view("#+-.:=@_").find(byte) != std::string_view::npos
        || static_cast<unsigned char>(byte) >= 0x80;
}

bool is_above(std::string_view point, std::string_view path)
{
    if (point == "/" || point == path)
        return true;
    return path.starts_with(point) && path.size() > point.size() && path[point.size()] == '/';
}

} // namespace

std::optional<DeviceNumber> parse_device_number(std::string_view text)
{
    auto minor_text = trimmed(text);
    auto const major = parse_decimal(take_until(minor_text, ':'));
    auto const minor = parse_decimal(minor_text);
    if (!major || !minor)
        return {};
    return DeviceNumber{*major, *minor};
}

std::optional<Mount> parse_mount(std::string_view line)
{
    take_word(line); // the mount's number
    take_word(line); // its parent's
    auto const number = parse_device_number(take_word(line));
    take_word(line); // the directory of the file system that is mounted
    auto const point = take_word(line);
    take_word(line); // options
    // Optional fields end with a lone dash.
    auto field = take_word(line);
    while (!field.empty() && field != "-")
        field = take_word(line);
    auto const type = take_word(line);
    auto const source = take_word(line);
    // A file system can have an empty source.
    if (!number || !point.starts_with('/') || type.empty())
        return {};
    return Mount{*number, unescaped(point), type, unescaped(source)};
}

std::optional<Mount> mount_of(std::string_view mountinfo, std::string_view path)
{
    std::optional<Mount> best;
    while (!mountinfo.empty()) {
        auto const mount = parse_mount(take_until(mountinfo, '\n'));
        if (!mount || mount->point.was_cut() || !is_above(mount->point.view(), path))
            continue;
        if (!best || mount->point.view().size() >= best->point.view().size())
            best = mount;
    }
    return best;
}

std::optional<TableWord> parse_swap(std::string_view line)
{
    auto const name = take_word(line);
    if (!name.starts_with('/'))
        return {};
    return unescaped(name);
}

std::optional<NeededLine> parse_fstab(std::string_view line)
{
    auto const source = take_word(line);
    auto const target = take_word(line);
    auto const type = take_word(line);
    auto const options = take_word(line);
    if (is_comment(source) || target.empty() || can_be_missing(options))
        return {};
    return NeededLine{unescaped(source), unescaped(target), type};
}

std::optional<NeededLine> parse_crypttab(std::string_view line)
{
    auto const name = take_word(line);
    auto const source = take_word(line);
    take_word(line); // where the key is
    auto const options = take_word(line);
    if (is_comment(name) || source.empty() || can_be_missing(options))
        return {};
    return NeededLine{unescaped(source), unescaped(name), {}};
}

std::optional<TableWord> path_of_tag(std::string_view source)
{
    struct Tag {
        std::string_view name;
        std::string_view directory;
    };
    constexpr Tag tags[] = {{"UUID", "uuid"}, {"LABEL", "label"}, {"PARTUUID", "partuuid"},
        {"PARTLABEL", "partlabel"}, {"ID", "id"}};
    auto value = source;
    auto const name = take_until(value, '=');
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = slice(value, 1, value.size() - 2);
    for (auto const& tag : tags) {
        if (tag.name != name || value.empty())
            continue;
        TableWord path;
        Sink sink(path);
        print(sink, "/dev/disk/by-%s/", tag.directory);
        for (char const byte : value) {
            if (stays_in_link(byte))
                sink.write({&byte, 1});
            else
                print(sink, "\\x%2x", static_cast<unsigned char>(byte));
        }
        return path;
    }
    return {};
}

std::string_view kernel_parameter(std::string_view command_line, std::string_view name)
{
    std::string_view last;
    for (auto value = take_word(command_line); !value.empty(); value = take_word(command_line)) {
        if (value.find('=') != std::string_view::npos && take_until(value, '=') == name)
            last = value;
    }
    return last;
}

bool is_vital_mount_point(std::string_view point)
{
    for (std::string_view const known : {"/", "/boot", "/boot/efi", "/efi", "/usr", "/var"}) {
        if (point == known)
            return true;
    }
    return false;
}

} // namespace vfio_early
