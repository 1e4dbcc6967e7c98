"""Where alerts are kept: behind a server's API, or in a database that is at hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.app.database import has_database, read_database
from tocsin.errors import ConfigError
from tocsin.secrets import is_reference

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tocsin_client import Client


@dataclass(frozen=True, slots=True)
class KeptAlerts:
    """A server's address with the reference to a token, or else the address of a database.

    None of them is a setting of the project: who could change it would be sent the token.
    """

    server: str
    token: str
    database: str

    def is_there(self, project: Path | None) -> bool:
        """Whether there is one, whether or not it answers."""
        return bool(self.server) or has_database(self.database, project)

    @contextmanager
    def asked(self) -> Iterator[Client]:
        """The API of the server."""
        from tocsin_client import Client  # noqa: PLC0415 - keeps `--help` quick
        from tocsin_runtime.worker.references import resolve  # noqa: PLC0415

        if not is_reference(self.token):
            raise ConfigError("--token takes a reference", hint="--token env:NAME, or file:PATH")
        token = resolve(self.token, "--token")
        with Client(self.server, token.reveal()) as client:
            yield client

    @contextmanager
    def read(self, project: Path | None) -> Iterator[Session]:
        """The database."""
        with closing(read_database(self.database, project)) as database, database.read() as session:
            yield session

    def body(self, alert: str, project: Path | None) -> bytes:
        """The bytes of an alert. Raises ConfigError if it is not kept there."""
        found = self._asked(alert) if self.server else self._read(alert, project)
        if found is None:
            raise ConfigError(f"there is no alert {alert}", hint="give its whole id, or a file")
        return found

    def _asked(self, alert: str) -> bytes | None:
        from tocsin_client import ApiError  # noqa: PLC0415 - as above

        try:
            with self.asked() as client:
                return client.body(alert)
        except ApiError as error:
            if error.status != _NO_SUCH:
                raise
            return None

    def _read(self, alert: str, project: Path | None) -> bytes | None:
        with self.read(project) as session:
            from tocsin_server.alerts.models import Alert  # noqa: PLC0415 - an extra

            found = session.get(Alert, alert)
            return found.body if found else None


_NO_SUCH = 404
