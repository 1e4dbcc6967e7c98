"""DuckDB in memory, for a run over given events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

DATABASE = "run"
_ATTACH = f"ATTACH ':memory:' AS {DATABASE} (COMPRESS); USE {DATABASE};"
_INTERRUPTED = "Query interrupted"


@contextmanager
def in_memory(folder: str = "", **config: Any) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database whose tables are compressed: of texts that repeat, each is folded once a block.

    With a folder, no statement reads anything of this machine but that: not by a function, nor by
    a name that is also that of a file. Raises KeyboardInterrupt for a Ctrl-C during a statement,
    which DuckDB makes a RuntimeError of.
    """
    try:
        with duckdb.connect(config=config) as connection:
            connection.execute(_ATTACH)
            if folder:
                connection.execute("SET allowed_directories = $folders", {"folders": [folder]})
                connection.execute("SET enable_external_access = false")
                connection.execute("SET lock_configuration = true")
            yield connection
    except RuntimeError as error:
        if str(error) == _INTERRUPTED:
            raise KeyboardInterrupt from None
        raise


def cursor_of(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A connection of its own to the same tables, for another thread."""
    cursor = connection.cursor()
    cursor.execute(f"USE {DATABASE}")
    return cursor
