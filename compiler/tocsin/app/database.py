"""The database of alerts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.errors import ConfigError
from tocsin.front.place import find_project

if TYPE_CHECKING:
    from tocsin_server.database import Database

EMBEDDED = Path(".tocsin") / "server.db"
"""Below the project, where no address is given."""
_SERVE = "`tocsin serve` makes them and fills them; or give --server"


def open_database(address: str, project: Path | None) -> Database:
    """The database at an address (`env:`, `file:` or as it is), else the project's own file.

    Its tables are brought to this version's form. Raises ConfigError, also where the extra that
    the server needs is not installed.
    """
    database = _database(address or _own(project, make=True))
    database.upgrade()
    return database


def read_database(address: str, project: Path | None) -> Database:
    """The same, to read what a server wrote there. Raises ConfigError if none did."""
    database = _database(address or _own(project))
    if not database.is_there() or not database.is_current():
        database.close()
        raise ConfigError("the database has no tables of this version", hint=_SERVE)
    return database


def has_database(address: str, project: Path | None) -> bool:
    """Whether an address is given, or the project has a file of its own."""
    return bool(address) or _file(project).exists()


def _database(address: str) -> Database:
    _has_extra()
    from tocsin_runtime.worker.references import resolve  # noqa: PLC0415 - keeps `--help` quick
    from tocsin_server.database import Database  # noqa: PLC0415

    return Database(resolve(address, "the database").reveal())


def _own(project: Path | None, *, make: bool = False) -> str:
    file = _file(project)
    if make:
        file.parent.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{file}"


def _file(project: Path | None) -> Path:
    return find_project(project or Path()).resolve() / EMBEDDED


def _has_extra() -> None:
    try:
        import fastapi  # noqa: F401, PLC0415
        import sqlalchemy  # noqa: F401, PLC0415
    except ImportError:
        raise ConfigError(
            "the server's packages are not installed", hint="pip install 'tocsin[server]'"
        ) from None
