"""Sinks are told of each finding while servers are killed and the receiver fails."""

import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
from sqlalchemy import func, select

import postgresql
from patience import SECONDS, until
from raised_alerts import raised
from receiving import KEY, Receiver, receiving
from small_project import write_project
from tocsin_server.database import Database
from tocsin_server.sinks.models import Delivery
from tocsin_server.sinks.state import DeliveryState
from whole import only_whole

pytestmark = [pytest.mark.engine, only_whole]
NUMBER, PART = 400, 80


def test_killed_in_between_each_finding_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", KEY)
    with postgresql.running() as server, receiving() as receiver:
        for status in (503, 500, 307) * 10:
            fails = (status, {"Location": "http://127.0.0.1:9/"})
            receiver.answers.extend([(204, {})] * 9 + [fails])
        root = project(tmp_path / "p", receiver)
        database = Database(server.address)
        database.upgrade()
        with servers(root, server.address) as running:
            with (root / ".tocsin" / "local" / "alerts.jsonl").open("ab") as file:
                for n in range(NUMBER):
                    file.write(raised(f"e{n}", n * 1000, hours=None) + b"\n")
                    if n % PART == PART - 1:
                        file.flush()
                        heard = len(receiver.got) + PART // 4
                        until(lambda heard=heard: len(receiver.got) >= heard)
                        running.replace(random.randrange(2))
            until(lambda: sent(database) == NUMBER)
        database.close()
    told = defaultdict(set)
    for headers, body in receiver.got:
        told[orjson.loads(body)["data"]["id"]].add(headers["webhook-id"])
    assert len(told) == NUMBER
    assert all(len(ids) == 1 for ids in told.values()), "what comes twice has the same id"


def project(root: Path, receiver: Receiver) -> Path:
    write_project(root, {})
    (root / ".tocsin" / "local").mkdir(parents=True)
    (root / "server.toml").write_text(
        f'egress = ["127.0.0.1:{receiver.port}"]\n'
        f'[sinks.hook]\nkind = "webhook"\nurl = "{receiver.url}"\nsecret = "env:HOOK"\n'
    )
    return root


def sent(database: Database) -> int:
    asked = select(func.count()).where(Delivery.state == DeliveryState.SENT)
    with database.read() as session:
        return session.scalar(asked) or 0


class Servers:
    """Two of them, over one database."""

    def __init__(self, root: Path, address: str) -> None:
        options = ("--listen", "127.0.0.1:0", "--settings", "server.toml", "--database", address)
        self._command = [sys.executable, "-m", "tocsin", "serve", "--env", "local", *options]
        self._root = root
        self.running = [self._start(), self._start()]

    def replace(self, number: int) -> None:
        """Kill one, and start another."""
        self.running[number].kill()
        self.running[number].wait(SECONDS)
        self.running[number] = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, cwd=self._root, stderr=subprocess.DEVNULL)


@contextmanager
def servers(root: Path, address: str) -> Iterator[Servers]:
    found = Servers(root, address)
    yield found
    for process in found.running:
        process.terminate()
        assert process.wait(SECONDS) == 0
