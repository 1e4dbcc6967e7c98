"""What a list of findings has around it: how many there are, which come before and after one."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from tocsin_server.alerts.filters import filtered
from tocsin_server.alerts.models import AlertFinding, Title
from tocsin_server.alerts.schemas import FindingQuery
from tocsin_server.web.paging import PageOrder

MOST_COUNTED = 1000
_ORDER = PageOrder(AlertFinding.last, AlertFinding.id)


def number(session: Session, query: FindingQuery) -> int:
    """How many findings there are; of more than are counted, one more than that."""
    found, any_of = filtered(session, select(AlertFinding.id), _ORDER, query)
    if any_of:
        found = found.where(any_of.column.in_(any_of.values))
    counted = found.limit(MOST_COUNTED + 1).subquery()
    return session.scalar(select(func.count()).select_from(counted)) or 0


def neighbours(
    session: Session, query: FindingQuery, finding: AlertFinding
) -> tuple[str | None, str | None]:
    """The ids of the findings before and after this one in a list, which it need not be in."""
    place, here = tuple_(AlertFinding.last, AlertFinding.id), tuple_(finding.last, finding.id)
    newer = _nearest(session, query, place > here, newest_first=False)
    older = _nearest(session, query, place < here, newest_first=True)
    return newer, older


def _nearest(
    session: Session, query: FindingQuery, where: ColumnElement[bool], *, newest_first: bool
) -> str | None:
    found, any_of = filtered(session, select(AlertFinding), _ORDER, query)
    places = (AlertFinding.last, AlertFinding.id)
    order = [place.desc() if newest_first else place for place in places]
    first = found.where(where).order_by(*order).limit(1)
    each = [first.where(any_of.column == value) for value in any_of.values] if any_of else [first]
    nearest = [row for one in each if (row := session.scalar(one)) is not None]
    nearest.sort(key=lambda row: (row.last, row.id), reverse=newest_first)
    return nearest[0].id if nearest else None


def detections(session: Session) -> list[tuple[str, str]]:
    """Ids and a title of the detections that ever raised alerts, by title."""
    asked = select(Title.detection, func.max(Title.title)).group_by(Title.detection)
    return sorted(
        ((id_, title) for id_, title in session.execute(asked)),
        key=lambda each: (each[1].casefold(), each[0]),
    )
