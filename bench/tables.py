"""Events as a table of DuckDB or SQLite: one column a field, and missing ones that rules name.

Needs the standard library alone; a DuckDB connection is whatever version the caller brings.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

ROW = "__n"
"""Column with the 0-based number of the event."""


def field_types(events: Path) -> dict[str, str]:
    """SQL types of the fields that the first lines have."""
    types: dict[str, str] = {}
    with events.open("rb") as stream:
        for line in islice(stream, 100):
            for name, value in json.loads(line).items():
                if types.get(name, "BIGINT") == "BIGINT":
                    types[name] = "BIGINT" if type(value) is int else "VARCHAR"
    return types


def load_duckdb(connection: Any, events: Path, limit: int | None, table: str) -> int:
    """Make the table, in memory, from JSON lines or Parquet; the number of its rows."""
    if events.suffix == ".parquet":
        found = connection.read_parquet(str(events))
    else:
        types = field_types(events)
        found = connection.read_json(str(events), columns=types, format="newline_delimited")
    if limit is not None:
        found = found.limit(limit)
    found.project(f'*, row_number() OVER () - 1 AS "{ROW}"').create(table)
    [(count,)] = connection.table(table).aggregate("count(*)").fetchall()
    return int(count)


def view_duckdb(connection: Any, table: str, fields: Iterable[str], view: str) -> None:
    """Make a view with the row's number and these fields, NULL where the table lacks one.

    Names are compared exactly, as rules do and SQL does not; they must differ in more than case.
    """
    found = connection.table(table)
    known = set(found.columns)
    columns = [
        quoted(name) if name in known else f"CAST(NULL AS VARCHAR) AS {quoted(name)}"
        for name in fields
    ]
    found.project(", ".join((quoted(ROW), *columns))).create_view(view)


def load_sqlite(
    connection: sqlite3.Connection, events: Path, limit: int | None, fields: Iterable[str]
) -> int:
    """Make the table `logs` with columns that ignore case; the number of its rows."""
    types = field_types(events)
    kinds = {"BIGINT": "INTEGER", "VARCHAR": "TEXT COLLATE NOCASE"}
    names = completed(types, fields)
    columns = ", ".join(f"{quoted(name)} {kinds[types.get(name, 'VARCHAR')]}" for name in names)
    connection.execute(f'CREATE TABLE logs ("{ROW}" INTEGER PRIMARY KEY, {columns})')
    marks = ", ".join("?" * (len(names) + 1))
    with events.open("rb") as stream, connection:
        rows = (
            (number, *map(json.loads(line).get, names))
            for number, line in enumerate(islice(stream, limit))
        )
        insert = f"INSERT INTO logs VALUES ({marks})"  # noqa: S608 - marks alone
        return connection.executemany(insert, rows).rowcount


def completed(known: Iterable[str], fields: Iterable[str]) -> list[str]:
    """The known names, and those fields that none of them is when case is ignored, as in SQL."""
    by_lower = {name.lower(): name for name in known}
    for name in fields:
        by_lower.setdefault(name.lower(), name)
    return list(by_lower.values())


def quoted(name: str) -> str:
    """An identifier of SQL."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
