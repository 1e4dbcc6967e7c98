"""Tokens: made, found, withdrawn. The whole token is shown once and never stored."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin.errors import ConfigError
from tocsin_server.audit.service import record
from tocsin_server.auth.models import Token
from tocsin_server.auth.role import Actor, Role
from tocsin_server.database import now_ms

_FORM = re.compile(r"tocsin_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_AT_ONCE = BoundedSemaphore(2)
"""Hashing takes memory: who sends many wrong tokens at once gets no more of it."""


def id_in(text: str) -> str | None:
    """The public part of a token; None where the text has not the form of one."""
    found = _FORM.fullmatch(text)
    return found[1] if found else None


def create(
    session: Session, actor: Actor, name: str, role: Role, expires: int | None
) -> tuple[Token, str]:
    """A new token, and the text that is shown once."""
    id_ = secrets.token_hex(6)
    text = f"tocsin_{id_}_{secrets.token_urlsafe(32)}"
    token = Token(
        id=id_, name=name, role=role.value, hash=_HASHER.hash(text), created=now_ms(),
        expires=expires, revoked=None,
    )  # fmt: skip
    session.add(token)
    record(session, actor, "token.created", id_, before=None, after=token.told())
    return token, text


def listed(session: Session) -> Sequence[Token]:
    """All tokens, the newest first."""
    return session.scalars(select(Token).order_by(Token.created.desc(), Token.id)).all()


def revoke(session: Session, actor: Actor, id_: str) -> Token:
    """Let a token count no longer. Raises ConfigError if there is none."""
    token = session.get(Token, id_, with_for_update=True)
    if token is None:
        raise ConfigError(f"there is no token {id_!r}", hint="see `tocsin token list`")
    if token.revoked is None:
        before = token.told()
        token.revoked = now_ms()
        record(session, actor, "token.revoked", id_, before=before, after=token.told())
    return token


def is_right(token: Token, text: str) -> bool:
    """Whether the text is this token. It takes a while on purpose."""
    with _AT_ONCE:
        try:
            return _HASHER.verify(token.hash, text)
        except (VerificationError, InvalidHashError):
            return False
