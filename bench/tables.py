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


def load_duckdb(
    connection: Any, events: Path, limit: int | None, fields: Iterable[str], table: str
) -> int:
    """Make the table, in memory, from JSON lines or Parquet; the number of its rows."""
    if events.suffix == ".parquet":
        found = connection.read_parquet(str(events))
    else:
        types = field_types(events)
        found = connection.read_json(str(events), columns=types, format="newline_delimited")
    if limit is not None:
        found = found.limit(limit)
    lower = {name.lower() for name in found.columns}
    missing = [name for name in dict.fromkeys(fields) if name.lower() not in lower]
    numbered = f'*, row_number() OVER () - 1 AS "{ROW}"'
    extra = [f"CAST(NULL AS VARCHAR) AS {quoted(name)}" for name in missing]
    found.project(", ".join((numbered, *extra))).create(table)
    row = connection.execute("SELECT max(estimated_size) FROM duckdb_tables()").fetchone()
    return int(row[0])


def load_sqlite(
    connection: sqlite3.Connection, events: Path, limit: int | None, fields: Iterable[str]
) -> int:
    """Make the table `logs` with columns that ignore case; the number of its rows."""
    types = field_types(events)
    lower = {name.lower() for name in types}
    types |= {name: "VARCHAR" for name in fields if name.lower() not in lower}
    kinds = {"BIGINT": "INTEGER", "VARCHAR": "TEXT COLLATE NOCASE"}
    columns = ", ".join(f"{quoted(name)} {kinds[kind]}" for name, kind in types.items())
    connection.execute(f'CREATE TABLE logs ("{ROW}" INTEGER PRIMARY KEY, {columns})')
    names = list(types)
    marks = ", ".join("?" * (len(names) + 1))
    with events.open("rb") as stream, connection:
        rows = (
            (number, *map(json.loads(line).get, names))
            for number, line in enumerate(islice(stream, limit))
        )
        insert = f"INSERT INTO logs VALUES ({marks})"  # noqa: S608 - marks alone
        return connection.executemany(insert, rows).rowcount


def quoted(name: str) -> str:
    """An identifier of SQL."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
