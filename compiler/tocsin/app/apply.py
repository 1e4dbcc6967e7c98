"""Deploys a plan; an interrupted apply is finished first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tocsin.app.attempts import Underway, attempt, record
from tocsin.app.consent import Given, agreed
from tocsin.app.directions import directions
from tocsin.app.environment import OpenEnvironment
from tocsin.app.plan import Prepared, prepare_project, prepare_repair
from tocsin.app.prove import proven
from tocsin.deploy.apply import apply, resume
from tocsin.deploy.journal import Order
from tocsin.direction.verdict import MOST_COMPARED
from tocsin.plan.reviewed import became, check_same
from tocsin.plan.steps import Bundle, Plan
from tocsin.state.ledger_event import AnyEvent, Interrupted
from tocsin.state.release import Release

Review = Callable[[Plan], None]
"""Sees a plan before it is carried out, and raises to stop it."""


def apply_project(
    opened: OpenEnvironment,
    reviewed: Bundle | None,
    given: Given,
    evidence: Any,
    review: Review,
) -> Release | None:
    """Deploy the project, or a repair; None if there is nothing to do.

    Raises StaleError if a plan was `reviewed` and the same is not planned here and now.
    """
    with attempt(opened, "apply") as underway:
        release = finish_interrupted(opened, underway)
        if release and reviewed and became(reviewed.plan, release):
            return release
        underway.plan = reviewed.plan if reviewed else None
        made = _made_again(opened, reviewed.plan) if reviewed else prepare_project(opened)
        underway.plan = made.plan
        review(made.plan)
        if not (made.plan.steps or made.plan.problems):
            return None
        if not made.plan.problems:
            made = proven(opened, made)
        return carry_out(opened, made, given, evidence)


def _made_again(opened: OpenEnvironment, reviewed: Plan) -> Prepared:
    """The reviewed plan, made again from the project or the ledger: none of its own bytes."""
    own = prepare_repair(opened) if reviewed.repairs else prepare_project(opened)
    check_same(reviewed, own.plan)
    return own


def finish_interrupted(opened: OpenEnvironment, underway: Underway) -> Release | None:
    """Finish an interrupted apply; returns its release."""
    target = opened.reachable()
    order = target.journal.pending()
    if order is None:
        return None
    underway.plan = plan = order.bundle.plan
    release = resume(target, opened.ledger, opened.progress)
    underway.plan, number = None, release.number if release else 0
    record(opened, Interrupted(began_by=order.who, plan=plan.digest, release=number))
    if release:
        opened.progress.notify(f"an interrupted apply was finished: release {release.number}")
    else:
        opened.progress.notify("an interrupted apply was dropped: another release came first")
    return release


def carry_out(
    opened: OpenEnvironment,
    prepared: Prepared,
    given: Given,
    evidence: Any,
    events: tuple[AnyEvent, ...] = (),
) -> Release:
    """Apply a plan in the name of git's user, if those agree who must."""
    target = opened.reachable()
    compared = directions(opened, prepared.plan, prepared.now, MOST_COMPARED)
    ways = {own: str(found.kind) for own, found in compared.items()}
    said, who = agreed(opened, prepared.plan, given, ways), opened.ledger.who()
    facts = replace(prepared.enclosed.facts, directions=ways)
    order = Order(
        prepared.bundle,
        who,
        said.claimed,
        evidence,
        (*events, *said.events(prepared.plan.base_number + 1)),
        said.consent,
        said.approvals,
        replace(prepared.enclosed, facts=facts),
    )
    release = apply(order, target, opened.ledger, opened.progress)
    if idle := target.unattended():
        opened.progress.notify(f"warning: {idle.words}")
    return release
