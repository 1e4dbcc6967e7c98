"""Carry out a plan: journal, steps, release, journal closed. The next apply resumes a kill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from tocsin import fault
from tocsin.backend.streaming import UnhealthyError
from tocsin.canonical import canonical_bytes
from tocsin.deploy.journal import Order
from tocsin.deploy.mended import mended
from tocsin.deploy.target import Target
from tocsin.errors import ProblemsError, StaleError
from tocsin.plan.mutes import expired, mutes_after
from tocsin.plan.reviewed import check_base, check_live
from tocsin.plan.steps import Deploy, Discard, Plan, Remove, Repair
from tocsin.progress import SILENT, Progress
from tocsin.release.mute import Mute, MutedUntil, muted_until
from tocsin.state.base import Ledger
from tocsin.state.consent import approval_path
from tocsin.state.enclosed import ARTIFACTS, PLAN
from tocsin.state.ledger_event import AnyEvent
from tocsin.state.release import Release


def apply(order: Order, target: Target, ledger: Ledger, progress: Progress = SILENT) -> Release:
    """Apply a plan that still fits the world; the release that it made.

    Raises StaleError, before anything is touched, if ledger or live state moved since it was made.
    """
    plan = order.bundle.plan
    if plan.problems:
        raise ProblemsError(
            f"the plan cannot be applied: {plan.problems[0]}",
            hint="fix the detection, or remove it on purpose",
            exit_code=1,
        )
    with target.hold():
        if target.journal.pending():
            raise StaleError(
                "an earlier apply was interrupted", hint="run apply again to finish it"
            )
        with progress.stage("checking that nothing moved since the plan"):
            _check_fresh(plan, target, ledger)
        target.journal.open(order)
        fault.point("journal-written")
        return _carry_out(order, target, ledger, progress)


def resume(target: Target, ledger: Ledger, progress: Progress = SILENT) -> Release | None:
    """Finish an interrupted apply. Returns its release, None if there is nothing to finish.

    If another release came in between, the order is dropped: the next plan shows what it left
    behind as drift.
    """
    if target.journal.pending() is None:
        return None
    with target.hold():
        order = target.journal.pending()
        if order is None:
            return None
        plan, last = order.bundle.plan, ledger.last()
        if last and last.plan == plan.digest:
            target.journal.close()
            return last
        if (last.commit if last else "") != plan.base:
            target.journal.close()
            return None
        return _carry_out(order, target, ledger, progress)


def _check_fresh(plan: Plan, target: Target, ledger: Ledger) -> None:
    last = ledger.last()
    check_base(plan, last.commit if last else "", last.number if last else 0)
    check_live(plan, target.observe().digest)


def _carry_out(order: Order, target: Target, ledger: Ledger, progress: Progress) -> Release:
    plan, last, now = order.bundle.plan, ledger.last(), datetime.now(UTC)
    mutes = mutes_after(plan, last, now, order.who)
    placing = [step for step in plan.steps if isinstance(step, Deploy | Repair)]
    for step in progress.track(placing, "placing artifacts"):
        target.place(step, order.bundle.bodies[step.after.artifact])
        fault.point("artifact-placed")
    fault.point("all-placed")
    with progress.stage(f"switching to release {plan.base_number + 1}"):
        _activate(plan, target, muted_until(mutes))
    fault.point("activated")
    clearing = [step for step in plan.steps if isinstance(step, Remove | Discard)]
    for each in progress.track(clearing, "removing artifacts"):
        target.clear(each)
        fault.point("cleared")
    with progress.stage("recording the release"):
        made = _release(order, progress.seconds, mutes)
        events = (*order.events, *mended(plan), *expired(plan, last, now))
        release = _recorded(made, order, events, ledger)
    fault.point("released")
    target.journal.close()
    fault.point("journal-closed")
    return release


def _activate(plan: Plan, target: Target, mutes: MutedUntil) -> None:
    """Switch over; where the new does not get healthy, the target is back at the old already."""
    try:
        target.activate(plan.base_number + 1, plan.result, plan.sources, plan.decisions, mutes)
    except UnhealthyError as error:
        target.journal.close()
        goes_on = (
            f"release {plan.base_number} keeps running" if plan.base_number else "nothing runs"
        )
        raise UnhealthyError(f"{error.message}; {goes_on}", hint=error.hint) from error


def _release(order: Order, seconds: Mapping[str, float], mutes: tuple[Mute, ...]) -> Release:
    plan = order.bundle.plan
    return Release(
        number=plan.base_number + 1,
        environment=plan.environment,
        project=plan.project,
        parent=plan.base,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        who=order.who,
        reason=plan.reason,
        plan=plan.digest,
        source=plan.source,
        entries=plan.result,
        sources=plan.sources,
        removed=tuple(s.before for s in plan.steps if isinstance(s, Remove)),
        approvals=order.approvals,
        tools=plan.tools,
        evidence=order.evidence,
        consent=order.consent,
        earlier=dict(order.enclosed.earlier),
        facts=replace(order.enclosed.facts, seconds=dict(seconds)),
        mutes=mutes,
    )


def _recorded(
    release: Release, order: Order, events: Sequence[AnyEvent], ledger: Ledger
) -> Release:
    plan = order.bundle.plan
    files = {**order.enclosed.files, PLAN: canonical_bytes(plan.record)}
    for step in plan.steps:
        if isinstance(step, Deploy | Repair):
            body = order.bundle.bodies[step.after.artifact]
            files[f"{ARTIFACTS}{step.after.path}"] = body
    files |= {approval_path(n): data for n, data in enumerate(order.signed, 1)}
    try:
        return ledger.commit(release, files, events, order.enclosed.content_of)
    except StaleError as lost:
        raise StaleError(
            lost.message, hint="plan again: what this apply has already deployed shows as drift"
        ) from lost
