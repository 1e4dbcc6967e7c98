"""What happens between the releases of a made-up ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.site_consent import alone
from tocsin.state.ledger_event import (
    Attempt,
    DriftFound,
    DriftMended,
    EmergencyDeclared,
    LedgerEvent,
    Verified,
)

_ENDS = {
    2: ("refused", "policy", "the policy of prod is not met: needs 1 approval of ada, bob, has 0"),
    3: ("failed", "engine", "no broker answers at kafka:9092"),
    5: ("reverted", "unhealthy", "job payments-7 did not get healthy; all went back"),
}
"""How attempts before a release end, by the remainder of its number divided by 7."""


@dataclass(frozen=True, slots=True)
class Before:
    """The release that is there, what it is, and what there is in the ledger."""

    number: int
    commit: str
    deployed: int
    events: int


def between(last: Before, counts: Mapping[str, int]) -> Iterator[LedgerEvent]:
    """What happens before the next release, which will do this to so many detections."""
    number = last.number + 1
    if number % 7 in _ENDS:
        outcome, code, message = _ENDS[number % 7]
        yield Attempt(
            command="apply",
            outcome=outcome,  # type: ignore[arg-type] # one of the three
            base=last.number,
            plan=f"{number:064x}",
            counts=dict(counts),
            code=code,
            message=message,
        )
    if number % 4 == 0:
        found = ("job payments-1 is missing", "worker 2 runs release 1")
        yield DriftFound(release=last.number, number=2, found=found)
    if number % 6 == 1:
        yield Verified(
            head=last.commit,
            releases=last.number,
            artifacts=last.deployed,
            events=last.events,
            number=0,
            findings=(),
        )


def brought(number: int) -> Iterator[LedgerEvent]:
    """What the release itself records."""
    if alone(number):
        yield EmergencyDeclared(release=number, reviewers=("bob",), reason=f"incident {number}")
    if number % 8 == 0:  # what was found before every other one is mended by the next repair only
        mended = ("job payments-1 is missing", "worker 2 runs release 1")
        yield DriftMended(release=number, number=2, mended=mended)
