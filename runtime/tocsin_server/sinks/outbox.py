"""Writes what is to be told, in the transaction in which it happens."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from tocsin_server.alerts.models import AlertFinding
from tocsin_server.alerts.rows import parts
from tocsin_server.alerts.schemas import finding_shown
from tocsin_server.alerts.state import FindingState
from tocsin_server.database import now_ms
from tocsin_server.sinks.models import Delivery
from tocsin_server.sinks.settings import SinkSettings
from tocsin_server.sinks.state import DeliveryState, MessageType

_EVER = sys.maxsize


def put(session: Session, sinks: Mapping[str, SinkSettings], changed: Collection[str]) -> None:
    """Tell sinks of findings that alerts have just opened or joined.

    A sink hears of a finding when it opens, and of what joins it only if it wants `updates`. What
    is suppressed is not told.
    """
    if not sinks:
        return
    for findings in _open(session, changed):
        for name, settings in sinks.items():
            _tell(session, name, settings, [each for each in findings if settings.takes(each)])


def _open(session: Session, changed: Collection[str]) -> Iterator[Sequence[AlertFinding]]:
    for some in parts(sorted(changed)):
        asked = select(AlertFinding).where(
            AlertFinding.id.in_(some), AlertFinding.state == FindingState.OPEN
        )
        yield session.scalars(asked.execution_options(populate_existing=True)).all()


def _tell(
    session: Session, sink: str, settings: SinkSettings, findings: Sequence[AlertFinding]
) -> None:
    told = _told(session, sink, [each.id for each in findings])
    fresh = [each for each in findings if each.id not in told]
    again = [each for each in findings if (each.reopened or 0) > told.get(each.id, _EVER)]
    _add(session, sink, MessageType.OPENED, fresh)
    _add(session, sink, MessageType.REOPENED, again)
    rest = {each.id: each for each in findings if each.id in told and each not in again}
    if settings.updates and rest:
        replaced = _replace(session, sink, rest)
        more = [finding for id_, finding in rest.items() if id_ not in replaced]
        _add(session, sink, MessageType.CHANGED, more)


def _told(session: Session, sink: str, ids: Sequence[str]) -> dict[str, int]:
    """Findings that the sink knows, and when it was told of each last."""
    asked = select(Delivery.finding, func.max(Delivery.created).label("told")).group_by(
        Delivery.finding
    )
    found = session.execute(asked.where(Delivery.sink == sink, Delivery.finding.in_(ids)))
    return {row.finding: row.told for row in found}


def _replace(session: Session, sink: str, findings: Mapping[str, AlertFinding]) -> set[str]:
    """Findings whose message nobody has tried to send yet: it then tells how they are now."""
    asked = select(Delivery.id, Delivery.finding).where(
        Delivery.sink == sink,
        Delivery.finding.in_(findings),
        Delivery.state == DeliveryState.WAITING,
        Delivery.tries == 0,
    )
    found = session.execute(asked.with_for_update(skip_locked=True)).all()
    for id_, finding in found:
        row = update(Delivery).where(Delivery.id == id_)
        session.execute(row.values(finding_then=_then(findings[finding])))
    return {finding for _, finding in found}


def _add(session: Session, sink: str, type_: MessageType, findings: Iterable[AlertFinding]) -> None:
    now = now_ms()
    rows: list[dict[str, Any]] = [
        {
            "id": secrets.token_hex(16), "sink": sink, "finding": each.id, "type": type_.value,
            "finding_then": _then(each), "state": DeliveryState.WAITING.value, "tries": 0,
            "created": now, "due": now, "ended": None, "reason": "",
        }
        for each in findings
    ]  # fmt: skip
    if rows:
        session.execute(insert(Delivery), rows)


def _then(finding: AlertFinding) -> dict[str, Any]:
    return finding_shown(finding).model_dump(mode="json")
