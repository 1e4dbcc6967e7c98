"""The table of sign-ins that have begun."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from tocsin_server.base import TableBase


class PendingSignIn(TableBase):
    """Someone who was sent to the provider, until they come back, once.

    `id`: a digest of `state`; `browser`: a digest of what that browser has. `verifier` is PKCE's;
    `back`: where they wanted to be.
    """

    __tablename__ = "pending_sign_ins"

    id: Mapped[str] = mapped_column(primary_key=True)
    browser: Mapped[str]
    nonce: Mapped[str]
    verifier: Mapped[str]
    back: Mapped[str]
    expires: Mapped[int]

    __table_args__ = (Index(None, "expires"),)
