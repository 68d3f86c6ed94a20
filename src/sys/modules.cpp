// SPDX-License-Identifier: MIT
#include "sys/modules.h"

#include "base/text.h"
#include "core/plan.h"
#include "sys/directory.h"
#include "sys/program.h"
#include "sys/scan.h"

namespace vfio_early {

namespace {

// Runs modprobe with these arguments, and waits for it. The error number where it could not be started.
int run_modprobe(Root const& root, std::initializer_list<char const*> arguments, LoaderMessage& last_line)
{
    // Where distributions keep it, on the host and in the initramfs.
    auto const ended = run_first(root, {"/sbin/modprobe", "/usr/sbin/modprobe"}, arguments, last_line);
    return ended.is_error() ? ended.error().number : 0;
}

// Whether a list of module files has this one. In modules.dep, what each needs follows behind a ':'.
Presence find_in_list(Root const& root, PathRef path, std::string_view module)
{
    static char buffer[max_module_list_bytes];
    auto const text = root.read(path, buffer);
    if (text.is_error())
        return Presence::Unknown;
    auto rest = text.value();
    while (!rest.empty()) {
        auto line = take_until(rest, '\n');
        auto file = take_until(line, ':');
        file.remove_prefix(file.rfind('/') + 1); // npos + 1 is 0
        if (is_same_name(take_until(file, '.'), module))
            return Presence::There;
    }
    return Presence::Absent;
}

// Whether the kernel that counts has the driver, and as what.
struct Found {
    Presence as_module = Presence::Unknown;
    Presence built_in = Presence::Unknown;

    bool is_there() const { return as_module == Presence::There || built_in == Presence::There; }
    bool is_absent() const { return as_module == Presence::Absent && built_in == Presence::Absent; }
};

Found find_driver(Root const& root, KernelVersion const& kernel, Target target)
{
    if (kernel.empty())
        return {};
    auto const directory = path_of("lib/modules/%s", kernel);
    return {find_in_list(root, path_of("%s/modules.dep", directory), driver_name(target)),
        find_in_list(root, path_of("%s/modules.builtin", directory), driver_name(target))};
}

Path module_path(std::string_view module)
{
    return path_of("sys/module/%s", module);
}

void load_driver(Root const& root, Session& session, Target target)
{
    Path const name(driver_name(target));
    auto& loading = session.loading_of(target);
    loading.is_ours = true;
    // An 'install' line could run anything. --ignore-install passes over that of the module that is named,
    // and not over those of what it needs: each of these that has one is named too, before it would be
    // needed.
    LoaderMessage ignored;
    for (auto i = std::size(driver_modules); i-- > 0;) {
        Path const needed(driver_modules[i].name);
        if (driver_modules[i].target == target && driver_modules[i].role != DriverModule::Role::Driver
            && session.module_settings.has_install_line[i] && !root.exists(module_path(needed.view())))
            run_modprobe(root, {"modprobe", "--ignore-install", needed.c_str()}, ignored);
    }
    // kmod appends options of its command line to configured ones, and the last ids= counts: this one takes
    // the place of any in modprobe.d and on the kernel command line.
    loading.error_number =
        run_modprobe(root, {"modprobe", "--ignore-install", name.c_str(), "ids="}, loading.message);
    if (!has_driver(root, target)) {
        // Where there is no such module, nothing else is to blame.
        if (!find_driver(root, find_kernel(root, session.kernel), target).is_absent())
            loading.blacklisted = find_blacklisted(session.module_settings, target,
                [&](std::string_view module) { return root.exists(module_path(module)); });
        return;
    }
    // A soft dependency of vfio, which modprobe honours only when it loads vfio afresh. Its options are for
    // its user to set.
    constexpr char const* iommu_module = "vfio_iommu_type1";
    if (target == Target::VfioPci && !root.exists(module_path(iommu_module)))
        run_modprobe(root, {"modprobe", "--ignore-install", iommu_module}, ignored);
}

} // namespace

KernelVersion find_kernel(Root const& root, KernelVersion const& named)
{
    if (!named.empty())
        return named;
    KernelVersion kernel;
    if (root.is_machine()) {
        char buffer[max_name_bytes];
        auto const text = root.read("proc/sys/kernel/osrelease", buffer);
        return text.is_error() ? kernel : KernelVersion(trimmed(text.value()));
    }
    Directory names(root, "lib/modules");
    while (auto const name = names.next()) {
        if (!kernel.empty())
            return {};
        kernel = KernelVersion(*name);
    }
    return names.has_failed() ? KernelVersion() : kernel;
}

bool is_built_in(Root const& root, KernelVersion const& kernel, Target target)
{
    return find_driver(root, kernel, target).built_in == Presence::There;
}

bool has_driver(Root const& root, Target target)
{
    return root.exists(path_of("sys/bus/pci/drivers/%s", driver_name(target)));
}

void load_drivers(Root const& root, Session& session)
{
    for (auto const target : {Target::VfioPci, Target::PciStub}) {
        if (needs_driver(session.plan, target) && !has_driver(root, target))
            load_driver(root, session, target);
    }
}

void load_host_driver(Root const& root, Address const& address)
{
    char buffer[max_attribute_bytes];
    auto const alias = root.read_attribute(device_path(address, "modalias"), buffer);
    if (alias.is_error())
        return;
    LoaderMessage ignored;
    run_modprobe(root, {"modprobe", "-b", Path(trimmed(alias.value())).c_str()}, ignored);
}

void load_iommu_driver(Root const& root)
{
    bool const is_on = !!Directory(root, "sys/class/iommu").next();
    if (is_on || !root.exists("sys/firmware/acpi/tables/VIOT"))
        return;
    // If it cannot be loaded, the plan finds no IOMMU and says so.
    LoaderMessage ignored;
    run_modprobe(root, {"modprobe", "-a", "virtio_pci", "virtio_iommu"}, ignored);
}

bool could_load_driver(Root const& root, Session& session, Target target)
{
    auto& loading = session.loading_of(target);
    for (size_t i = 0; i < std::size(driver_modules); ++i) {
        auto const& module = driver_modules[i];
        if (module.target != target || module.role != DriverModule::Role::Driver
            || !session.module_settings.is_blacklisted[i])
            continue;
        loading.blacklisted = module.name;
        return false;
    }
    session.kernel = find_kernel(root, session.kernel);
    auto const found = find_driver(root, session.kernel, target);
    loading.is_unknown = !found.is_there() && !found.is_absent();
    loading.is_ours = found.built_in != Presence::There;
    return !found.is_absent();
}

bool is_loaded_module(Root const& root, Target target)
{
    // What is built in has no `initstate` (kernel/module/sysfs.c).
    return root.exists(
        path_of("sys/module/%c/initstate", target == Target::VfioPci ? "vfio_pci" : "pci_stub"));
}

} // namespace vfio_early
