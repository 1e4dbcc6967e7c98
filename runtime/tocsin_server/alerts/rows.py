"""Many rows at once, on both databases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from tocsin_server.database import POSTGRESQL

Each = TypeVar("Each")
_AT_ONCE = 500
"""So many values are asked for in one statement: SQLite has a limit on parameters."""


def parts(things: Sequence[Each]) -> Iterator[Sequence[Each]]:
    """These, so many at a time as a statement may name."""
    for start in range(0, len(things), _AT_ONCE):
        yield things[start : start + _AT_ONCE]


def table_of(model: type[Any]) -> Table:
    """The table of a model."""
    return cast("Table", model.__table__)


def insert_into(session: Session, model: type[Any]) -> postgresql.Insert | sqlite.Insert:
    """A statement that can say what happens to rows that are there."""
    is_postgresql = session.get_bind().dialect.name == POSTGRESQL
    made = postgresql.insert if is_postgresql else sqlite.insert
    return made(table_of(model))


def insert_new(session: Session, model: type[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Those rows that are not there yet."""
    if rows:
        first = next(iter(table_of(model).primary_key))
        statement = insert_into(session, model).on_conflict_do_nothing().returning(first)
        session.connection().execute(statement, list(rows))
