// SPDX-License-Identifier: MIT
#include "sys/report_file.h"

#include "core/report.h"
#include "sys/file_sink.h"
#include "sys/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vfio_early {

namespace {

constexpr char directory_name[] = "vfio-early";
// The boot's report stays what it is when devices are bound later.
struct Names {
    char const* file;
    char const* unfinished;
};

constexpr Names of_the_boot = {"report.json", "report.json.new"};
constexpr Names of_a_live_run = {"live.json", "live.json.new"};

Error failure(char const* action)
{
    return {action, errno};
}

Result<void> write_report(Descriptor const& directory, Names const& names, Session const& session)
{
    Descriptor const file(kernel::open_at(
        directory.number(), names.unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0644));
    if (file.number() < 0)
        return failure("creating");
    FileSink output(file.number());
    Sink sink(output);
    write_json(sink, session);
    if (!output.flush())
        return failure("writing");
    if (kernel::rename(directory.number(), names.unfinished, names.file) < 0)
        return failure("renaming to");
    return {};
}

Result<Descriptor> open_run_directory(Root const& root)
{
    auto const run = TRY(root.open_file(Path("run/."), O_PATH | O_DIRECTORY));
    if (kernel::make_directory(run.number(), directory_name, 0755) < 0 && errno != EEXIST)
        return failure("making the directory for");
    Descriptor directory(kernel::open_at(run.number(), directory_name, O_PATH | O_DIRECTORY | O_NOFOLLOW));
    if (directory.number() < 0)
        return failure("opening the directory for");
    return directory;
}

} // namespace

Result<void> save_report(Root const& root, Session const& session)
{
    bool const is_later = session.is_running_system || session.mode == Mode::Release;
    auto const& names = is_later ? of_a_live_run : of_the_boot;
    auto const directory = TRY(open_run_directory(root));
    auto const written = write_report(directory, names, session);
    if (!written.is_error())
        return {};
    // An older one would be taken for that of this run.
    kernel::remove(directory.number(), names.unfinished);
    if (kernel::remove(directory.number(), names.file) < 0 && errno != ENOENT)
        return failure("removing the old one in place of");
    return written;
}

Result<void> lock_out_others(Root const& root)
{
    auto const directory = TRY(open_run_directory(root));
    // Who may not bind may not keep others from it either.
    auto const lock = kernel::open_at(directory.number(), "lock", O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
    if (lock < 0 || kernel::lock(lock) < 0)
        return failure("locking");
    return {};
}

} // namespace vfio_early
