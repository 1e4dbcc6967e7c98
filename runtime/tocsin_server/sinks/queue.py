"""Takes deliveries from the outbox, and notes what became of them."""

from __future__ import annotations

import random
from collections.abc import Sequence

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from tocsin_server.database import now_ms
from tocsin_server.sinks.base import UndeliveredError
from tocsin_server.sinks.models import Delivery
from tocsin_server.sinks.state import DeliveryState

MOST_TRIES = 12
LEASE_MS = 120_000
"""For so long nobody else tries what someone has begun to send; longer than any try takes."""
_FIRST_MS, _FACTOR, _LONGEST_MS = 5_000, 3, 6 * 3_600_000
_LONGEST_REASON = 500


def is_due(session: Session, sink: str) -> bool:
    """Whether something is due: whoever only looks holds up nobody who writes."""
    return session.scalars(select(Delivery.id).where(*_due(sink)).limit(1)).first() is not None


def claim(session: Session, sink: str) -> Delivery | None:
    """The delivery that is due for longest; it is ours until the lease ends.

    Several servers take from one outbox: what one of them holds, the others do not see.
    """
    asked = (
        select(Delivery)
        .where(*_due(sink))
        .order_by(Delivery.due, Delivery.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(asked).first()
    if found is not None:
        found.tries += 1
        found.due = now_ms() + LEASE_MS
    return found


def sent(session: Session, delivery: Delivery) -> None:
    """It has arrived."""
    _settle(session, delivery, state=DeliveryState.SENT.value, ended=now_ms(), reason="")


def failed(session: Session, delivery: Delivery, error: UndeliveredError) -> bool:
    """It has not: it is tried again later, or given up. Returns whether it is given up."""
    reason = error.reason[:_LONGEST_REASON]
    if error.final or delivery.tries >= MOST_TRIES:
        _settle(session, delivery, state=DeliveryState.DEAD.value, ended=now_ms(), reason=reason)
        return True
    wait = max(pause_ms(delivery.tries), int(error.wait * 1000))
    _settle(session, delivery, due=now_ms() + min(wait, _LONGEST_MS), reason=reason)
    return False


def pause_ms(tries: int) -> int:
    """Milliseconds until the next try: more each time, and never the same for two deliveries."""
    whole = min(_LONGEST_MS, _FIRST_MS * _FACTOR ** min(tries - 1, 20))
    return int(whole * random.uniform(0.5, 1))  # noqa: S311 - spreads load, hides nothing


def _due(sink: str) -> Sequence[ColumnElement[bool]]:
    waiting = Delivery.state == DeliveryState.WAITING
    return Delivery.sink == sink, waiting, Delivery.due <= now_ms()


def _settle(session: Session, delivery: Delivery, **values: object) -> None:
    """Unless the lease ran out, and someone else has taken it."""
    row = update(Delivery).where(Delivery.id == delivery.id, Delivery.tries == delivery.tries)
    session.execute(row.where(Delivery.state == DeliveryState.WAITING).values(**values))
