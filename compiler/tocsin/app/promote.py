"""Makes a shadow version live, if the policy in its file allows it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tocsin.app.apply import Review, carry_out, finish_interrupted
from tocsin.app.attempts import attempt
from tocsin.app.consent import Given
from tocsin.app.content import read_project
from tocsin.app.environment import OpenEnvironment
from tocsin.app.plan import Prepared, enclosing
from tocsin.app.prove import proven
from tocsin.app.shadow import Watched, in_shadow, watched
from tocsin.compile import Refusal
from tocsin.errors import ConfigError, TocsinError
from tocsin.front.project import Project
from tocsin.ir.query import Resolved
from tocsin.model.detection import Promotion
from tocsin.plan import rollback as back
from tocsin.plan.build import Desired
from tocsin.plan.desired import compiled, entry_of
from tocsin.plan.shadow import MARK, Placing
from tocsin.plan.steps import Plan
from tocsin.release.entry import Action, Entry
from tocsin.state.ledger_event import AnyEvent, ForcedPromotion
from tocsin.state.release import Release


class PromotionDeniedError(TocsinError):
    """The policy does not allow it yet."""

    code = "denied"
    refuses = True


@dataclass(frozen=True, slots=True)
class PlannedPromotion:
    """The plan of a promotion, what its policy looked at, and what the ledger is to record."""

    made: Prepared
    evidence: Any
    events: tuple[AnyEvent, ...] = ()


def plan_promotion(opened: OpenEnvironment, rule: str, *, force: bool) -> PlannedPromotion:
    """How the version goes live.

    Raises PromotionDeniedError if the policy in its file does not allow it, unless `force`.
    """
    last = opened.ledger.last()
    if last is None:
        raise ConfigError(f"{opened.name} has no release yet")
    entry = in_shadow(last, rule)
    read = read_project(opened)
    query = _query(read.project, entry)
    evidence = {"promotion": "forced"} if force else _allowed(opened, rule, query)
    bundle = opened.plan(_desired(opened, read.project, query, entry))
    events = (_forced(bundle.plan, query, entry),) if force else ()
    return PlannedPromotion(enclosing(bundle, read, last), evidence, events)


def promote(
    opened: OpenEnvironment, rule: str, *, force: bool, given: Given, review: Review
) -> Release:
    """Make the version live. Raises as `plan_promotion`."""
    opened.reachable()
    with attempt(opened, "promote", rule) as underway:
        finish_interrupted(opened, underway)
        planned = plan_promotion(opened, rule, force=force)
        underway.plan = planned.made.plan
        review(planned.made.plan)
        made = proven(opened, planned.made)
        return carry_out(opened, made, given, planned.evidence, planned.events)


def _forced(plan: Plan, query: Resolved, entry: Entry) -> ForcedPromotion:
    number, key = plan.base_number + 1, query.detection.key
    return ForcedPromotion(release=number, detection=key, version=entry.version)


def _query(project: Project, entry: Entry) -> Resolved:
    """The detection in the project. Raises ConfigError if it is not what is in shadow."""
    wanted = entry.id.removesuffix(MARK)
    found = [query for query in project.queries if query.detection.id == wanted]
    if not found or found[0].logic != entry.logic:
        raise ConfigError(
            f"{entry.key} v{entry.version} is in shadow, but the project has another version of it",
            hint="apply first: only a version that ran in shadow can be promoted",
        )
    return found[0]


def _allowed(opened: OpenEnvironment, rule: str, query: Resolved) -> dict[str, Any]:
    """What the policy looked at. Raises PromotionDeniedError if it does not allow the promotion."""
    policy = query.detection.promotion
    if policy is None:
        raise ConfigError(
            f"{query.detection.key} has no promotion policy",
            hint="write `tocsin: {promote: {after: 72h, max_alerts_per_day: 5}}`, or give --force",
        )
    seen = watched(opened, rule)
    if no := against(policy, seen):
        raise PromotionDeniedError(f"{query.detection.key} stays in shadow: {no}", exit_code=1)
    return {"promotion": {"days": seen.days, "alerts_per_day": seen.alerts_per_day}}


def against(policy: Promotion, seen: Watched) -> str:
    """Why the policy does not allow it yet; empty if it does."""
    if seen.days * 86_400_000 < policy.after_ms:
        return f"{seen.days:.1f} of {policy.after_ms / 86_400_000:.1f} days are over"
    most = policy.max_alerts_per_day
    if most is not None and seen.alerts_per_day > most:
        return f"{seen.alerts_per_day:.1f} alerts per day; the policy allows {most:g}"
    return ""


def _desired(opened: OpenEnvironment, project: Project, query: Resolved, entry: Entry) -> Desired:
    """The last release, with the form in shadow as the live one."""
    place = Placing("live", promoted=True)
    made = compiled(query, opened.settings, place)
    if isinstance(made, Refusal):
        raise ConfigError(made.diagnostic.message)
    live = entry_of(project, query, made, place, entry.version)
    state = back.repair(opened.ledger)
    gone = {entry.id, live.id}
    kept = tuple(e for e in state.entries if e.id not in gone)
    return replace(
        state,
        reason=f"promotion of {live.key} v{live.version}",
        entries=(*kept, replace(live, action=Action.UNCHANGED)),
        bodies={**state.bodies, made.digest: made.body},
    )
