"""Asks the API of a test's own database, as someone with a role."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import uvicorn
from fastapi.testclient import TestClient

from patience import until
from raised_alerts import raised
from tocsin_server.alerts.feed import Feed
from tocsin_server.alerts.store import StreamedAlert, StreamPiece, position, store
from tocsin_server.app import PREFIX, application
from tocsin_server.auth.authenticator import Limits
from tocsin_server.auth.role import Actor, Role
from tocsin_server.auth.tokens import create
from tocsin_server.database import Database

MAKER = Actor("", "tests", Role.ADMIN)
UNLIMITED = Limits(1e9, 1e9, 1e9, 1e9)
START, HOUR = 1_700_000_000_000, 3_600_000
SOON = (datetime.now(UTC) + timedelta(hours=1)).isoformat()


def token(database: Database, role: Role = Role.ADMIN, expires: int | None = None) -> str:
    """A new token of this role."""
    with database.write() as session:
        return create(session, MAKER, f"a {role.value}", role, expires)[1]


@contextmanager
def asking(
    database: Database, role: Role | None = Role.ADMIN, *, limits: Limits = UNLIMITED, **given: Any
) -> Iterator[TestClient]:
    """A client with a token of this role, or without any."""
    given.setdefault("feed", Feed(database, lifetime=0))  # a stream that ends at once
    app = application(database, limits=limits, **given)
    headers = {"Authorization": f"Bearer {token(database, role)}"} if role else {}
    with TestClient(
        app, f"http://testserver{PREFIX}", headers=headers, raise_server_exceptions=False
    ) as client:
        yield client


@contextmanager
def served(database: Database, lifetime: float = 0.3) -> Iterator[str]:
    """The API of a database, at an address; streams end soon."""
    feed = Feed(database, lifetime=lifetime, every=0.02)
    app = application(database, limits=UNLIMITED, feed=feed)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started, "the server", pause=0.01)
    [socket, *_] = server.servers[0].sockets
    yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    feed.stop()
    server.should_exit = True
    thread.join()


def keep(database: Database, bodies: Sequence[bytes]) -> None:
    """Write alerts, as the intake does."""
    with database.write() as session:
        start = position(session, "alerts", 0)
        records = [StreamedAlert(start + n, body) for n, body in enumerate(bodies)]
        store(session, StreamPiece("alerts", 0, records, start + len(records)))


def some_findings(database: Database, number: int = 3) -> None:
    """Findings of one alert each, an hour apart, of three users by turns."""
    users = ("ada", "bob", "cyd")
    keep(
        database,
        [
            raised(f"e{n}", START + n * HOUR, user=users[n % 3], hours=None, title=f"Payout {n}")
            for n in range(number)
        ],
    )


def silence(client: TestClient, **more: Any) -> Any:
    """Ask for a silence of a user."""
    asked = {"fields": {"user": ["ADA"]}, "reason": "known", "expires": SOON}
    return client.post("/suppressions/silences", json=asked | more)
