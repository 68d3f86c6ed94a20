// SPDX-License-Identifier: MIT
#include "sys/handover.h"

#include "base/text.h"
#include "core/plan.h"
#include "core/release.h"
#include "core/sysfs_text.h"
#include "core/viability.h"
#include "sys/directory.h"
#include "sys/driver.h"
#include "sys/host_uses.h"
#include "sys/kernel.h"
#include "sys/program.h"
#include "sys/worker.h"

#include <algorithm>
#include <errno.h>
#include <fcntl.h>

namespace vfio_early {

namespace {

constexpr int64_t pause_milliseconds = 100;

// A step in the record is a word of the line, or a console as it is below /sys/class.
bool is_console(std::string_view step)
{
    return step.find('/') != std::string_view::npos;
}

Path bind_path(std::string_view console)
{
    return path_of("sys/class/%s/bind", console);
}

bool is_attached(Root const& root, std::string_view console)
{
    char buffer[max_number_bytes];
    auto const state = root.read_attribute(bind_path(console), buffer);
    return !state.is_error() && trimmed(state.value()) == "1";
}

// Where a DRM driver has put an end to the VGA console, every console that is left belongs to a module, and
// the kernel ignores that one is to be bound (vga_remove_vgacon() in drivers/pci/vgaarb.c, vt_bind() in
// drivers/tty/vt/vt.c); but it falls back on it when the one that is in its place is unbound.
bool attach(Root const& root, std::string_view console)
{
    if (root.write(bind_path(console), "1").is_error())
        return false;
    Directory others(root, "sys/class/vtconsole");
    while (!is_attached(root, console)) {
        auto const name = others.next();
        if (!name)
            return false;
        if (auto const other = path_of("vtconsole/%s", *name); other.view() != console)
            static_cast<void>(root.write(bind_path(other.view()), "0"));
    }
    return true;
}

// `line` is with its end.
bool has_line(std::string_view text, std::string_view line)
{
    while (!text.empty() && !text.starts_with(line))
        take_until(text, '\n');
    return !text.empty();
}

Path record_path(Handover const& handover)
{
    return path_of("run/vfio-early/handover-%s", handover.label);
}

bool succeeds(Root const& root, std::initializer_list<char const*> places,
    std::initializer_list<char const*> arguments, LoaderMessage& last_line)
{
    auto const ended = run_first(root, places, arguments, last_line);
    return !ended.is_error() && ended.value();
}

bool systemctl(Root const& root, char const* verb, std::string_view unit, LoaderMessage& last_line)
{
    Path const name(unit);
    return succeeds(
        root, {"/usr/bin/systemctl", "/bin/systemctl"}, {"systemctl", verb, name.c_str()}, last_line);
}

class HandingOver {
public:
    HandingOver(Session& session, Root const& root, int64_t patience)
        : m_session(session)
        , m_root(root)
        , m_patience(patience)
    {
    }

    bool free(Handover const& handover)
    {
        for (auto rest = handover.words.view(); !trimmed(rest).empty();) {
            auto const word = take_word(rest);
            if (!(is_unit(word) ? stop(handover, word) : detach_consoles(handover) && unload(handover, word)))
                return false;
        }
        return detach_consoles(handover) && wait_for_remove(handover);
    }

    // Until nobody has one of the devices open, or patience ends: then they are refused as they always are.
    void wait_for_devices()
    {
        wait_until([&] {
            look_for_uses();
            return std::ranges::none_of(
                m_session.uses.uses, [&](HostUse const& use) { return is_in_the_way(use); });
        });
    }

private:
    template <typename Condition> bool wait_until(Condition is_met)
    {
        auto const deadline = now_milliseconds() + m_patience;
        while (!is_met()) {
            if (now_milliseconds() >= deadline)
                return false;
            wait_milliseconds(pause_milliseconds);
        }
        return true;
    }

    template <typename... Parts> bool fail(FormatFor<Parts...> format, Parts const&... parts)
    {
        m_session.handover_step = use_text(format, parts...);
        return false;
    }

    bool is_in_the_way(HostUse const& use) const
    {
        return use.weight.is_now
            && std::ranges::any_of(m_session.plan.decisions, [&](Decision const& decision) {
                   auto const* device = device_of(decision, m_session.inventory);
                   return device && device->address == use.device && is_open(decision);
               });
    }

    void look_for_uses()
    {
        m_session.uses = {};
        find_host_uses(m_root, m_session.uses);
    }

    // A step that could not be undone the last time is noted already.
    bool note(Handover const& handover, std::string_view step)
    {
        static char buffer[max_handover_record_bytes];
        auto const path = record_path(handover);
        auto const line = printed<Path>("%s\n", step);
        auto const noted = m_root.read(path, buffer);
        if (!noted.is_error() && has_line(noted.value(), line.view()))
            return true;
        auto const file = m_root.open_file(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0644);
        auto const size = static_cast<ssize_t>(line.view().size());
        errno = file.is_error() ? file.error().number : 0;
        if (!file.is_error()
            && kernel::write(file.value().number(), line.c_str(), line.view().size()) == size)
            return true;
        return fail("nothing is done that could not be undone, and /%s cannot be written: %m", path, errno);
    }

