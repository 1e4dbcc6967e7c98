"""What an orchestrator asks: whether the process lives, and whether it can answer requests.

Nobody has to say who they are, so that nothing is told but the status.
"""

from __future__ import annotations

import time
from threading import Lock

from fastapi import APIRouter, Request, Response

from tocsin.errors import EngineError
from tocsin_server.database import Database

router = APIRouter(include_in_schema=False)
_FRESH = 1.0


class Readiness:
    """Whether the database answers and its tables are current; looked up once a second at most."""

    def __init__(self, database: Database) -> None:
        self._database, self._lock = database, Lock()
        self._seen: tuple[float, bool] | None = None

    def __call__(self) -> bool:
        """Whether requests can be answered."""
        with self._lock:
            if self._seen is None or time.monotonic() - self._seen[0] > _FRESH:
                self._seen = (time.monotonic(), self._looked())
            return self._seen[1]

    def _looked(self) -> bool:
        try:
            return self._database.is_current()
        except EngineError:
            return False


@router.get("/livez")
def is_alive() -> Response:
    """The process answers."""
    return Response()


@router.get("/readyz")
def is_ready(request: Request) -> Response:
    """Requests can be answered; where alerts come from may be away meanwhile."""
    ready: Readiness = request.app.state.readiness
    return Response(status_code=200 if ready() else 503)
