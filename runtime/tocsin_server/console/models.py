"""The table of saved filters."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from tocsin_server.base import TableBase


class SavedFilter(TableBase):
    """A filter of the queue that someone gave a name. `query`: as it stands in the address."""

    __tablename__ = "saved_filters"

    actor: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    query: Mapped[str]
