"""All that the page of a finding shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from fastapi import Request
from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from tocsin_server.alerts import around, queries
from tocsin_server.alerts.models import Alert, AlertFinding
from tocsin_server.alerts.schemas import FindingShown, finding_shown
from tocsin_server.alerts.tallies import DAY
from tocsin_server.audit.models import AuditedChange
from tocsin_server.console import proposal
from tocsin_server.console.chosen import Chosen, chosen
from tocsin_server.console.evidence import AlertEvidence, evidence_of
from tocsin_server.console.pictures import BUCKETS, Bar, WindowPicture, bars, window_picture
from tocsin_server.console.recorded import (
    ExplainedAlert,
    NoRecordError,
    Provenance,
    ReleaseRecords,
)
from tocsin_server.console.visitor import Visitor
from tocsin_server.suppressions import service as suppressions
from tocsin_server.suppressions.models import Suppression
from tocsin_server.web.problem import missing

MOST_ALERTS, MOST_OTHERS, MOST_CHANGES = 50, 20, 100
_AROUND = 100
_LOOKED_AT = 500
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class FindingSeen:
    """A finding as a page shows it. Where the ledger does not tell, the reason why stands there."""

    finding: AlertFinding
    shown: FindingShown
    asked: Chosen
    newer: str | None
    older: str | None
    timeline: Sequence[Bar]
    alerts: Sequence[Alert]
    alert: Alert
    evidence: AlertEvidence
    explained: ExplainedAlert | str
    window: WindowPicture | None
    provenance: Provenance | str
    others: Sequence[FindingShown]
    proposed: str
    history: Sequence[AuditedChange]
    suppression: Suppression | None


def look(
    session: Session, request: Request, who: Visitor, id_: str, alert_id: str | None
) -> FindingSeen:
    """Everything about a finding. Raises ProblemError if there is none."""
    finding = queries.finding(session, id_)
    asked = chosen([pair for pair in request.query_params.multi_items() if pair[0] != "cursor"])
    newer, older = around.neighbours(session, asked.findings(who.actor, _AROUND), finding)
    alert = _alert(session, finding, alert_id)
    evidence = evidence_of(alert)
    records: ReleaseRecords = request.app.state.records
    explained = _or_why_not(lambda: records.explain(evidence.raised, evidence.events))
    window = None if isinstance(explained, str) else explained.window
    return FindingSeen(
        finding=finding,
        shown=finding_shown(finding),
        asked=asked,
        newer=newer,
        older=older,
        timeline=_timeline(session, finding),
        alerts=_alerts(session, finding),
        alert=alert,
        evidence=evidence,
        explained=explained,
        window=window_picture(window) if window else None,
        provenance=_or_why_not(lambda: records.provenance(evidence.raised)),
        others=[finding_shown(each) for each in _others(session, finding)],
        proposed=proposal.condition(finding, evidence),
        history=_history(session, finding),
        suppression=_suppression(session, finding),
    )


def _alert(session: Session, finding: AlertFinding, id_: str | None) -> Alert:
    mine = select(Alert).where(Alert.finding == finding.id)
    if id_:
        mine = mine.where(Alert.id == id_)
    found = session.scalar(mine.order_by(Alert.time.desc(), Alert.id.desc()).limit(1))
    if found is None:
        raise missing("alert of this finding")
    return found


def _alerts(session: Session, finding: AlertFinding) -> Sequence[Alert]:
    bare = select(Alert).options(defer(Alert.body, raiseload=True))
    mine = bare.where(Alert.finding == finding.id)
    return session.scalars(
        mine.order_by(Alert.time.desc(), Alert.id.desc()).limit(MOST_ALERTS)
    ).all()


def _timeline(session: Session, finding: AlertFinding) -> list[Bar]:
    span = finding.last - finding.first + 1
    bucket = (Alert.time - finding.first) * BUCKETS // span
    asked = select(bucket, func.count()).where(Alert.finding == finding.id).group_by(bucket)
    numbers = {int(place): count for place, count in session.execute(asked)}
    return bars(finding.first, finding.last, numbers)


def _others(session: Session, finding: AlertFinding) -> Sequence[AlertFinding]:
    """Findings with the same key, then those of a day around that share a value with it."""
    shared = _hashable(finding.by)
    if not shared:
        return ()
    same = (AlertFinding.detection == finding.detection, AlertFinding.key == finding.key)
    newest = (
        select(AlertFinding)
        .where(*same, AlertFinding.id != finding.id)
        .order_by(AlertFinding.first.desc())
    )
    found = {row.id: row for row in session.scalars(newest.limit(MOST_OTHERS))}
    begin, end = finding.first - DAY, finding.last + DAY
    near = select(AlertFinding).where(
        AlertFinding.last.between(begin, end), AlertFinding.id != finding.id
    )
    for row in session.scalars(near.order_by(AlertFinding.last.desc()).limit(_LOOKED_AT)):
        if shared.items() & _hashable(row.by).items():
            found.setdefault(row.id, row)
    return list(found.values())[:MOST_OTHERS]


def _hashable(by: Mapping[str, object]) -> dict[str, str]:
    return {name: value for name, value in by.items() if isinstance(value, str)}


def _history(session: Session, finding: AlertFinding) -> Sequence[AuditedChange]:
    mine = select(AuditedChange).where(AuditedChange.subject == finding.id)
    return session.scalars(
        mine.order_by(AuditedChange.time.desc(), AuditedChange.id.desc()).limit(MOST_CHANGES)
    ).all()


def _suppression(session: Session, finding: AlertFinding) -> Suppression | None:
    return suppressions.find(session, finding.suppressed_by) if finding.suppressed_by else None


def _or_why_not(told: Callable[[], _T]) -> _T | str:
    """What the ledger tells, or the reason why it does not."""
    try:
        return told()
    except NoRecordError as error:
        return str(error)
