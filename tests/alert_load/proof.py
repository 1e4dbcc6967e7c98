"""What is in the database, against what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import md5
from typing import Any

from sqlalchemy import func, select

from alert_load.made import UNREADABLE, id_of
from tallied import recounted, tallied
from tocsin_server.alerts.models import Alert, AlertFinding, Unreadable
from tocsin_server.database import Database

Sent = Mapping[str, bytes]
"""Digests of alerts by their ids."""


def sent(bodies: list[bytes]) -> Sent:
    """What is to be in the database."""
    return {id_of(body): _digest(body) for body in bodies if body != UNREADABLE}


def compared(database: Database, expected: Sent) -> dict[str, Any]:
    """How many alerts are missing, differ, or were counted twice; and whether counts are right."""
    seen = wrong = 0
    with database.read() as session:
        asked = select(Alert.id, Alert.body).execution_options(yield_per=5000)
        for id_, body in session.execute(asked):
            seen += 1
            wrong += expected.get(id_) != _digest(body)
        counted = session.scalar(select(func.sum(AlertFinding.count))) or 0
        findings = session.scalar(select(func.count()).select_from(AlertFinding)) or 0
        unreadable = session.scalar(select(func.count()).select_from(Unreadable)) or 0
    return {
        "lost": len(expected) - seen,
        "changed": wrong,
        "duplicates": int(counted) - seen,
        "findings": findings,
        "unreadable": unreadable,
        "counts_right": tallied(database) == recounted(database),
    }


def _digest(body: bytes) -> bytes:
    return md5(body, usedforsecurity=False).digest()
