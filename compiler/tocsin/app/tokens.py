"""Tokens of the server's API, made and withdrawn by whoever reaches its database."""

from __future__ import annotations

import getpass
from typing import Any

from tocsin.errors import ConfigError
from tocsin.ir.times import millis_text
from tocsin_server.auth import tokens
from tocsin_server.auth.models import Token
from tocsin_server.auth.role import Actor, Role
from tocsin_server.database import Database, now_ms

_DAY = 86_400_000
_LONGEST_NAME = 300


def make_token(database: Database, name: str, role: str, days: int | None) -> dict[str, Any]:
    """A new token, its text included, which nobody sees again. None: it does not expire."""
    if not name.isprintable() or not 0 < len(name) <= _LONGEST_NAME:
        raise ConfigError(f"a token's name is text of one line, at most {_LONGEST_NAME} characters")
    expires = None if days is None else now_ms() + days * _DAY
    with database.write() as session:
        made, text = tokens.create(session, _actor(), name, Role(role), expires)
        return {**_told(made), "token": text}


def list_tokens(database: Database) -> list[dict[str, Any]]:
    """All tokens, the newest first; never their text."""
    with database.read() as session:
        return [_told(each) for each in tokens.listed(session)]


def revoke_token(database: Database, id_: str) -> dict[str, Any]:
    """Let a token count no longer. Raises ConfigError if there is none."""
    with database.write() as session:
        return _told(tokens.revoke(session, _actor(), id_))


def _actor() -> Actor:
    """Who is at the command line: who reaches the database may do anything."""
    return Actor("", f"{getpass.getuser()} (command line)", Role.ADMIN)


def _told(token: Token) -> dict[str, Any]:
    moments = {name: getattr(token, name) for name in ("created", "expires", "revoked")}
    times = {name: None if at is None else millis_text(at) for name, at in moments.items()}
    return {"id": token.id, "name": token.name, "role": token.role, **times}
