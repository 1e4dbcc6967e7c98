"""People who are signed in with a browser: begun, found, ended.

The browser has a secret; the database has only its digest.
"""

from __future__ import annotations

import re
import secrets

from sqlalchemy import delete
from sqlalchemy.orm import Session

from tocsin.canonical import digest_bytes
from tocsin_server.audit.service import record
from tocsin_server.auth.models import Token, WebSession
from tocsin_server.auth.role import Actor, Role
from tocsin_server.database import now_ms

LIFETIME_MS = 12 * 3_600_000
"""A working day; whoever stays longer signs in again."""
_FORM = re.compile(r"[A-Za-z0-9_-]{43}")


def begin(session: Session, actor: Actor, *, token: str = "") -> str:
    """A new session of someone who has proved who they are. Returns the browser's secret.

    `token`: the id of the token that they proved it with, if it was one.
    """
    now, secret = now_ms(), secrets.token_urlsafe(32)
    session.execute(delete(WebSession).where(WebSession.expires <= now))
    session.add(
        WebSession(
            id=_id(secret), actor=actor.id, name=actor.name, role=actor.role.value, token=token,
            created=now, expires=now + LIFETIME_MS,
        )
    )  # fmt: skip
    record(session, actor, "session.begun", actor.id, before=None, after={"name": actor.name})
    return secret


def actor_of(session: Session, secret: str) -> Actor | None:
    """Whose session it is; None where it has ended, or there is none."""
    found = session.get(WebSession, _id(secret)) if _FORM.fullmatch(secret) else None
    now = now_ms()
    if found is None or found.expires <= now:
        return None
    if not found.token:
        return Actor(found.actor, found.name, Role(found.role))
    token = session.get(Token, found.token)
    if token is None or not token.is_valid(now):
        return None
    return Actor(token.id, token.name, Role(token.role))


def end(session: Session, secret: str) -> None:
    """Let it count no longer."""
    session.execute(delete(WebSession).where(WebSession.id == _id(secret)))


def form_secret(secret: str) -> str:
    """What forms of this session carry, which no other site can know."""
    return digest_bytes(b"form:" + secret.encode())


def _id(secret: str) -> str:
    return digest_bytes(b"session:" + secret.encode())
