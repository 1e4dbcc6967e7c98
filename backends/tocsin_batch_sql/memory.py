"""DuckDB in memory, for a run over given events."""

from __future__ import annotations

from typing import Any

import duckdb

DATABASE = "run"
_ATTACH = f"ATTACH ':memory:' AS {DATABASE} (COMPRESS); USE {DATABASE};"


def in_memory(**config: Any) -> duckdb.DuckDBPyConnection:
    """A database whose tables are compressed: of texts that repeat, each is folded once a block."""
    connection = duckdb.connect(config=config)
    connection.execute(_ATTACH)
    return connection


def cursor_of(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A connection of its own to the same tables, for another thread."""
    cursor = connection.cursor()
    cursor.execute(f"USE {DATABASE}")
    return cursor
