#include "core/session.h"

namespace vfio_early {

namespace {

void plan_nothing(Session& session)
{
    session.plan.decisions.clear();
    for (size_t i = 0; i < session.config.entries.size(); ++i)
        static_cast<void>(session.plan.decisions.append(
            {.entry = static_cast<uint16_t>(i), .target = session.config.entries[i].target}));
    session.is_planned = true;
}

} // namespace

void give_up(Session& session, Code code, int worker_signal)
{
    session.worker_signal = worker_signal;
    if (!session.is_planned)
        plan_nothing(session);
    for (auto& decision : session.plan.decisions) {
        if (decision.outcome != Outcome::WouldBind)
            continue;
        decision.code = code;
        decision.outcome = session.mode == Mode::Bind ? Outcome::Failed : Outcome::Refused;
        if (code == Code::BindFailed)
            decision.failure = {Failure::Step::Worker, 0};
    }
    // A group of which a member was left open is not bound, whatever became of the others.
    refuse_unviable_groups(session.plan, session.inventory);
}

} // namespace vfio_early
