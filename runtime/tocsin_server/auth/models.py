"""The table of tokens."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from tocsin_server.base import Base


class Token(Base):
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
