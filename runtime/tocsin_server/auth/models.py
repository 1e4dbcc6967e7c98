"""Tables of tokens, and of people who are signed in."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from tocsin_server.base import TableBase


class Token(TableBase):
    """A token of the API. `id` is its public part, `hash` what Argon2 makes of the whole."""

    __tablename__ = "tokens"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    role: Mapped[str]
    hash: Mapped[str]
    created: Mapped[int]
    expires: Mapped[int | None]
    revoked: Mapped[int | None]

    def is_valid(self, now: int) -> bool:
        """Whether it counts at this time."""
        return self.revoked is None and (self.expires is None or now < self.expires)

    def told(self) -> dict[str, str | int | None]:
        """What the audit log says of it."""
        names = ("name", "role", "created", "expires", "revoked")
        return {name: getattr(self, name) for name in names}


class WebSession(TableBase):
    """Someone who is signed in, in one browser. `id` is a digest of what the browser has.

    `actor`: how the audit log names them. `token`: the token that they signed in with, or empty;
    then the session counts no longer than that token, and has its role.
    """

    __tablename__ = "web_sessions"

    id: Mapped[str] = mapped_column(primary_key=True)
    actor: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    token: Mapped[str]
    created: Mapped[int]
    expires: Mapped[int]

    __table_args__ = (Index(None, "expires"),)
