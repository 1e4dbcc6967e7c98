"""The text of statements for DuckDB."""

from __future__ import annotations

from sqlglot.dialects.duckdb import DuckDB as Base
from sqlglot.generators.duckdb import DuckDBGenerator

from tocsin.sql.text import LINE_BREAK, text_of
from tocsin.sql.tree import Sql


class _Printed(Base):
    """DuckDB."""

    class Generator(DuckDBGenerator):
        """What is printed otherwise."""

        SENTINEL_LINE_BREAK = LINE_BREAK


def printed(tree: Sql) -> str:
    """The text of a tree."""
    return text_of(tree, _Printed)
