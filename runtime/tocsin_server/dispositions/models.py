"""The table of comments."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from tocsin_server.base import TableBase


class Comment(TableBase):
    """What someone says of a finding; it never changes."""

    __tablename__ = "comments"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    finding: Mapped[str] = mapped_column(ForeignKey("findings.id"))
    time: Mapped[int]
    actor: Mapped[str]
    name: Mapped[str]
    text: Mapped[str]

    __table_args__ = (Index(None, "finding", "time", "id"),)
