"""Keeps count of findings as they change, so that nobody has to count a million of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin_server.alerts.models import AlertFinding, FindingTally
from tocsin_server.alerts.rows import insert_into, parts, table_of
from tocsin_server.alerts.state import Disposition, FindingState

DAY = 86_400_000
COUNTED = (
    "findings",
    "alerts",
    *(FindingState.OPEN.value, FindingState.SUPPRESSED.value),
    *(each.value for each in Disposition if each),
    "undecided",
)
TallyStanding = tuple[str, str, int, int, str, str]
"""Of a finding: detection, environment, last, count, state, disposition."""
TallyFilter = tuple[str, str, int]


def standings(session: Session, findings: Sequence[str]) -> list[TallyStanding]:
    """How these findings stand in the session's transaction."""
    session.flush()
    columns = (
        AlertFinding.detection,
        AlertFinding.environment,
        AlertFinding.last,
        AlertFinding.count,
    )
    asked = select(*columns, AlertFinding.state, AlertFinding.disposition)
    return [
        (row.detection, row.environment, row.last, row[3], row.state, row.disposition)
        for some in parts(sorted(findings))
        for row in session.execute(asked.where(AlertFinding.id.in_(some)))
    ]


def retell(
    session: Session, before: Iterable[TallyStanding], after: Iterable[TallyStanding]
) -> None:
    """Count findings as they stand after a change, no longer as they stood before.

    It comes last in a transaction, and always in the same order: others wait for these rows, and
    must not wait for each other.
    """
    told: dict[TallyFilter, Counter[str]] = defaultdict(Counter)
    for standing in after:
        told[_where(standing)].update(_counts(standing))
    for standing in before:
        told[_where(standing)].subtract(_counts(standing))
    rows = [_row(where, told[where]) for where in sorted(told) if any(told[where].values())]
    adding = insert_into(session, FindingTally)
    adding = adding.on_conflict_do_update(
        index_elements=["detection", "environment", "day"],
        set_={name: table_of(FindingTally).c[name] + adding.excluded[name] for name in COUNTED},
    )
    if rows:
        session.connection().execute(adding, rows)


def _where(standing: TallyStanding) -> TallyFilter:
    detection, environment, last, *_ = standing
    return detection, environment, last // DAY


def _counts(standing: TallyStanding) -> Counter[str]:
    _, _, _, count, state, disposition = standing
    undecided = not disposition and state != FindingState.SUPPRESSED
    told = {"findings": 1, "alerts": count, state: 1, disposition: 1, "undecided": int(undecided)}
    return Counter({name: number for name, number in told.items() if name in COUNTED})


def _row(where: TallyFilter, told: Mapping[str, int]) -> dict[str, str | int]:
    named: Iterator[tuple[str, str | int]] = zip(
        ("detection", "environment", "day"), where, strict=True
    )
    return {**dict(named), **{name: told[name] for name in COUNTED}}
