"""The outbox: what is to be told to whom."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from tocsin_server.base import TableBase


class Delivery(TableBase):
    """One message to one sink, written in the transaction of what it tells.

    `finding_then`: the finding as it was then. `due`: when it is tried next; who tries it moves
    that into the future, so that nobody else does meanwhile. `tries` counts those that began.
    `ended`: when it was sent, or given up. `reason`: why the last try failed.
    """

    __tablename__ = "deliveries"

    id: Mapped[str] = mapped_column(primary_key=True)
    sink: Mapped[str]
    finding: Mapped[str] = mapped_column(ForeignKey("findings.id"))
    type: Mapped[str]
    finding_then: Mapped[dict[str, Any]]
    state: Mapped[str]
    tries: Mapped[int]
    created: Mapped[int]
    due: Mapped[int]
    ended: Mapped[int | None]
    reason: Mapped[str]

    __table_args__ = (
        Index(None, "sink", "state", "due", "id"),
        Index(None, "finding", "sink"),
        Index(None, "created", "id"),
    )
