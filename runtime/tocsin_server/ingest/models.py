"""The name under which the servers of one database share a stream."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from tocsin_server.base import TableBase


class ServerGroup(TableBase):
    """One row, made with the tables.

    Servers with another database are another consumer group: each database gets all alerts.
    """

    __tablename__ = "server_group"

    name: Mapped[str] = mapped_column(primary_key=True)
