"""Sessions of browsers: what ends them."""

import pytest

from asking import MAKER, token
from tocsin_server.auth import web_sessions
from tocsin_server.auth.role import Actor, Role
from tocsin_server.auth.tokens import id_in, revoke
from tocsin_server.auth.web_sessions import LIFETIME_MS, actor_of, begin, end
from tocsin_server.database import Database, now_ms

ADA = Actor("issuer|ada", "ada", Role.ANALYST)


def test_from_sign_in_to_the_end(database: Database) -> None:
    with database.write() as session:
        secret, other = begin(session, ADA), begin(session, ADA)
        assert actor_of(session, secret) == ADA
        assert secret != other
        end(session, secret)
        assert actor_of(session, secret) is None
        assert actor_of(session, other) == ADA


def test_it_ends_with_its_day(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with sqlite_database.write() as session:
        secret, later = begin(session, ADA), now_ms() + LIFETIME_MS
        monkeypatch.setattr(web_sessions, "now_ms", lambda: later)
        assert actor_of(session, secret) is None


def test_it_ends_with_its_token_and_has_its_role(sqlite_database: Database) -> None:
    id_ = id_in(token(sqlite_database, Role.READER)) or ""
    with sqlite_database.write() as session:
        secret = begin(session, Actor(id_, "ada", Role.ADMIN), token=id_)
        found = actor_of(session, secret)
        assert found
        assert found.role is Role.READER
        revoke(session, MAKER, id_)
        assert actor_of(session, secret) is None


@pytest.mark.parametrize("given", ["", "x", "A" * 43, "A" * 10_000, "a'; --", "\0" * 43])
def test_what_no_browser_was_given(sqlite_database: Database, given: str) -> None:
    with sqlite_database.read() as session:
        assert actor_of(session, given) is None
