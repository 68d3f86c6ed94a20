// SPDX-License-Identifier: MIT
#include "core/session.h"

#include "core/viability.h"

namespace vfio_early {

namespace {

void plan_nothing(Session& session)
{
    session.plan.decisions.clear();
    for (size_t i = 0; i < session.config.entries.size(); ++i)
        session.plan.decisions.append(
            {.entry = static_cast<uint16_t>(i), .target = session.config.entries[i].target});
    session.is_planned = true;
}

void refuse_or_fail(Decision& decision, Mode mode, Reason reason)
{
    if (mode != Mode::Check)
        fail(decision, reason);
    else
        refuse(decision, reason);
}

// Something was written for these, and what they were on before is no longer known to be their driver.
void forget_drivers(Session& session)
{
    for (auto const& entry : session.undo_log) {
        bool const is_bridge = entry.wanted == port_driver;
        if (is_bridge || session.plan.decisions[entry.decision].outcome != Outcome::Bound)
            session.inventory.devices[entry.device].driver = {};
    }
}

} // namespace

void settle(Session& session, Reason reason, int worker_signal)
{
    session.worker_signal = worker_signal;
    if (!session.is_planned)
        plan_nothing(session);
    for (auto& decision : session.plan.decisions) {
        if (decision.outcome != Outcome::WouldBind)
            continue;
        refuse_or_fail(decision, session.mode, reason);
        if (reason != Reason::Timeout)
            decision.failure = {Failure::Step::Worker, 0};
    }
    // A group with a member that was left open is not bound, whatever happened to the others.
    if (session.mode != Mode::Release)
        refuse_unviable_groups(session.plan, session.inventory);
    forget_drivers(session);
}

void settle_without_driver(Session& session, Target target)
{
    for (auto& decision : session.plan.decisions) {
        if (is_open(decision) && decision.target == target)
            refuse_or_fail(decision, session.mode, Reason::ModuleMissing);
    }
}

} // namespace vfio_early
