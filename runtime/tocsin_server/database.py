"""The database of the server: SQLite in a file, or PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session

from tocsin.errors import ConfigError, EngineError

MIGRATIONS = Path(__file__).parent / "migrations"
SQLITE, POSTGRESQL = "sqlite", "postgresql"
_DRIVERS = {SQLITE: "sqlite+pysqlite", POSTGRESQL: "postgresql+psycopg"}
_BUSY_MS = 30_000
_UPGRADING = 0x70C50
_READ = "tocsin_read"


def now_ms() -> int:
    """The time, in milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


class Database:
    """Sessions on one database. Raises ConfigError for an address that is none of the two kinds."""

    def __init__(self, address: str) -> None:
        self.engine = _engine(address)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction, committed at the end. SQLite takes its one lock for writing at once."""
        with _told(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that reads: on SQLite it waits for nobody."""
        engine = self.engine.execution_options(**{_READ: True})
        with _told(), Session(engine) as session:
            yield session

    def upgrade(self) -> None:
        """Bring the tables to the form of this program. Raises ConfigError if theirs is newer."""
        scripts = ScriptDirectory(str(MIGRATIONS))
        with _told(), self.engine.begin() as connection:
            if connection.dialect.name == POSTGRESQL:  # another server may be at it
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADING})")
            _check(connection, scripts)
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def is_there(self) -> bool:
        """Whether there is one: to look into a file of SQLite that is not would make it."""
        url = self.engine.url
        return url.get_backend_name() != SQLITE or Path(url.database or "").is_file()

    def is_current(self) -> bool:
        """Whether the tables have the form that this program reads."""
        with _told(), self.engine.connect() as connection:
            return _revision(connection) == ScriptDirectory(str(MIGRATIONS)).get_current_head()

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def _engine(address: str) -> Engine:
    try:
        url = make_url(address)
        driver = _DRIVERS[url.get_backend_name()]
    except (ArgumentError, KeyError):
        raise ConfigError(
            "the address of the database is neither sqlite:///FILE nor postgresql://…"
        ) from None
    engine = create_engine(url.set(drivername=driver), pool_pre_ping=True, pool_size=10)
    if engine.dialect.name == SQLITE:
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    else:
        event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    """What a connection to SQLite needs: readers beside the writer, and waiting for a lock."""
    connection.isolation_level = None  # transactions begin where we say so
    for pragma in ("journal_mode = WAL", f"busy_timeout = {_BUSY_MS}", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_postgresql(connection: Any, _record: object) -> None:
    """A plan for each statement's values: which index serves a filter depends on them."""
    connection.execute("SET plan_cache_mode = force_custom_plan")
    connection.commit()


def _begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get(_READ, False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _check(connection: Connection, scripts: ScriptDirectory) -> None:
    known = {script.revision for script in scripts.walk_revisions()}
    found = _revision(connection)
    if found is not None and found not in known:
        raise ConfigError(
            f"the database has the form {found}, which this version of Tocsin does not know",
            hint="a newer version made it: run that one",
        )


@contextmanager
def _told() -> Iterator[None]:
    """What a database refuses, in words."""
    try:
        yield
    except DBAPIError as error:
        first = (str(error.orig).strip() or type(error.orig).__name__).splitlines()[0]
        raise EngineError(f"the database: {first}") from error
