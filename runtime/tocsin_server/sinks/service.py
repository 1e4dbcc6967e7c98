"""What became of messages, and sending one again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tocsin_server.audit.service import record
from tocsin_server.auth.role import Actor
from tocsin_server.database import now_ms
from tocsin_server.sinks.models import Delivery
from tocsin_server.sinks.schemas import (
    DeliveryQuery,
    DeliveryShown,
    SinkShown,
    delivery_shown,
    sink_shown,
)
from tocsin_server.sinks.settings import SinkSettings
from tocsin_server.sinks.state import DeliveryState
from tocsin_server.web.paging import Page, PageOrder, page
from tocsin_server.web.problem import ProblemError, missing


def sinks(session: Session, settings: Mapping[str, SinkSettings]) -> list[SinkShown]:
    """All sinks, by name."""
    asked = select(Delivery.sink, Delivery.state, func.count()).group_by(
        Delivery.sink, Delivery.state
    )
    counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for sink, state, count in session.execute(asked):
        counts[sink][state] = count
    return [sink_shown(name, settings[name], counts[name]) for name in sorted(settings)]


def listed(session: Session, query: DeliveryQuery) -> Page[DeliveryShown]:
    """Deliveries, the newest first."""
    found = select(Delivery)
    for name in ("sink", "state", "finding"):
        if wanted := getattr(query, name):
            found = found.where(getattr(Delivery, name) == wanted)
    return page(session, found, PageOrder(Delivery.created, Delivery.id), query, delivery_shown)


def resend(session: Session, actor: Actor, id_: str) -> Delivery:
    """Let a message be sent again, with the id that it has. Raises ProblemError if it waits."""
    row = session.get(Delivery, id_, with_for_update=True)
    if row is None:
        raise missing("delivery")
    if row.state == DeliveryState.WAITING:
        raise ProblemError(409, "waiting", "the message waits to be sent already")
    before = _told(row)
    row.state, row.tries, row.due, row.ended = DeliveryState.WAITING.value, 0, now_ms(), None
    record(session, actor, "delivery.resent", row.id, before=before, after=_told(row))
    return row


def _told(row: Delivery) -> dict[str, str]:
    return {name: getattr(row, name) for name in ("sink", "finding", "state", "reason")}
