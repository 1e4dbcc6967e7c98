"""Whether those who must agree with a plan do: pure, so that `verify` decides as `apply` did."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from tocsin.model.policy import Approvers, EnvironmentPolicy
from tocsin.plan.steps import Plan, SetMute
from tocsin.plan.weakening import Change, changes
from tocsin.plural import plural
from tocsin.trust.approval import Approval
from tocsin.trust.trust_file import Trust

_CLOCKS = timedelta(minutes=10)
"""By which those of two machines may differ."""
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Who and when: authors and applier by any of their names; approvals whose signature counts.

    `directions`: those of detections whose logic changes, by id, where they are known. `overdue`:
    emergencies that nobody reviewed in time.
    """

    approvals: Sequence[Approval]
    authors: Sequence[str]
    applier: Sequence[str]
    at: datetime
    directions: Mapping[str, str] = field(default_factory=dict)
    overdue: Sequence[str] = ()


class ApprovablePlan(Protocol):
    """What of a plan an approval names; it may be known without the plan itself."""

    @property
    def project(self) -> str: ...
    @property
    def environment(self) -> str: ...
    @property
    def base(self) -> str: ...
    @property
    def identity(self) -> str: ...
    @property
    def intended(self) -> str: ...


def mismatch(approval: Approval, plan: ApprovablePlan) -> str:
    """Why an approval is not one of this plan, empty if it is."""
    if (approval.project, approval.environment) != (plan.project, plan.environment):
        return f"it is for {approval.environment} of {approval.project}"
    if approval.base != plan.base:
        return "it is for a plan from another release: the base has moved since"
    return "" if _is_named(plan, approval.plan) else "it is for another plan"


def _is_named(plan: ApprovablePlan, name: str) -> bool:
    """Whether it is one of the plan's two; the second takes longer and is asked for if need be."""
    if name == plan.identity:
        return True
    return name == plan.intended


def objections(
    policy: EnvironmentPolicy, plan: Plan, trust: Trust, given: Circumstances
) -> list[str]:
    """What is missing before the plan may be carried out; nothing: it may."""
    asked = changes(plan, given.directions)
    found = list(_muted_too_long(policy, plan, given.at))
    if not asked or _glass_is_broken(policy, trust, given):
        return found
    frozen = [each for each in policy.freezes if each.holds(given.at)]
    found += [
        f"{plan.environment} is frozen until {each.until.isoformat()}"
        + (f": {each.reason}" if each.reason else "")
        for each in frozen
    ]
    return [*found, *given.overdue, *_missing(policy, asked, trust, given)]


def owed(
    policy: EnvironmentPolicy, plan: Plan, trust: Trust, given: Circumstances
) -> Iterator[str]:
    """What a plan lacks that was let through alone: as many others as without an emergency.

    As far as there are as many; at least one, also where the policy asks for no approvals.
    """
    alone = {trust.person(each.reviewer) for each in given.approvals if each.emergency}
    others = [each for each in given.approvals if trust.person(each.reviewer) not in alone]
    out = alone | trust.people_of((*given.authors, *given.applier))
    asked = changes(plan, given.directions)
    yield from _missing(policy, asked, trust, replace(given, approvals=others), out)


def _muted_too_long(policy: EnvironmentPolicy, plan: Plan, at: datetime) -> Iterator[str]:
    """Mutes that last longer than anybody may let through."""
    latest = at + timedelta(hours=policy.mute_hours) + _CLOCKS
    for step in plan.steps:
        if isinstance(step, SetMute) and datetime.fromisoformat(step.until) > latest:
            most = plural(policy.mute_hours, "hour")
            yield f"{step.after.key} would be muted until {step.until}: {most} is the most"


def _missing(
    policy: EnvironmentPolicy,
    asked: Sequence[Change],
    trust: Trust,
    given: Circumstances,
    without: Collection[str] = (),
) -> Iterator[str]:
    """The approvals that are missing, once for all changes that miss the same.

    `without`: who can give none any more, so that fewer may have to be enough.
    """
    found: dict[str, list[Change]] = {}
    for change in asked:
        for message in _objection(policy, change, trust, given, without):
            found.setdefault(message, []).append(change)
    for message, of in found.items():
        names = ", ".join(f"{c.key} ({c.weakens})" if c.weakens else c.key for c in of[:_NAMED])
        more = f" and {len(of) - _NAMED} more" if len(of) > _NAMED else ""
        yield f"{names}{more}: {message}"


def _objection(
    policy: EnvironmentPolicy,
    change: Change,
    trust: Trust,
    given: Circumstances,
    without: Collection[str],
) -> Iterator[str]:
    asked = policy.of_level(change.level)
    needed = asked.approvals + (policy.weakening if change.weakens else 0)
    if without:
        asked, needed = _left(asked, needed, trust, without)
    counted = _counted(asked.approvers, trust, given)
    have = [name for name, why in counted.items() if not why]
    if len(have) >= needed:
        return
    among = f" of {', '.join(asked.approvers)}" if asked.approvers else ""
    has = f"has {len(have)}" + (f" ({', '.join(sorted(have))})" if have else "")
    refused = "".join(f"; {name} {why}" for name, why in counted.items() if why)
    yield f"needs {plural(needed, 'approval')}{among}, {has}{refused}"


def _left(
    asked: Approvers, needed: int, trust: Trust, without: Collection[str]
) -> tuple[Approvers, int]:
    """Who can still approve, and how many of them must; where none is left, anybody else."""
    named = tuple(each for each in asked.approvers if trust.person(each) not in without)
    able = trust.people_of(named or trust.everybody) - set(without)
    most = needed if named or not asked.approvers else 1
    return Approvers(approvers=named), max(1, min(most, len(able)))


def _counted(approvers: Sequence[str], trust: Trust, given: Circumstances) -> Mapping[str, str]:
    """Each person who approved, and why it does not count, empty if it does."""
    authors, applier = trust.people_of(given.authors), trust.people_of(given.applier)
    allowed = trust.people_of(approvers)
    found: dict[str, str] = {}
    for name in [trust.person(each.reviewer) for each in given.approvals if not each.emergency]:
        found[name] = ""
        if name in authors:
            found[name] = "wrote the change"
        elif name in applier:
            found[name] = "applies it"
        elif allowed and name not in allowed:
            found[name] = "is no approver here"
    return found


def _glass_is_broken(policy: EnvironmentPolicy, trust: Trust, given: Circumstances) -> bool:
    """Whether somebody who may lets the plan through, now."""
    may = trust.people_of(policy.break_glass)
    longest = timedelta(hours=policy.break_glass_hours)
    return any(
        trust.person(each.reviewer) in may
        and bool(each.reason)
        and each.made - _CLOCKS <= given.at < datetime.fromisoformat(each.until)
        and datetime.fromisoformat(each.until) - each.made <= longest
        for each in given.approvals
        if each.emergency
    )
