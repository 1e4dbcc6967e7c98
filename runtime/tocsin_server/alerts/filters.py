"""Filters of lists, each put so that an index of a million rows answers it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, literal_column, select
from sqlalchemy.orm import Session

from tocsin_server.alerts.models import Title
from tocsin_server.alerts.schemas import AlertQuery, FindingQuery
from tocsin_server.web.paging import AnyOf, PageOrder
from tocsin_server.web.values import millis

_MOST = 50
_RARE = ("suppressed_by", "assignee", "disposition")
"""Their indexes have only the findings that have something there."""
_INDEXED = (*_RARE, "finding", "detection", "state", "environment", "severity")
"""Those that leave fewest first."""
_NOTHING: Any = literal_column("''")
"""Not a parameter: databases have to see that the condition of an index holds."""

IndexedValues = dict[str, Sequence[Any]]


def filtered(
    session: Session, found: Select[Any], order: PageOrder, query: AlertQuery | FindingQuery
) -> tuple[Select[Any], AnyOf | None]:
    """What is asked for; apart, the filter of several values that narrows it most."""
    row, wanted = order.id.class_, _wanted(query)
    if query.since:
        found = found.where(order.number >= millis(query.since))
    if query.before:
        found = found.where(order.number < millis(query.before))
    if query.title:
        known = _titles(session, query)
        if len(known) <= _MOST:
            wanted["detection"] = sorted({detection for detection, _ in known})
        found = found.where(row.title.in_(_titled(query) if len(known) > _MOST else _names(known)))
    spread = next((name for name in _INDEXED if _many(wanted.get(name, ()))), "")
    for name, values in wanted.items():
        column = getattr(row, name)
        if name in _RARE and "" not in values:
            found = found.where(column != _NOTHING)
        if name != spread:
            found = found.where(column == values[0] if len(values) == 1 else column.in_(values))
    return found, AnyOf(getattr(row, spread), wanted[spread]) if spread else None


def _wanted(query: AlertQuery | FindingQuery) -> IndexedValues:
    asked = {name: getattr(query, name, None) for name in _INDEXED}
    found: IndexedValues = {
        name: list(dict.fromkeys(value)) if isinstance(value, tuple) else [value]
        for name, value in asked.items()
        if value
    }
    if "severity" in found:
        found["severity"] = [each.number for each in found["severity"]]
    return found


def _many(values: Sequence[Any]) -> bool:
    return 1 < len(values) <= _MOST and "" not in values


def _titled(query: AlertQuery | FindingQuery) -> Select[Any]:
    asked = select(Title.title).where(
        Title.folded.contains(query.title.casefold(), autoescape=True)
    )
    return asked.where(Title.detection.in_(query.detection)) if query.detection else asked


def _titles(session: Session, query: AlertQuery | FindingQuery) -> Sequence[tuple[str, str]]:
    """Detections with titles that have the part that is asked for; at most one too many."""
    asked = _titled(query).with_only_columns(Title.detection, Title.title)
    return [(detection, title) for detection, title in session.execute(asked.limit(_MOST + 1))]


def _names(known: Sequence[tuple[str, str]]) -> Sequence[str]:
    return sorted({title for _, title in known})
