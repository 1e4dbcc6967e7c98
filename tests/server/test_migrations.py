"""The tables that migrations make are those of the models, filled from what was there."""

from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, column, insert, inspect, select, table, text

from tallied import recounted, tallied
from tocsin_server.alerts.models import AlertFinding, Title, Unreadable
from tocsin_server.database import MIGRATIONS, POSTGRESQL, Database
from tocsin_server.tables import METADATA

DAY = 86_400_000
UPPER = "\N{LATIN CAPITAL LETTER U WITH DIAERESIS}BER"
FINDING = {
    **dict.fromkeys(("severity", "window"), 1),
    **dict.fromkeys(("detection", "environment", "key"), "x"),
    **dict.fromkeys(("first", "opened", "changed", "revision"), 1),
    "by": "{}",
    "title": "Old",
    "disposition": "benign",
}
ALERT = {
    **dict.fromkeys(("version", "release", "severity"), 1),
    **dict.fromkeys(("detection", "environment"), "x"),
    **dict.fromkeys(("time", "made", "stored"), 1),
    "body": b"",
    "finding": "a",
}


def test_migrations_make_what_models_say(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found: list[Any] = compare_metadata(context, METADATA)
    assert found == []


def test_what_was_there_is_counted_and_named(database: Database) -> None:
    findings = [
        FINDING | {"id": "a", "last": DAY - 1, "count": 2, "state": "open"},
        FINDING | {"id": "b", "last": DAY, "count": 3, "state": "closed"},
        FINDING | {"id": "c", "last": DAY + 1, "count": 4, "state": "suppressed"},
    ]
    alerts = [ALERT | {"id": title, "title": title} for title in ("Old", UPPER)]
    bad = [
        {"stream": "x", "partition": 0, "place": n, "reason": "", "body": b"", "stored": 1}
        for n in range(2)
    ]
    with database.engine.begin() as connection:
        empty(connection)
        at(connection, "0003")
        for name, rows in (("findings", findings), ("alerts", alerts), ("unreadable", bad)):
            connection.execute(insert(table(name, *map(column, rows[0]))), rows)
    database.upgrade()
    assert tallied(database) == recounted(database) != {}
    with database.read() as session:
        assert set(session.scalars(select(Title.folded))) == {"old", UPPER.casefold()}
        assert len(set(session.scalars(select(Unreadable.id)))) == len(bad)
        assert sorted(session.scalars(select(AlertFinding.closed_count))) == [0, 0, 3]


def empty(connection: Connection) -> None:
    """Drop all tables."""
    cascade = " CASCADE" if connection.dialect.name == POSTGRESQL else ""
    if not cascade:
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
    for name in inspect(connection).get_table_names():
        connection.execute(text(f'DROP TABLE "{name}"{cascade}'))


def at(connection: Connection, revision: str) -> None:
    """Make the tables of a revision."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
