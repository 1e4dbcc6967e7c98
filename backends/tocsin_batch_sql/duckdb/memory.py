"""DuckDB in memory, for a run over given events."""

from __future__ import annotations

from typing import Any

import duckdb

DATABASE = "run"
_ATTACH = f"ATTACH ':memory:' AS {DATABASE} (COMPRESS); USE {DATABASE};"


def in_memory(folder: str = "", **config: Any) -> duckdb.DuckDBPyConnection:
    """A database whose tables are compressed: of texts that repeat, each is folded once a block.

    With a folder, no statement reads anything of this machine but that: not by a function, nor by
    a name that is also that of a file.
    """
    connection = duckdb.connect(config=config)
    connection.execute(_ATTACH)
    if folder:
        connection.execute("SET allowed_directories = $folders", {"folders": [folder]})
        connection.execute("SET enable_external_access = false; SET lock_configuration = true;")
    return connection


def cursor_of(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A connection of its own to the same tables, for another thread."""
    cursor = connection.cursor()
    cursor.execute(f"USE {DATABASE}")
    return cursor
