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


def open_database(address: str, project: Path | None) -> Database:
    """The database at an address (`env:`, `file:` or as it is), else the project's own file.

    Its tables are brought to this version's form. Raises ConfigError, also where the extra that
    the server needs is not installed.
    """
    _has_extra()
    from tocsin_runtime.worker.references import resolve  # noqa: PLC0415 - keeps `--help` quick
    from tocsin_server.database import Database  # noqa: PLC0415

    if address:
        database = Database(resolve(address, "the database").reveal())
    else:
        file = find_project(project or Path()).resolve() / EMBEDDED
        file.parent.mkdir(parents=True, exist_ok=True)
        database = Database(f"sqlite:///{file}")
    database.upgrade()
    return database


def _has_extra() -> None:
    try:
        import fastapi  # noqa: F401, PLC0415
        import sqlalchemy  # noqa: F401, PLC0415
    except ImportError:
        raise ConfigError(
            "the server's packages are not installed", hint="pip install 'tocsin[server]'"
        ) from None
