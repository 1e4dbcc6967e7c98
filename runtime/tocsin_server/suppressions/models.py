"""Tables of suppressions and of the alerts that fell under them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from tocsin_server.base import TableBase

SILENCE, EXCEPTION = "silence", "exception"


class Suppression(TableBase):
    """A silence or an exception. It takes in alerts that come before it expires or is ended.

    `matcher`: of a silence, values of fields; of an exception, its condition as it was written.
    `compiled`: that condition as the evaluator takes it. `hits` counts alerts.
    """

    __tablename__ = "suppressions"

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    detection: Mapped[str]
    environment: Mapped[str]
    matcher: Mapped[dict[str, Any]]
    compiled: Mapped[dict[str, Any]]
    reason: Mapped[str]
    owner: Mapped[str]
    ticket: Mapped[str]
    created: Mapped[int]
    expires: Mapped[int]
    ended: Mapped[int | None]
    hits: Mapped[int]
    last_hit: Mapped[int | None]

    __table_args__ = (Index(None, "created", "id"), Index(None, "expires"))


class SuppressedAlert(TableBase):
    """An alert, its finding, and the suppression that it falls under."""

    __tablename__ = "suppressed_alerts"

    alert: Mapped[str] = mapped_column(ForeignKey("alerts.id"), primary_key=True)
    finding: Mapped[str] = mapped_column(ForeignKey("findings.id"))
    suppression: Mapped[str] = mapped_column(ForeignKey("suppressions.id"))

    __table_args__ = (Index(None, "finding"), Index(None, "suppression"))