    bool stop(Handover const& handover, std::string_view unit)
    {
        LoaderMessage state;
        // One that is just being started is to be stopped as well.
        systemctl(m_root, "is-active", unit, state);
        if (state.view() == "inactive" || state.view() == "failed" || state.view() == "unknown")
            return true;
        if (!note(handover, unit))
            return false;
        fail("'systemctl stop %s' does not end", unit);
        LoaderMessage last_line;
        return systemctl(m_root, "stop", unit, last_line)
            || fail("'systemctl stop %s' failed: %e", unit, last_line.view());
    }

    bool is_shown_on(Handover const& handover, std::string_view framebuffer) const
    {
        auto const device = m_root.link_target(path_of("sys/class/graphics/%s", framebuffer));
        auto const display = device.is_error() ? std::nullopt : last_address(device.value().view());
        return std::ranges::any_of(m_session.plan.decisions, [&](Decision const& decision) {
            auto const* mine = device_of(decision, m_session.inventory);
            return mine && decision.handover == handover.entry
                && (display ? mine->address == *display : mine->is_boot_display);
        });
    }

    // The console holds the driver of every framebuffer that it is shown on.
    bool detach_consoles(Handover const& handover)
    {
        Directory framebuffers(m_root, "sys/class/graphics");
        bool is_shown = false;
        while (auto const name = framebuffers.next())
            is_shown |= name->starts_with("fb") && *name != "fbcon" && is_shown_on(handover, *name);
        if (!is_shown)
            return true;
        Directory consoles(m_root, "sys/class/vtconsole");
        while (auto const console = consoles.next()) {
            if (!detach(handover, *console))
                return false;
        }
        return true;
    }

    bool detach(Handover const& handover, std::string_view console)
    {
        auto const step = path_of("vtconsole/%s", console);
        char name[max_word_bytes];
        auto const kind = m_root.read_attribute(path_of("sys/class/%s/name", step), name);
        if (kind.is_error() || kind.value().find("frame buffer") == std::string_view::npos
            || !is_attached(m_root, step.view()))
            return true;
        if (!note(handover, step.view()))
            return false;
        auto const written = m_root.write(bind_path(step.view()), "0");
        return !written.is_error() || fail("detaching %s failed: %m", step, written.error().number);
    }

    // As sysfs has it.
    static Path module_path(std::string_view module)
    {
        FixedString<max_line_bytes> name;
        for (char const byte : module)
            name.append({byte == '-' ? "_" : &byte, 1});
        return path_of("sys/module/%s", name);
    }

    // rmmod would not wait for them, and what remove() of a driver does while it has users is its own affair.
    bool wait_for_users(std::string_view module)
    {
        auto const path = module_path(module);
        char buffer[max_number_bytes];
        std::string_view count = "?";
        fail("module %s is in use", module);
        if (wait_until([&] {
                auto const text = m_root.read_attribute(path_of("%s/refcnt", path), buffer);
                count = text.is_error() ? "?" : trimmed(text.value());
                return count == "0" || m_root.presence(path) == Presence::Absent;
            }))
            return true;
        look_for_uses();
        for (auto const& use : m_session.uses.uses) {
            if (is_in_the_way(use))
                return fail("module %s is in use, %s", module, use.what);
        }
        Directory holders(m_root, path_of("%s/holders", path));
        if (auto const holder = holders.next())
            return fail("module %s is in use by module %n", module, *holder);
        return fail("module %s is in use, its refcnt is %s", module, count);
    }

    bool unload(Handover const& handover, std::string_view module)
    {
        auto const path = module_path(module);
        if (m_root.presence(path) == Presence::Absent)
            return true;
        // What is built in has no `initstate` (kernel/module/sysfs.c).
        if (!m_root.exists(path_of("%s/initstate", path)))
            return fail("%s is built into the kernel, take it out of [handover]", module);
        if (!wait_for_users(module) || !note(handover, module))
            return false;
        fail("'rmmod %s' does not end", module);
        LoaderMessage last_line;
        Path const name(module);
        return succeeds(m_root, {"/sbin/rmmod", "/usr/sbin/rmmod"}, {"rmmod", name.c_str()}, last_line)
            || fail("'rmmod %s' failed: %e", module, last_line.view());
    }

    // nvidia's remove() waits in the kernel for as long as anything has the card open (nv_pci_remove_helper()
    // in nv-pci.c of its open modules), also for its own modules.
    bool wait_for_remove(Handover const& handover)
    {
        constexpr std::string_view waiting_driver = "nvidia";
        return std::ranges::all_of(m_session.plan.decisions, [&](Decision const& decision) {
            auto const* device = device_of(decision, m_session.inventory);
            return !device || decision.handover != handover.entry
                || !is_bound_to(m_root, device->address, waiting_driver) || wait_for_users(waiting_driver);
        });
    }

