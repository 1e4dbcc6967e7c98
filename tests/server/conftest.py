"""Both databases that the alert store runs on: SQLite, and a PostgreSQL of the tests' own."""

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from postgresql import running
from tocsin_server.database import Database

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a server whose database `ready` has all tables."""
    with running() as server:
        address = server.address
        _create(address, "ready", "template1")
        _upgraded(_named(address, "ready"))
        yield address


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that has all tables."""
    file = tmp_path_factory.mktemp("sqlite") / "ready.db"
    _upgraded(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database of each kind, with all tables, and nothing in them."""
    if request.param == "sqlite":
        file = shutil.copy(request.getfixturevalue("sqlite_file"), tmp_path / "alerts.db")
        return f"sqlite:///{file}"
    server, name = request.getfixturevalue("postgresql"), f"test_{next(_NUMBERS)}"
    _create(server, name, "ready")
    return _named(server, name)


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    """That database, opened."""
    opened = Database(address)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_database(sqlite_file: Path, tmp_path: Path) -> Iterator[Database]:
    """One in SQLite, where it does not matter which."""
    file = shutil.copy(sqlite_file, tmp_path / "alerts.db")
    opened = Database(f"sqlite:///{file}")
    yield opened
    opened.close()


@pytest.fixture
def fresh_database(sqlite_file: Path, tmp_path: Path) -> Callable[[], Database]:
    """Makes one after the other, each with all tables and nothing in them."""

    def made() -> Database:
        file = shutil.copy(sqlite_file, tmp_path / f"fresh-{next(_NUMBERS)}.db")
        return Database(f"sqlite:///{file}")

    return made


def _create(server: str, name: str, template: str) -> None:
    engine = create_engine(server.replace("://", "+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    engine.dispose()


def _named(server: str, name: str) -> str:
    return f"{server.rpartition('/')[0]}/{name}"


def _upgraded(address: str) -> None:
    database = Database(address)
    database.upgrade()
    database.close()
