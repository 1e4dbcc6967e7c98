"""Alerts of a real topic in a real PostgreSQL, while their writers and the database are killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select

import postgresql
from engines.kafka_io import produce
from patience import until
from raised_alerts import raised
from tocsin.errors import EngineError
from tocsin_kafka import topics
from tocsin_server.alerts.models import Alert, AlertFinding, Unreadable
from tocsin_server.database import Database

pytestmark = pytest.mark.engine

NUMBER = 6000
TESTS = Path(__file__).parents[1]


def test_killed_in_between_each_alert_is_there_once(servers: str, tmp_path: Path) -> None:
    """A database of somebody else beside it has them all, too."""
    topic = f"alerts-{uuid4().hex}"
    topics.create(servers, [topic], partitions=3)
    bodies = [raised(f"e{n}", n * 1000, user=f"u{n % 50}") for n in range(NUMBER)]
    # Fsync stays on: what was committed has to be there after the power went.
    with postgresql.running("") as server:
        database, beside = Database(server.address), Database(f"sqlite:///{tmp_path / 'beside.db'}")
        for each in (database, beside):
            each.upgrade()
        with writers(servers, topic) as start:
            first, second = start(database), start(database)
            start(beside)
            produce(servers, topic, [body.decode() for body in bodies[: NUMBER // 2]])
            until(lambda: stored(database) > 500)
            first.send_signal(signal.SIGKILL)
            third = start(database)
            server.kill()
            more = [*bodies[NUMBER // 2 :], b"no alert", *bodies[:100]]
            produce(servers, topic, [body.decode() for body in more])
            server.start()
            until(lambda: stored(database) > NUMBER // 2 + 100)
            second.send_signal(signal.SIGKILL)
            start(database)
            until(lambda: stored(database) == NUMBER and unreadable(database) == 1)
            until(lambda: stored(beside) == NUMBER and unreadable(beside) == 1)
            assert third.poll() is None
        with database.read() as session:
            assert set(session.scalars(select(Alert.body))) == set(bodies)
            assert session.scalar(select(func.sum(AlertFinding.count))) == NUMBER
        database.close()
        beside.close()


@contextmanager
def writers(servers: str, topic: str) -> Iterator[Callable[[Database], subprocess.Popen[bytes]]]:
    """Starts processes that write; those that live at the end are ended."""
    running: list[subprocess.Popen[bytes]] = []

    def start(database: Database) -> subprocess.Popen[bytes]:
        address = database.engine.url.render_as_string(hide_password=False)
        address = address.replace("+psycopg", "").replace("+pysqlite", "")
        command = [sys.executable, "-m", "intake_process", address, servers, topic]
        env = {**os.environ, "PYTHONPATH": str(TESTS)}
        running.append(subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL))
        return running[-1]

    try:
        yield start
    finally:
        for process in running:
            process.kill()
            process.wait()


def stored(database: Database) -> int:
    return _count(database, Alert)


def unreadable(database: Database) -> int:
    return _count(database, Unreadable)


def _count(database: Database, model: type[Alert] | type[Unreadable]) -> int:
    """How many rows; -1 while the database is away."""
    try:
        with database.read() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0
    except EngineError:
        return -1
