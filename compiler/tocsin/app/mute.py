"""Mutes a detection in an emergency, until a time, and ends that again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from tocsin.app.apply import Review, carry_out, finish_interrupted
from tocsin.app.approve import Reviewed, approve
from tocsin.app.attempts import attempt
from tocsin.app.consent import Given
from tocsin.app.environment import OpenEnvironment
from tocsin.app.mute_review import MuteReview, begin_review, branch_of
from tocsin.app.plan import Prepared, prepare_recorded
from tocsin.app.policy import policy_in_force
from tocsin.app.signing import own_key
from tocsin.errors import ConfigError
from tocsin.model.policy import MUTE_HOURS
from tocsin.model.project import KINDS
from tocsin.plan import rollback as back
from tocsin.plan.build import Desired
from tocsin.plan.steps import Bundle, LiftMute, SetMute
from tocsin.plural import plural
from tocsin.release.entry import Entry
from tocsin.release.mute import Mute
from tocsin.state.active_mutes import active_mutes
from tocsin.state.release import Release

_LONGEST_REASON = 500
_APPROVED_HOURS = 1


@dataclass(frozen=True, slots=True)
class MuteRequest:
    """Which detection, until when, and why; `reviewed`: whether on a branch, afterwards.

    With a `key` the `reviewer` approves it alone, as the policy lets them in an emergency.
    """

    rule: str
    until: datetime
    reason: str
    reviewed: bool = True
    key: str = ""
    reviewer: str = ""


def plan_mute(opened: OpenEnvironment, request: MuteRequest, given: Given) -> Bundle:
    """The plan that mutes it."""
    return opened.plan(_muted(opened, request, given))


def mute(
    opened: OpenEnvironment, request: MuteRequest, given: Given, review: Review
) -> tuple[Release, MuteReview | None]:
    """Mute it: a release of its own, which is in force at once; then the branch of its review."""
    with attempt(opened, "mute", request.rule) as underway:
        finish_interrupted(opened, underway)
        made = prepare_recorded(opened, _muted(opened, request, given))
        underway.plan = made.plan
        review(made.plan)
        release = carry_out(opened, made, _with_own(made, request, given), None)
    return release, begin_review(opened, release) if request.reviewed else None


def unmute(opened: OpenEnvironment, rule: str, given: Given, review: Review) -> Release:
    """Raise alerts of a muted detection again, before its time is over."""
    with attempt(opened, "unmute", rule) as underway:
        finish_interrupted(opened, underway)
        made = prepare_recorded(opened, _unmuted(opened, rule))
        underway.plan = made.plan
        review(made.plan)
        return carry_out(opened, made, given, None)


def _with_own(made: Prepared, request: MuteRequest, given: Given) -> Given:
    if not request.key:
        return given
    own = Reviewed(request.reviewer, reason=request.reason, hours=_APPROVED_HOURS)
    return replace(given, signed=(*given.signed, approve(made.plan, own, own_key(request.key))))


def _muted(opened: OpenEnvironment, request: MuteRequest, given: Given) -> Desired:
    reason = _reason(request.reason)
    until = _until(opened, request.until, given)
    entry, muted = _found(opened, request.rule)
    if entry.mode != "live":
        raise ConfigError(f"{entry.key} is in shadow in {opened.name}: it raises no alerts")
    if muted:
        raise ConfigError(
            f"{entry.key} is muted already, until {muted.until}",
            hint="`tocsin unmute` ends that; then it can be muted again",
        )
    review = branch_of(opened.name, entry.key, until) if request.reviewed else ""
    step = SetMute(entry, until.isoformat(), reason, review)
    told = f"mute of {entry.key} until {step.until}: {reason}"
    return replace(back.repair(opened.ledger), reason=told, mutes=(step,))


def _unmuted(opened: OpenEnvironment, rule: str) -> Desired:
    entry, muted = _found(opened, rule)
    if not muted:
        raise ConfigError(f"{entry.key} is not muted in {opened.name}")
    state = back.repair(opened.ledger)
    return replace(
        state, reason=f"end of the mute of {entry.key}", mutes=(LiftMute(entry, muted.until),)
    )


def _found(opened: OpenEnvironment, rule: str) -> tuple[Entry, Mute | None]:
    """What is deployed of a detection, and its mute if it is not over."""
    if opened.settings.kind not in KINDS:
        raise ConfigError(
            f"what runs in environments of kind {opened.settings.kind} raises its alerts itself: "
            "Tocsin cannot mute it"
        )
    last = opened.ledger.last()
    if last is None:
        raise ConfigError(f"{opened.name} has no release yet")
    entry = last.entry(back.find(rule, opened.ledger.releases()).id)
    if entry is None:
        raise ConfigError(
            f"{rule} is not deployed in {opened.name}: its last release is without it"
        )
    holding = (each for _, each in active_mutes(last) if each.detection == entry.id)
    return entry, next(holding, None)


def _reason(given: str) -> str:
    reason = " ".join(given.split())
    if not reason or len(reason) > _LONGEST_REASON:
        raise ConfigError(f"a mute needs a reason, of {_LONGEST_REASON} characters at most")
    return reason


def _until(opened: OpenEnvironment, until: datetime, given: Given) -> datetime:
    """To the second. Raises ConfigError for what is over, or longer than the policy allows."""
    now, until = datetime.now(UTC), until.astimezone(UTC).replace(microsecond=0)
    if until <= now:
        raise ConfigError(f"{until.isoformat()} is over already")
    policy = policy_in_force(opened, given.policy_from)
    most = policy.environment.mute_hours if policy else MUTE_HOURS
    if until > now + timedelta(hours=most):
        raise ConfigError(
            f"a detection is muted for {plural(most, 'hour')} at most in {opened.name}",
            hint="switch it off or to shadow in its file; `mute_hours` in [policy] is the limit",
        )
    return until
