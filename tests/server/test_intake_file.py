"""Alerts of a file that a local worker writes: all of them, each once."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select

from patience import until
from raised_alerts import raised
from tocsin_server.alerts.models import Alert, AlertFinding, Unreadable
from tocsin_server.alerts.store import store
from tocsin_server.database import Database
from tocsin_server.ingest.file import FileAlerts
from tocsin_server.ingest.intake import Intake


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "alerts.jsonl"


def read_all(database: Database, file: Path) -> None:
    """All that is in the file now."""
    stream = FileAlerts(database, file)
    while pieces := list(stream.read(0)):
        for piece in pieces:
            with database.write() as session:
                store(session, piece)


def count(database: Database, model: type[Alert] | type[AlertFinding] | type[Unreadable]) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_lines_are_alerts(database: Database, file: Path) -> None:
    file.write_bytes(b"".join(raised(f"e{n}", n) + b"\n" for n in range(3)))
    read_all(database, file)
    assert (count(database, Alert), count(database, AlertFinding)) == (3, 1)
    read_all(database, file)
    assert count(database, Alert) == 3


def test_a_line_that_is_not_written_to_its_end_waits(database: Database, file: Path) -> None:
    line = raised("a", 0) + b"\n"
    file.write_bytes(line + raised("b", 0)[:20])
    read_all(database, file)
    assert count(database, Alert) == 1
    file.write_bytes(line + raised("b", 0) + b"\n")
    read_all(database, file)
    assert (count(database, Alert), count(database, Unreadable)) == (2, 0)


def test_a_file_that_got_shorter_is_read_again(database: Database, file: Path) -> None:
    file.write_bytes(raised("a", 0) + b"\n" + raised("b", 0) + b"\n")
    read_all(database, file)
    file.write_bytes(raised("c", 0) + b"\n")
    read_all(database, file)
    assert count(database, Alert) == 3


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", "specversion"),
        (raised("a", 0, title="half").replace(b'"half"', b'"\\ud800"'), "not JSON"),
        (
            raised("a", 0).replace(b"tocsin.alert.created", b"tocsin.alert.closed"),
            "is not an alert",
        ),
        (raised("a", 0).replace(b'"severity_id":4', b'"severity_id":"4"'), "severity_id"),
        (raised("a", 0).replace(b'"class_uid":2004', b'"class_uid":-1'), "class_uid"),
    ],
)
def test_what_is_no_alert_is_kept_apart(
    database: Database, file: Path, line: bytes, reason: str
) -> None:
    file.write_bytes(line + b"\n" + raised("b", 0) + b"\n")
    read_all(database, file)
    assert count(database, Alert) == 1
    with database.read() as session:
        kept = session.scalars(select(Unreadable)).one()
        assert (kept.body, kept.place) == (line, 0)
        assert reason in kept.reason


def test_texts_that_databases_refuse(database: Database, file: Path) -> None:
    body = raised("a", 0, title="zero \0", user="\0")
    file.write_bytes(body + b"\n")
    read_all(database, file)
    with database.read() as session:
        kept = session.scalars(select(Alert)).one()
        assert (kept.title, kept.body) == ("zero ?", body)
        assert session.scalars(select(AlertFinding)).one().by == {"user": "\0"}


def test_the_database_comes_later(tmp_path: Path, file: Path) -> None:
    file.write_bytes(raised("a", 0) + b"\n")
    late, stop, said = Database(f"sqlite:///{tmp_path}/late.db"), threading.Event(), list[str]()
    intake = Intake(late, lambda: FileAlerts(late, file), stop.is_set, said.append)
    thread = threading.Thread(target=intake.run)
    thread.start()
    until(lambda: "no such table" in intake.state.error)
    late.upgrade()
    until(lambda: intake.state.alerts == 1 and not intake.state.error)
    stop.set()
    thread.join()
    assert said[-1] == "alerts are written again"
    late.close()
