"""One readable statement per detection, and the definition of what it reads."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB as Base
from sqlglot.generators.duckdb import DuckDBGenerator

from tocsin.backend.sql_leaf import FOLDED
from tocsin.backend.sql_print import LINE_BREAK, text_of
from tocsin.backend.sql_tree import Sql, name, quoted
from tocsin.ir.query import Query
from tocsin.model.source import Source
from tocsin_batch_sql.arrays import DETECTION_ID, BatchLeaves, physical_names
from tocsin_batch_sql.ddl import MACROS, view
from tocsin_batch_sql.dialect import DuckDb


def selection(query: Query, builder: BatchLeaves) -> exp.Select:
    """The SELECT of the matching rows of the source's table, with the detection's id.

    Raises Unsupported for what the builder's engine cannot say exactly.
    """
    condition = builder.condition(query.matches)
    folded = [name(builder.names[field] + FOLDED) for field in builder.folded]
    star = exp.Star(except_=folded) if folded else exp.Star()
    found = exp.alias_(quoted(query.detection.id), DETECTION_ID, quoted=True)
    relation = builder.relation(query.source.table or query.source.name)
    select = exp.select(found, star, copy=False)
    return select.from_(relation, copy=False).where(condition, copy=False)


def statement(query: Query) -> str:
    """The detection's SELECT for DuckDB. Raises Unsupported before any text is made."""
    return printed(selection(query, DuckDb(query.source, physical_names(query.source))))


def definitions(source: Source) -> str:
    """The macros and the view over `<table>/*.jsonl` that the source's statements read."""
    return f"{MACROS}{printed(view(source, f'{source.table or source.name}/*.jsonl'))};\n"


class _Printed(Base):
    """DuckDB."""

    class Generator(DuckDBGenerator):
        """What is printed otherwise."""

        SENTINEL_LINE_BREAK = LINE_BREAK


def printed(tree: Sql) -> str:
    """The text of a tree."""
    return text_of(tree, _Printed)