    Session& m_session;
    Root const& m_root;
    int64_t m_patience;
};

// What is on its target already was handed over before.
bool is_to_be_freed(Handover const& handover, Session const& session, Root const& root)
{
    return std::ranges::any_of(session.plan.decisions, [&](Decision const& decision) {
        return decision.handover == handover.entry && is_open(decision)
            && !is_bound_to(
                root, device_of(decision, session.inventory)->address, driver_name(decision.target));
    });
}

void refuse_what_is_held(Session& session)
{
    for (auto& decision : session.plan.decisions) {
        if (!is_open(decision) || !decision.handover)
            continue;
        decision.host_use = session.handover_step.view();
        refuse(decision, Reason::InUse);
    }
    refuse_unviable_groups(session.plan, session.inventory);
}

// Reads again which driver the devices are on; false where one is not known to be with the host.
bool are_with_host(Handover const& handover, Session& session, Root const& root)
{
    bool is_any = false;
    for (auto const& decision : session.plan.decisions) {
        if (decision.handover != handover.entry || !decision.device)
            continue;
        auto& device = session.inventory.devices[*decision.device];
        auto const driver = bound_driver(root, device.address);
        if (driver.is_error()) {
            session.handover_problem =
                use_text("the driver of %a cannot be read: %m, 'release' brings back the rest",
                    device.address, driver.error().number);
            return false;
        }
        device.driver = driver.value();
        if (is_on_ours(device))
            return false;
        is_any = true;
    }
    return is_any;
}

void undo_step(Session& session, Root const& root, std::string_view step)
{
    LoaderMessage last_line;
    Path const name(step);
    bool is_undone = true;
    auto const earlier_problem = session.handover_problem;
    session.handover_problem = use_text("bringing back %s does not end", step);
    if (is_console(step))
        is_undone = attach(root, step);
    else if (is_unit(step))
        is_undone = systemctl(root, "start", step, last_line);
    else
        is_undone =
            succeeds(root, {"/sbin/modprobe", "/usr/sbin/modprobe"}, {"modprobe", name.c_str()}, last_line);
    if (is_undone || !earlier_problem.empty())
        session.handover_problem = earlier_problem;
    else
        session.handover_problem = use_text("bringing back %s failed: %e", step, last_line.view());
}

// A line without an end was being written when its step was not done yet.
void undo_steps(Session& session, Root const& root, std::string_view text)
{
    for (auto end = text.rfind('\n'); end != std::string_view::npos; end = text.rfind('\n')) {
        text = slice(text, 0, end);
        auto const start = text.rfind('\n') + 1; // npos + 1 is 0
        undo_step(session, root, slice(text, start));
    }
}

} // namespace

void hand_over(Session& session, Root const& root, int64_t patience_milliseconds)
{
    HandingOver handing_over(session, root, patience_milliseconds);
    bool is_any = false;
    for (auto const& handover : session.config.handovers) {
        if (!is_to_be_freed(handover, session, root))
            continue;
        is_any = true;
        if (!handing_over.free(handover))
            return refuse_what_is_held(session);
    }
    if (is_any)
        handing_over.wait_for_devices();
    session.handover_step = {};
}

void take_back(Session& session, Root const& root)
{
    static char buffer[max_handover_record_bytes];
    auto const& handovers = session.config.handovers;
    for (auto i = handovers.size(); i-- > 0;) {
        auto const path = record_path(handovers[i]);
        if (root.presence(path) == Presence::Absent || !are_with_host(handovers[i], session, root))
            continue;
        auto const text = root.read(path, buffer);
        if (text.is_error()) {
            session.handover_problem = use_text("/%s cannot be read: %m", path, text.error().number);
            continue;
        }
        auto const earlier_problem = session.handover_problem;
        session.handover_problem = {};
        undo_steps(session, root, text.value());
        if (session.handover_problem.empty())
            root.remove(path);
        if (!earlier_problem.empty())
            session.handover_problem = earlier_problem;
        static_cast<void>(are_with_host(handovers[i], session, root)); // a module may have brought a driver
    }
}

FixedString<max_name_bytes> find_orphan(Root const& root, Config const& config)
{
    constexpr std::string_view prefix = "handover-";
    Directory names(root, "run/vfio-early");
    while (auto const name = names.next()) {
        auto const label = slice(*name, prefix.size());
        bool const is_known = std::ranges::any_of(
            config.handovers, [&](Handover const& handover) { return handover.label.view() == label; });
        if (name->starts_with(prefix) && !is_known)
            return FixedString<max_name_bytes>(label);
    }
    return {};
}

} // namespace vfio_early
