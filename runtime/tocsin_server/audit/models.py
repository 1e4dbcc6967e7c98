"""The table of changes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from tocsin_server.base import TableBase

_COUNTED = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up only what is called INTEGER."""


class AuditedChange(TableBase):
    """One change by someone. `before` is null for what is new; `actor` empty on a command line."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(_COUNTED, primary_key=True, autoincrement=True)
    time: Mapped[int]
    actor: Mapped[str]
    name: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    __table_args__ = (Index(None, "subject", "time", "id"), Index(None, "time", "id"))
