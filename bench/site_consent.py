"""Who agrees with the releases of a made-up ledger, and whose keys count."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import orjson

from bench.site_steps import MadeStep
from tocsin.canonical import digest_bytes
from tocsin.model.policy import EnvironmentPolicy
from tocsin.plan.stored_plan import StoredPlan
from tocsin.release.entry import Action
from tocsin.state.consent import Consent
from tocsin.state.ledger_event import EmergencyReviewed
from tocsin.trust.approval import Approval
from tocsin.trust.keys import SigningKey

CI, ADA, BOB = (SigningKey.new() for _ in range(3))
_PEOPLE = {"ada": "ada@example.org", "bob": "bob@example.org", "cleo": "cleo@example.org"}
_KEYS = ((CI, "release", ""), (ADA, "approve", "ada"), (BOB, "approve", "bob"))
TRUST = "\n".join(
    (
        "[people]",
        *(f'{person} = ["{address}"]' for person, address in _PEOPLE.items()),
        *(
            f'[[keys]]\npublic = "{key.public.line}"\nroles = ["{role}"]'
            + (f'\nperson = "{person}"' if person else "")
            for key, role, person in _KEYS
        ),
        "",
    )
)
POLICY = EnvironmentPolicy(approvals=1, approvers=("ada", "bob"), weakening=0, break_glass=("bob",))
DIRECTIONS = ("narrower", "wider", "equal", "incomparable", "unknown")


def agreement(
    plan: dict[str, Any], steps: Iterable[MadeStep], at: datetime
) -> tuple[Consent, list[bytes]]:
    """What a release records, and the files of its approvals. Every tenth is an emergency."""
    number = int(plan["base_number"]) + 1
    emergency = alone(number)
    reviewer, key = ("bob", BOB) if emergency or number % 2 else ("ada", ADA)
    author = "ada@example.org" if reviewer == "bob" else "cleo@example.org"
    made = Approval(
        project=plan["project"],
        environment=plan["environment"],
        plan=_name(plan, number),
        base=plan["base"],
        reviewer=reviewer,
        at=(at - timedelta(hours=1)).isoformat(timespec="seconds"),
        review=f"https://forge.example.org/payments/pulls/{number}",
        head=plan["source"]["commit"],
        reason=f"incident {number}: payouts are under attack" if emergency else "",
        until=(at + timedelta(hours=2)).isoformat(timespec="seconds") if emergency else "",
    )
    data = made.signed(key)
    changed = [step.id for step in steps if step.action is Action.CHANGED]
    consent = Consent(
        approvals=(digest_bytes(data),),
        reviewers=(reviewer,),
        emergency=made.reason,
        authors=("bob@example.org",) if emergency else (author,),
        applier=("ci@example.org", "CI"),
        policy=POLICY,
        branch="main",
        policy_from=plan["source"]["commit"],
        trust="trust.toml",
        directions={id_: DIRECTIONS[n % 5] for n, id_ in enumerate(changed, number)},
    )
    return consent, [data]


def alone(number: int) -> bool:
    """Whether this release is an emergency."""
    return number % 10 == 9


def afterwards(plan: dict[str, Any], number: int, at: datetime) -> EmergencyReviewed:
    """Somebody else agrees with a release of this plan that was let through alone."""
    made = Approval(
        project=plan["project"],
        environment=plan["environment"],
        plan=_name(plan, number),
        base=plan["base"],
        reviewer="ada",
        at=at.isoformat(timespec="seconds"),
    )
    text = made.signed(ADA).decode()
    return EmergencyReviewed(release=number, reviewer="ada", approval=text)


def _name(plan: dict[str, Any], number: int) -> str:
    """What an approval calls it: every third one was given before anything was observed."""
    stored = StoredPlan(orjson.dumps(plan, option=orjson.OPT_SORT_KEYS))
    return stored.identity if number % 3 else stored.intended
