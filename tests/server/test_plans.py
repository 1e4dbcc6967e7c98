"""What lists of a million rows read: whatever is asked for, rows of an index, in its order."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from asking import START, asking, keep
from raised_alerts import raised
from tocsin_server.auth.role import Role
from tocsin_server.database import POSTGRESQL, Database

TWO = "detection=one&detection=two"
LISTS = (
    *("findings", "findings?state=open", "findings?state=open&state=closed"),
    *("findings?disposition=benign", "findings?disposition=benign&disposition=false_positive"),
    *("findings?assignee=ada", "findings?suppressed_by=x", "findings?environment=prod"),
    *("findings?severity=high", "findings?severity=high&severity=low&state=open"),
    *("findings?title=payout", f"findings?{TWO}", f"findings?{TWO}&title=changed"),
    *("findings?since=2023-01-01T00:00:00Z", "findings?detection=one&before=2026-01-01T00:00:00Z"),
    *("alerts", "alerts?environment=prod", "alerts?severity=high&severity=low"),
    *("alerts?title=payout", f"alerts?{TWO}", f"alerts?finding={'0' * 32}"),
    *("audit", "audit?subject=x", "unreadable", "suppressions"),
)
Statement = tuple[str, Any]


@pytest.fixture
def filled(database: Database) -> Database:
    """Findings of two detections."""
    keep(
        database,
        [
            raised(f"{name}{n}", START + n, hours=None, detection=name)
            for name in ("one", "two")
            for n in range(20)
        ],
    )
    return database


@contextmanager
def asked_of(database: Database) -> Iterator[list[Statement]]:
    """The statements that are sent meanwhile."""
    found: list[Statement] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        found.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def plan(database: Database, statement: Statement) -> str:
    """How the database would go about it if the tables were large."""
    with database.engine.connect() as connection:
        if database.engine.dialect.name != POSTGRESQL:
            told = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement[0]}", statement[1])
            return "\n".join(row[3] for row in told)
        for name in ("seqscan", "bitmapscan", "sort"):
            connection.execute(text(f"SET enable_{name} = off"))
        told = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement[0]}", statement[1])
        return json.dumps(told.scalar())


def reads_too_much(told: str, statement: str, *, postgresql: bool) -> bool:
    """Whether it reads a whole table, or sorts what it reads (but for the first rows of each)."""
    merged = "UNION ALL" in statement
    if postgresql:
        return '"Seq Scan"' in told or ('"Sort"' in told and not merged)
    scanned = (line for line in told.splitlines() if line.startswith("SCAN"))
    return ("TEMP B-TREE" in told and not merged) or any(
        "INDEX" not in line and "anon" not in line for line in scanned
    )


def test_each_list_is_read_in_the_order_of_an_index(filled: Database) -> None:
    postgresql = filled.engine.dialect.name == POSTGRESQL
    with asking(filled, Role.ADMIN) as client, asked_of(filled) as statements:
        for path in LISTS:
            del statements[:]
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.text)
            [*_, last] = [each for each in statements if each[0].startswith("SELECT")]
            told = plan(filled, last)
            assert not reads_too_much(told, last[0], postgresql=postgresql), (path, last, told)
