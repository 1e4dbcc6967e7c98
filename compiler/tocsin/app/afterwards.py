"""Emergencies of an environment that others have to review afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tocsin.app.environment import OpenEnvironment
from tocsin.app.policy import policy_of_last, trust_in_force
from tocsin.errors import ConfigError, TocsinError
from tocsin.plan.afterwards import Emergency, recorded_emergencies
from tocsin.plan.consent import mismatch
from tocsin.plan.released import plan_of
from tocsin.plan.steps import Plan
from tocsin.state.ledger_event import MOST_APPROVAL, EmergencyDeclared, EmergencyReviewed
from tocsin.trust.approval import Approval, read_approval
from tocsin.trust.trust_file import Trust, UntrustedError


def awaiting(opened: OpenEnvironment, policy_from: str = "") -> list[Emergency]:
    """Those that others have not agreed with yet, as the policy asks; oldest first."""
    if not any(isinstance(event, EmergencyDeclared) for event in opened.ledger.events()):
        return []
    found = recorded_emergencies(opened.ledger, _trust(opened, policy_from))
    return [each for each in found if not each.reviewed]


def known_awaiting(opened: OpenEnvironment) -> list[Emergency]:
    """The same for those who only look: where it cannot be told, that is said."""
    try:
        return awaiting(opened)
    except TocsinError as error:
        opened.progress.notify(f"warning: which reviews are owed is not known: {error.message}")
        return []


def plan_of_release(opened: OpenEnvironment, number: int) -> Plan:
    """The plan that became a release, to agree with it afterwards. Raises ConfigError."""
    release = opened.ledger.release(number)
    if release and (plan := plan_of(opened.ledger, release)):
        return plan
    raise ConfigError(f"{opened.name} has no release {number} with a plan")


def record_reviews(
    opened: OpenEnvironment, given: Iterable[tuple[str, bytes]], policy_from: str
) -> list[Emergency]:
    """Record approvals, by their names, of what was let through alone; what is still awaited.

    Raises ConfigError, and records none, where one is of nothing that awaits it.
    """
    trust, waiting = _trust(opened, policy_from), awaiting(opened, policy_from)
    events = [_event(name, data, waiting, trust) for name, data in given]
    if opened.signer:
        opened.signer.ready()
        opened.ledger.sign_with(opened.signer)
    if events:
        opened.ledger.record(*events)
    return awaiting(opened, policy_from)


def _event(name: str, data: bytes, waiting: Sequence[Emergency], trust: Trust) -> EmergencyReviewed:
    try:
        approval = read_approval(data, trust)
    except UntrustedError as error:
        raise ConfigError(f"{name} does not count: {error.message}") from None
    if approval.emergency or len(data) > MOST_APPROVAL:
        raise ConfigError(f"{name} does not count: an emergency is reviewed by a plain approval")
    number = _release(name, approval, waiting)
    text = data.decode()
    return EmergencyReviewed(release=number, reviewer=approval.reviewer, approval=text)


def _release(name: str, approval: Approval, waiting: Sequence[Emergency]) -> int:
    for each in waiting:
        if not mismatch(approval, each.of.plan):
            return each.of.release.number
    raise ConfigError(
        f"{name} is of no release that was let through alone and awaits a review",
        hint="`tocsin approve --env ENV --release N` makes one",
    )


def _trust(opened: OpenEnvironment, policy_from: str) -> Trust:
    if trust := trust_in_force(opened, policy_from):
        return trust
    last = policy_of_last(opened)
    return last.trust if last else Trust()
