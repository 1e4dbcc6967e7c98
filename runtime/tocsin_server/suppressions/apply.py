"""Suppresses alerts as they are stored, in the same transaction.

An alert is stored whatever it falls under. A finding is suppressed as long as all its alerts are:
the first that is not opens it. Time alone changes no finding, so that nothing that was suppressed
comes back when a suppression ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.orm import Session

from tocsin_server.alerts.models import AlertFinding
from tocsin_server.alerts.received import Received
from tocsin_server.alerts.rows import parts
from tocsin_server.alerts.state import FindingState
from tocsin_server.database import now_ms
from tocsin_server.suppressions.judge import ConditionFacts, suppression_of
from tocsin_server.suppressions.models import SuppressedAlert, Suppression


def suppress(
    session: Session, alerts: Sequence[Received], homes: Mapping[str, str]
) -> Mapping[str, str]:
    """Judge alerts that were just stored in these findings, and settle the findings.

    Returns the suppression of each alert that falls under one.
    """
    active = _active(session, now_ms())
    hits = _hits(alerts, active) if active else {}
    if hits:
        rows: list[dict[str, Any]] = [
            {"alert": id_, "finding": homes[id_], "suppression": by} for id_, by in hits.items()
        ]
        session.execute(insert(SuppressedAlert), rows)
        _count(session, hits)
    _settle(session, set(homes.values()), {id_: homes[id_] for id_ in hits}, hits)
    return hits


def _active(session: Session, now: int) -> Sequence[Suppression]:
    asked = select(Suppression).where(Suppression.expires > now, Suppression.ended.is_(None))
    return session.scalars(asked.order_by(Suppression.created, Suppression.id)).all()


def _hits(alerts: Sequence[Received], active: Sequence[Suppression]) -> dict[str, str]:
    """Which suppression each alert falls under; those that fall under none are left out."""
    found = ((alert.id, suppression_of(ConditionFacts(alert), active)) for alert in alerts)
    return {id_: by.id for id_, by in found if by is not None}


def _count(session: Session, hits: Mapping[str, str]) -> None:
    """Hits of each suppression; always in the same order, so that no two wait for each other."""
    for id_, number in sorted(Counter(hits.values()).items()):
        row = update(Suppression).where(Suppression.id == id_)
        session.execute(row.values(hits=Suppression.hits + number, last_hit=now_ms()))


def _settle(
    session: Session,
    findings: Collection[str],
    homes: Mapping[str, str],
    hits: Mapping[str, str],
) -> None:
    """Findings that are new and wholly suppressed, and those that were so until now."""
    whole = Counter(homes.values())
    by = {homes[id_]: suppression for id_, suppression in hits.items()}
    for some in parts(sorted(findings)):
        mine = [id_ for id_ in some if id_ in whole]
        new = select(AlertFinding.id, AlertFinding.count).where(
            AlertFinding.id.in_(mine), AlertFinding.revision == 1
        )
        for id_, count in session.execute(new).all() if mine else ():
            if whole[id_] == count:
                _set(session, id_, FindingState.SUPPRESSED, by[id_])
        for opened in session.scalars(_no_longer(some)).all():
            _set(session, opened, FindingState.OPEN, "")


def _no_longer(findings: Sequence[str]) -> Select[Any]:
    """Findings among these that count as suppressed, and have an alert that is not."""
    mine = select(func.count()).where(SuppressedAlert.finding == AlertFinding.id).scalar_subquery()
    asked = select(AlertFinding.id).where(AlertFinding.id.in_(findings))
    return asked.where(AlertFinding.state == FindingState.SUPPRESSED, AlertFinding.count > mine)


def _set(session: Session, finding: str, state: FindingState, by: str) -> None:
    row = update(AlertFinding).where(AlertFinding.id == finding)
    session.execute(row.values(state=state.value, suppressed_by=by))
