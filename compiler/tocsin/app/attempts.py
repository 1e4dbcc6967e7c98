"""What became no release is recorded in the ledger: attempts, drift, looks at the ledger itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from tocsin.app.environment import OpenEnvironment
from tocsin.app.status import EnvironmentStatus
from tocsin.backend.streaming import UnhealthyError
from tocsin.errors import TocsinError
from tocsin.plan.steps import Plan
from tocsin.state.ledger_event import (
    MOST_LISTED,
    AnyEvent,
    Attempt,
    Command,
    DriftFound,
    Verified,
)
from tocsin.state.verify import LedgerReport


@dataclass(slots=True)
class Underway:
    """How far a command has come: its plan, once there is one."""

    plan: Plan | None = None


@contextmanager
def attempt(opened: OpenEnvironment, command: Command, detection: str = "") -> Iterator[Underway]:
    """Record that the command did not become a release, if what is done meanwhile ends so.

    A mistake before there is a plan (in a file, in the options) is no attempt, unless something
    refuses to go on.
    """
    underway = Underway()
    try:
        yield underway
    except TocsinError as error:
        if underway.plan or error.refuses:
            record(opened, _attempt(underway.plan, command, detection, error))
        raise


def record(opened: OpenEnvironment, event: AnyEvent) -> None:
    """Record an event; where the ledger cannot be written, say so and go on."""
    try:
        opened.ledger.record(event)
    except (TocsinError, OSError) as error:
        opened.progress.notify(f"warning: the ledger did not record this: {error}")


def record_drift(opened: OpenEnvironment, found: EnvironmentStatus) -> None:
    """Record where what runs is not as released, if it is not."""
    told = [f"{each['drift']}: {each['key'] or each['path']}" for each in found.drift]
    told += [finding.words for finding in found.findings]
    if told:
        release = found.release.number if found.release else 0
        listed = tuple(told[:MOST_LISTED])
        opened.ledger.record(DriftFound(release=release, number=len(told), found=listed))


def record_verified(opened: OpenEnvironment, report: LedgerReport) -> None:
    """Record a look at the whole ledger, if there is one."""
    if not report.head:
        return
    if opened.signer:
        opened.ledger.sign_with(opened.signer)
    told = [f"release {f.release or '?'}: {f.message}" for f in report.findings[:MOST_LISTED]]
    opened.ledger.record(
        Verified(
            head=report.head,
            releases=report.releases,
            artifacts=report.artifacts,
            events=report.events,
            number=len(report.findings),
            findings=tuple(told),
        )
    )


def _attempt(plan: Plan | None, command: Command, detection: str, error: TocsinError) -> Attempt:
    return Attempt(
        command=command,
        outcome=_outcome(error),
        detection=detection,
        base=plan.base_number if plan else 0,
        plan=plan.digest if plan else "",
        counts={str(action): n for action, n in plan.counts.items()} if plan else {},
        code=error.code,
        message=error.message,
    )


def _outcome(error: TocsinError) -> Literal["refused", "failed", "reverted"]:
    if isinstance(error, UnhealthyError):
        return "reverted"
    return "refused" if error.refuses else "failed"
