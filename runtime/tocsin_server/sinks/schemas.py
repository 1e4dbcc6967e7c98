"""Sinks and deliveries as the API shows them."""

from __future__ import annotations

from pydantic import BaseModel

from tocsin_server.alerts.state import AlertSeverity
from tocsin_server.sinks.models import Delivery
from tocsin_server.sinks.settings import SinkSettings
from tocsin_server.sinks.state import DeliveryState, MessageType
from tocsin_server.web.paging import Paged
from tocsin_server.web.values import FindingId, Line, iso, iso_or_none


class SinkShown(BaseModel):
    """A sink without its address and its secret, and how many messages it has in which state."""

    name: str
    kind: str
    level: AlertSeverity
    detections: list[str]
    environments: list[str]
    updates: bool
    waiting: int
    sent: int
    dead: int


class DeliveryQuery(Paged):
    """Which deliveries."""

    sink: Line = ""
    state: DeliveryState | None = None
    finding: FindingId | None = None


class DeliveryShown(BaseModel):
    """A message to a sink. `due`: when it is tried next; `reason`: why the last try failed."""

    id: str
    sink: str
    finding: str
    type: MessageType
    state: DeliveryState
    tries: int
    created: str
    due: str | None
    ended: str | None
    reason: str


def sink_shown(name: str, settings: SinkSettings, counts: dict[str, int]) -> SinkShown:
    """A sink as it is shown."""
    return SinkShown(
        name=name,
        kind=settings.kind,
        level=settings.level,
        detections=list(settings.detections),
        environments=list(settings.environments),
        updates=settings.updates,
        **{state.value: counts.get(state.value, 0) for state in DeliveryState},
    )


def delivery_shown(row: Delivery) -> DeliveryShown:
    """A row as it is shown."""
    plain = {name: getattr(row, name) for name in ("id", "sink", "finding", "tries", "reason")}
    return DeliveryShown(
        **plain,
        type=MessageType(row.type),
        state=DeliveryState(row.state),
        created=iso(row.created),
        due=iso(row.due) if row.state == DeliveryState.WAITING else None,
        ended=iso_or_none(row.ended),
    )
