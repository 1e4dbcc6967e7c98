"""Days on which little works: locked, full, of another form; and clocks that are wrong."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, func, select

from asking import START, asking, keep
from patience import until
from raised_alerts import raised
from tocsin_server import database as databases
from tocsin_server.alerts.models import Alert, Unreadable
from tocsin_server.auth.role import Role
from tocsin_server.database import Database, now_ms
from tocsin_server.ingest.file import FileAlerts
from tocsin_server.ingest.intake import Intake, IntakeState

YEAR = 366 * 86_400_000


@contextmanager
def writing(database: Database, file: Path) -> Iterator[IntakeState]:
    """An intake from a file."""
    ended = threading.Event()
    intake = Intake(database, lambda: FileAlerts(database, file), ended.is_set, lambda _: None)
    thread = threading.Thread(target=intake.run)
    thread.start()
    yield intake.state
    ended.set()
    thread.join()


@pytest.fixture
def impatient(
    sqlite_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Database, Path]]:
    """A database in SQLite that waits for no lock, and its file."""
    monkeypatch.setattr(databases, "_BUSY_MS", 1)
    file = tmp_path / "alerts.db"
    file.write_bytes(sqlite_file.read_bytes())
    opened = Database(f"sqlite:///{file}")
    yield opened, file
    opened.close()


def number(database: Database, model: type[Alert] | type[Unreadable] = Alert) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_another_holds_the_lock(impatient: tuple[Database, Path], tmp_path: Path) -> None:
    database, file = impatient
    keep(database, [raised("a", START)])
    lines = tmp_path / "alerts.jsonl"
    lines.write_bytes(raised("b", START) + b"\n")
    other = sqlite3.connect(file, isolation_level=None)
    with closing(other), asking(database) as client:
        path = f"/findings/{client.get('/findings').json()['items'][0]['id']}"
        tag = client.get(path).headers["etag"]
        other.execute("BEGIN IMMEDIATE")
        with writing(database, lines) as state:
            until(lambda: "database is locked" in state.error)
            assert client.get("/findings").status_code == 200, "who reads waits for nobody"
            answer = client.patch(path, json={"assignee": "a"}, headers={"If-Match": tag})
            assert (answer.status_code, answer.json()["code"]) == (503, "database-away")
            other.execute("ROLLBACK")
            until(lambda: state.alerts == 1 and not state.error)
    assert number(database) == 2


def test_the_disk_is_full(impatient: tuple[Database, Path], tmp_path: Path) -> None:
    database, _ = impatient
    pages = [1]
    event.listen(
        database.engine,
        "checkout",
        lambda connection, *_: connection.execute(f"PRAGMA max_page_count = {pages[0]}"),
    )
    lines = tmp_path / "alerts.jsonl"
    lines.write_bytes(b"".join(raised(f"e{n}", START) + b"\n" for n in range(300)))
    with asking(database) as client:
        pass
    with writing(database, lines) as state:
        until(lambda: "disk is full" in state.error)
        told = asking(database, intakes=[state])
        pages[0] = 1_000_000
        with told as client:
            assert number(database) in {0, 300}, "all of a piece, or nothing"
            until(lambda: state.alerts == 300 and not state.error)
            assert client.get("/health").json()["status"] == "ok"
    assert number(database) == 300


def test_what_waits_is_told(sqlite_database: Database) -> None:
    state = IntakeState(behind=7, error="the database: is full")
    with asking(sqlite_database, Role.READER, intakes=[state]) as client:
        answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "failing")
    assert answer.json()["intakes"] == [{"behind": 7, "error": "the database: is full"}]


def test_the_tables_change_meanwhile(sqlite_database: Database) -> None:
    with asking(sqlite_database, Role.READER) as client:
        with sqlite_database.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        answer = client.get("/health")
    assert (answer.status_code, answer.json()["tables"]) == (503, "other")


def test_an_alert_of_ten_megabytes(database: Database, tmp_path: Path) -> None:
    body = raised("a", START, user="x" * 10_000_000)
    lines = tmp_path / "alerts.jsonl"
    lines.write_bytes(body + b"\n" + raised("b", START) + b"\n")
    with writing(database, lines) as state:
        until(lambda: state.alerts + state.unreadable == 2)
    assert number(database) + number(database, Unreadable) == 2
    with asking(database) as client:
        bodies = [
            client.get(f"/{name}/{each['id']}/body").content
            for name in ("alerts", "unreadable")
            for each in client.get(f"/{name}").json()["items"]
        ]
    assert body in bodies


def test_clocks_that_are_wrong(database: Database) -> None:
    """A worker's clock that is a year ahead or behind, and events of the future."""
    now = now_ms()
    ahead, behind = raised("a", now, now=now + YEAR), raised("b", now, now=now - YEAR)
    keep(database, [ahead, behind, raised("c", now + YEAR), raised("d", 0, hours=None)])
    with asking(database, Role.READER) as client:
        found = client.get("/findings").json()["items"]
        assert [each["count"] for each in found] == [1, 2, 1]
        [told] = client.get("/detections?days=1").json()
    assert (told["findings"], told["alerts"], told["trend"]) == (2, 3, [3])


def unknown() -> dict[str, bytes]:
    body = raised("a", START)
    return {
        "specversion": body.replace(b'"specversion":"1.0"', b'"specversion":"2.0"'),
        "dataschema": body.replace(b"schema.ocsf.io/1.", b"schema.ocsf.io/2."),
        "data.class_uid": body.replace(b'"class_uid":2004', b'"class_uid":2005'),
        "not an alert": body.replace(b"tocsin.alert.created", b"tocsin.alert.folded"),
    }


def test_what_a_newer_version_raises_is_kept_and_shown(database: Database) -> None:
    keep(database, list(unknown().values()))
    with asking(database, Role.READER) as client:
        assert client.get("/alerts").json()["items"] == []
        found = client.get("/unreadable").json()["items"]
        told = {each["place"]: each["reason"] for each in found}
        for place, (word, body) in enumerate(unknown().items()):
            assert word in told[place]
            id_ = next(each["id"] for each in found if each["place"] == place)
            answer = client.get(f"/unreadable/{id_}/body")
            assert answer.content == body
            assert answer.headers["content-disposition"].startswith("attachment")
        assert client.get(f"/unreadable/{'0' * 32}/body").status_code == 404


def test_what_can_be_read_later_is_an_alert_then(database: Database, tmp_path: Path) -> None:
    keep(database, [b"no alert", b"nor this", raised("b", START)])
    with database.write() as session:
        row = session.scalars(select(Unreadable).where(Unreadable.place == 1)).one()
        row.body = raised("a", START + 1)
    with writing(database, tmp_path / "alerts.jsonl") as state:
        until(lambda: state.alerts == 1)
    assert (number(database), number(database, Unreadable)) == (2, 1)
    with asking(database, Role.READER) as client:
        [found] = client.get("/findings").json()["items"]
    assert found["count"] == 2
